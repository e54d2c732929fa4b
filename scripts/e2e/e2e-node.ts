/** What the figures of the playground are compared with: the same in Node. */
import { execFile } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Prints how many milliseconds fib(32) takes, seven times. */
export const fibProgram = `fn fib(n) if n < 2 {
	true -> n
	_ -> fib(n - 1) + fib(n - 2)
}
fn measure(times) if times > 0 -> {
	started := time()
	fib(32)
	print(string((time() - started) * 1000) + '\\n')
	measure(times - 1)
}
measure(7)
`;

/** The times of fib(32) from the command line. */
export async function fibInNode(): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'dist/cli.cjs'), 'eval', fibProgram]);
  return stdout.trim().split('\n').map(Number).filter(Number.isFinite);
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[values.length >> 1] ?? Number.NaN;
}

const runtimes = `
  import { createRuntime } from 'magnolia-socket';
  const times = [];
  async function use(count) {
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      const runtime = createRuntime({ output() {} });
      const program = await runtime.load("fn f(x) x + " + i);
      times.push(performance.now() - started);
      await program.call('f', 1);
      runtime.stop();
    }
    for (let i = 0; i < 5; i++) {
      await new Promise((done) => setTimeout(done, 5));
      gc();
    }
    return process.memoryUsage().heapUsed;
  }
  const before = await use(1000);
  const busy = process.cpuUsage();
  const grown = (await use(1000)) - before;
  const { user, system } = process.cpuUsage(busy);
  const [first, ...others] = times;
  others.sort((x, y) => x - y);
  console.log(JSON.stringify({
    'first runtime ms': first,
    'next runtimes ms, median': others[others.length >> 1],
    'next runtimes ms, 95 %': others[Math.floor(others.length * 0.95)],
    'processor ms a runtime, made, called and stopped': (user + system) / 1e6,
    'memory after 1,000 more runtimes, KB': grown / 1024,
  }));
`;

/** How soon a runtime has run its first program, and what 1,000 of them leave behind. */
export async function runtimesInNode(): Promise<{ [what: string]: number }> {
  const args = ['--expose-gc', '--input-type=module', '--eval', runtimes];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout) as { [what: string]: number }; // what the script prints
}
