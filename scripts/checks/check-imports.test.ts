import { violations } from './check-imports.ts';

describe('check-imports', () => {
  for (const [path, source, count] of [
    ['language/a.ts', "import { b } from './b.ts';", 0],
    ['language/a.ts', "import type { Host } from '../builtins/host.ts';", 1],
    ['language/a.ts', "import {\n  readFile,\n} from 'node:fs';", 1],
    ['language/a.ts', "// import fs from 'node:fs'", 0],
    ['language/a.ts', 'const hint = `import("${name}")`; const quote = /[\'"`]/; const b = "import(\'x\')";', 0],
    ['language/a.ts', "const nested = `${[`${a} := import('${a}')`, ''].join()}`;", 0],
    ['builtins/sockets/a.ts', "import { b } from '../../language/b.ts';", 0],
    ['builtins/a.ts', "const tls = await import('node:tls');", 1],
    ['builtins/a.ts', "import '../runtime-native/host.ts';", 1],
    ['runtime-native/host.ts', "import net from 'node:net';\nimport { b } from '../builtins/b.ts';", 0],
    ['runtime-native/host.ts', "import { main } from './cli/main.ts';", 1],
    ['runtime-native/host.ts', "import { b } from '../runtime-js/b.ts';", 1],
    ['runtime-native/host.ts', "import leftPad from 'left-pad';", 1],
    ['runtime-native/cli/main.ts', "import { host } from '../host.ts';\nconst repl = await import('./repl.ts');", 0],
    ['runtime-js/host.ts', "import net from 'node:net';", 1],
    ['runtime-js/index.ts', "export { a } from './a.ts';", 0],
    ['builtins/index.ts', "/** All. */\nexport * from './a.ts';\nexport type { B } from './b.ts';", 1],
    ['language/a.test.ts', "import net from 'node:net';", 0],
  ] as const) {
    it(`finds ${count} in ${path}: ${source.replaceAll('\n', ' ')}`, () => {
      expect(violations(path, source)).toHaveLength(count);
    });
  }
});
