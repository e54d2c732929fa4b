/** The process that runs the program, and others: `args`, `env`, `exit`, `exec`, `input`. A runtime supplies the backend. */

import { mistake } from '../language/runtime/errors.ts';
import { Exit, type Machine } from '../language/runtime/machine.ts';
import { atom, failure, Obj, Str, type Suspended, str, type Value } from '../language/values/values.ts';
import { int, list, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { textResult, unavailable } from './results.ts';

/** A program to run; all texts are byte text. */
export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  /** What it gets on its standard input. */
  readonly input: string;
}

/** How a program ended; `status` is -1 when a signal ended it. */
export type Execution =
  | { readonly kind: 'ended'; readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'failed'; readonly cause: string }
  /** It was ended because it wrote more than that. */
  | { readonly kind: 'flooded'; readonly mostBytes: number };

/** A line of standard input without its line break. At the end `bytes` is an unfinished last line, or ''. */
export type InputLine =
  | { readonly kind: 'line'; readonly bytes: string }
  | { readonly kind: 'end'; readonly bytes: string; readonly cause: string };

/** The processes of a runtime. All texts are byte text; `done` is called once, also before the method has returned. */
export interface ProcessBackend {
  /** The runtime, the script, and what else was given on the command line. */
  readonly args: readonly string[];
  environment(): Iterable<readonly [name: string, value: string]>;
  /** Returns a function that ends the other program. */
  exec(command: Command, done: (execution: Execution) => void): () => void;
  /** The next line of standard input if it has already arrived and no thread waits for it, else null. */
  takeLine(): InputLine | null;
  /** Calls `done` with the next line when it arrives. Reads only when a line is asked for; bytes that arrive with it are kept. */
  readLine(done: (line: InputLine) => void): void;
}

const END = atom('end');

function exit(machine: Machine, code: number | bigint): never {
  machine.flushAll();
  throw new Exit(Number(BigInt.asUintN(8, BigInt(code))));
}

function execute(machine: Machine, backend: ProcessBackend, path: string, args: readonly Value[], input: string): Suspended {
  const texts: string[] = [];
  for (const arg of args) {
    if (!(arg instanceof Str)) {
      throw mistake('argument', { says: 'Mismatched types in call exec, arguments must be strings in', value: [...args] });
    }
    texts.push(arg.text);
  }
  machine.host.flush(); // what was printed before is seen before, also if the other program ends this one
  return machine.park((wake) =>
    backend.exec({ path, args: texts, input }, (execution) => {
      if (execution.kind === 'failed') return wake(failure(`Could not start command in exec(): ${execution.cause}`));
      if (execution.kind === 'flooded') {
        return wake(failure(`Could not run command in exec(): ${path}: more than ${execution.mostBytes} bytes of output`));
      }
      const made = new Obj();
      made.type = END;
      made.status = execution.status;
      made.stdout = str(execution.stdout);
      made.stderr = str(execution.stderr);
      return wake(made);
    }),
  );
}

function lineResult(line: InputLine): Obj {
  if (line.kind === 'line') return textResult(line.bytes);
  const made = failure(line.cause);
  made.data = str(line.bytes);
  return made;
}

function nextLine(machine: Machine, backend: ProcessBackend): Value | Suspended {
  const ready = backend.takeLine();
  if (ready !== null) return lineResult(ready); // most lines of a file: the thread need not be suspended
  return machine.park((wake) => backend.readLine((line) => wake(lineResult(line))));
}

/** The builtins for processes. Without a backend there are no arguments, the environment is empty, and the others return an error. */
export function processBuiltins(backend: ProcessBackend | null): Builtin[] {
  const outside = outsideBuiltins(backend ?? NO_PROCESSES);
  return [
    builtin({
      name: 'args',
      group: 'processes',
      help: 'the command line: runtime, script, then the arguments',
      params: [],
      run: () => (backend?.args ?? []).map((arg) => str(arg)),
    }),
    builtin({
      name: 'env',
      group: 'processes',
      help: 'the environment variables, as an object of strings',
      params: [],
      run() {
        const made = new Obj();
        for (const [name, value] of backend?.environment() ?? []) made[name] = str(value);
        return made;
      },
    }),
    builtin({
      name: 'exit',
      group: 'processes',
      help: 'ends the program at once, with this status',
      params: [int('status')],
      run: exit,
    }),
    ...(backend === null ? unavailable(outside) : outside),
  ];
}

function outsideBuiltins(backend: ProcessBackend): Builtin[] {
  return [
    builtin({
      name: 'exec',
      group: 'processes',
      help: 'runs another program to its end: its status and what it wrote',
      params: [text('path'), list('args'), text('stdin')],
      suspends: true,
      callback: true,
      backend: 'processes',
      run: (machine, path, args, stdin) => execute(machine, backend, path.text, args, stdin.text),
    }),
    builtin({
      name: 'input',
      group: 'processes',
      help: 'the next line of standard input',
      params: [],
      suspends: true,
      callback: true,
      backend: 'processes',
      run: (machine) => nextLine(machine, backend),
    }),
  ];
}

const never = (): never => {
  throw new Error('no processes in this runtime');
};
/** Stands where a backend would; what is unavailable never calls it. */
const NO_PROCESSES: ProcessBackend = { args: [], environment: never, exec: never, takeLine: never, readLine: never };
