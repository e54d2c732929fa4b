/** The built package as embedders import it: the examples of docs/embedding.md, run and type-checked, and its memory. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = resolve(__dirname, '..');

/** What a module prints that a Node of its own runs, or what is wrong with it. */
function printedBy(script: string, flags: readonly string[] = []): Promise<string> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [...flags, '--input-type=module'], { cwd: root }, (error, out, err) =>
      done(error === null ? out + err : err),
    );
    child.stdin?.end(script);
  });
}

describe('docs/embedding.md', () => {
  const text = readFileSync(join(root, 'docs/embedding.md'), 'utf8');
  const examples = [...text.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];
  /** All code but that of CommonJS, which is not for TypeScript. */
  const blocks = Array.from(text.matchAll(/```js\n(?!\/\/ \S+\.cjs\n)([\s\S]*?)```/g), ([, code = '']) => code);
  examples.forEach(([, code = '', expected = ''], i) => {
    it(`has an example ${i + 1} that prints what it says`, async () => {
      expect(await printedBy(code)).toBe(expected);
    }, 30_000);
  });

  it('has code that strict TypeScript takes as it is, and the types for what it speaks of', () => {
    const folder = mkdtempSync(join(tmpdir(), 'magnolia-embedding-'));
    const names =
      'FileBackend, FileInfo, FileOutcome, Input, Machine, ModuleFinder, OpenFile, OpenMode, Outcome, Registry, Runtime';
    try {
      const types = join(root, 'dist/types/runtime-native/index.d.ts');
      const compilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: true },
        ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'esnext', moduleResolution: 'bundler' },
        ...{ allowImportingTsExtensions: true, types: ['node', 'jest'], typeRoots: [join(root, 'node_modules/@types')] },
        paths: {
          'magnolia-socket': [types],
          'magnolia-socket/browser': [types.replace('-native', '-js')],
          vitest: [join(root, 'node_modules/@jest/globals/build/index.d.ts')], // not installed; what the recipe uses is the same
        },
      };
      for (const [i, entry] of ['magnolia-socket', 'magnolia-socket/browser'].entries())
        writeFileSync(join(folder, `types-${i}.ts`), `export type { ${names} } from '${entry}';`);
      expect(blocks.length).toBeGreaterThan(examples.length);
      for (const [i, code] of blocks.entries()) writeFileSync(join(folder, `example-${i + 1}.ts`), code);
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
        encoding: 'utf8',
      });
      expect(tsc.stdout).toBe('');
      expect(tsc.status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 30_000);

  it('describes a bundle that is there and is small', () => {
    const files = ['dist/web.js', 'dist/policy.js', 'dist/magnolia-library.js'].map((file) => join(root, file));
    expect(files.every((file) => existsSync(file))).toBe(true);
    const text = files.map((file) => readFileSync(file, 'utf8')).join('');
    expect(text).not.toMatch(/\bfrom\s*["']node:|require\(["']/);
  });
});

describe('a thousand runtimes', () => {
  it('made, used and stopped leave the memory where it was', async () => {
    // In a process of its own: what measures the coverage of tests keeps much of what ran.
    const script = `
      import { setTimeout as delay } from 'node:timers/promises';
      import { createRuntime } from 'magnolia-socket';
      const forever = new AbortController();
      async function use(count) {
        for (let i = 0; i < count; i++) {
          const options = { output() {}, files: { '/a': 'b' }, limits: { timeMs: 60_000 }, signal: forever.signal };
          const runtime = createRuntime(options);
          const program = await runtime.load("std := import('std')\\nfn f(x) std.map([x], fn(y) y + " + i + ")");
          await program.call('f', 1);
          program.call('f', () => 1).catch(() => {});
          runtime.stop();
        }
        for (let i = 0; i < 5; i++) {
          await delay(5); // finalizers run between two turns of the event loop
          gc();
        }
        return process.memoryUsage().heapUsed;
      }
      const before = await use(1000); // by then the engine has filled its caches
      console.log((await use(1000)) - before);`;
    const grown = await printedBy(script, ['--expose-gc']);
    expect(grown).toMatch(/^-?\d+\n$/);
    expect(Number(grown)).toBeLessThan(1e6);
  }, 120_000);
});
