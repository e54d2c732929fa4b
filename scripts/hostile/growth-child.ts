/** The process that takes inputs: answers how long its processor was busy, and how much memory was in use at most. */
import { builtin } from '../../builtins/registry.ts';
import { asBytes } from '../../language/values/bytes.ts';
import { Str } from '../../language/values/values.ts';
import { createRuntime } from '../../runtime-native/index.ts';
import { busyMs } from './busy.ts';

export interface Task {
  readonly program: string;
  /** `input()` in the program, made of a head and a pattern that fills it up. */
  readonly input: { readonly head: string; readonly pattern: string; readonly bytes: number };
  /** `address()` in the program. */
  readonly address: string;
  /** Whether the program runs until the parent has sent 'finish'. */
  readonly serves: boolean;
  /** Measures memory, which takes time. */
  readonly memory: boolean;
}

export type Report = 'serving' | { readonly ms: number; readonly bytes: number; readonly ended: string };

/** What is alive, without garbage. */
function alive(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How often memory is measured, at most; and for which part of the time. */
const MEASURED_MS = 25;
const MEASURED_SHARE = 0.1;

async function run({ program, input, address, serves, memory }: Task): Promise<void> {
  const { head, pattern, bytes } = input;
  const text = (head + pattern.repeat(Math.ceil(bytes / pattern.length))).slice(0, bytes);
  const value = (name: string, made: () => Str) => builtin({ name, group: 'runtime', help: name, params: [], run: made });
  const runtime = createRuntime({
    output() {},
    onProblem() {},
    network: 'system',
    registry: (registry) =>
      registry.add([value('input', () => new Str(asBytes(text))), value('address', () => new Str(asBytes(address)))]),
  });
  let most = 0;
  const atStart = memory ? alive() : 0;
  let timer: NodeJS.Timeout | undefined;
  const measure = (): void => {
    const began = performance.now();
    most = Math.max(most, alive() - atStart);
    timer = setTimeout(measure, Math.max(MEASURED_MS, (performance.now() - began) / MEASURED_SHARE));
  };
  if (memory) measure();
  const before = busyMs();
  let ended = 'value';
  try {
    await runtime.evaluate(program);
    if (serves) {
      const finished = new Promise((resolve) => process.once('message', resolve));
      process.send?.('serving');
      await finished;
    }
  } catch (error) {
    ended = error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : 'thrown';
  }
  const ms = busyMs() - before;
  if (memory) most = Math.max(most, alive() - atStart);
  clearTimeout(timer);
  runtime.stop();
  const report: Report = { ms, bytes: most, ended };
  process.send?.(report);
}

process.on('message', (message) => {
  if (message !== 'finish') void run(message as Task);
});
