/** What a program can learn about the runtime that it runs in. */

import { mistake } from '../language/runtime/errors.ts';
import { Obj, str } from '../language/values/values.ts';
import { text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** Facts about the runtime; all texts are byte text. */
export interface RuntimeInfo {
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  cpus(): number;
  readonly pid: number;
  /** The path of the program that runs this, or null when there is none. */
  readonly exe: string | null;
  /** Bytes in use and bytes reserved. */
  memory(): { readonly live: number; readonly heap: number };
  /** The names of the standard library's modules. */
  readonly modules: readonly string[];
  /** The source of one of them. */
  source(module: string): string | undefined;
}

export function runtimeInfoBuiltins(info: RuntimeInfo): Builtin[] {
  const missing = '__runtime_lib'; // the reference's slip: two underscores
  return [
    builtin({
      name: '___stdlibs',
      group: 'runtime',
      help: 'the sources of the standard library, by module name',
      params: [],
      rest: true,
      run(_machine, surplus) {
        if (surplus.length > 0) throw mistake('argument-count', { builtin: '___stdlibs', says: 'takes no arguments', got: null });
        const sources = new Obj();
        for (const module of info.modules) sources[module] = str(info.source(module) ?? '');
        return sources;
      },
    }),
    builtin({
      name: '___runtime_lib',
      group: 'runtime',
      help: 'the source of a module of the standard library, or ?',
      params: [text('module')],
      missing,
      run(_machine, module) {
        const source = info.source(module.text);
        return source === undefined ? null : str(source);
      },
    }),
    builtin({
      name: '___runtime_lib?',
      group: 'runtime',
      help: 'is there such a module in the standard library',
      params: [text('module')],
      missing,
      run: (_machine, module) => info.modules.includes(module.text),
    }),
    builtin({ name: '___runtime_gc', group: 'runtime', help: 'does nothing here', params: [], run: () => null }),
    builtin({
      name: '___runtime_mem',
      group: 'runtime',
      help: 'memory in use, in bytes',
      params: [],
      run() {
        const { live, heap } = info.memory();
        const made = new Obj();
        made.allocs = 0;
        made.frees = 0;
        made.live = live;
        made.heap = heap;
        made.virt = heap;
        made.gcs = 0;
        return made;
      },
    }),
    builtin({
      name: '___runtime_proc',
      group: 'runtime',
      help: 'the id of this process and the path of its program',
      params: [],
      run() {
        const made = new Obj();
        made.pid = info.pid;
        made.exe = info.exe === null ? null : str(info.exe);
        return made;
      },
    }),
    builtin({
      name: '___runtime_go_version',
      group: 'runtime',
      help: 'the version of what runs this runtime',
      params: [],
      run: () => str(info.version),
    }),
    builtin({
      name: '___runtime_sys_info',
      group: 'runtime',
      help: 'operating system, processor and number of processors',
      params: [],
      run() {
        const made = new Obj();
        made.os = str(info.os);
        made.arch = str(info.arch);
        made.cpus = info.cpus();
        return made;
      },
    }),
  ];
}
