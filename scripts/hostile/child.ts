/** The process in which hostile calls are made: for each call that it is sent it answers how long the processor was busy. */
import { text } from '../../builtins/params.ts';
import { builtin } from '../../builtins/registry.ts';
import { createRuntime, memoryNetwork } from '../../runtime-native/index.ts';
import { busyMs } from './busy.ts';
import { type Call, MEMORY_BYTES, type Outcome, TIME_MS } from './limits.ts';
import { VALUES } from './values.ts';

type Runtime = ReturnType<typeof createRuntime>;

/** How long making values has taken. */
let makingMs = 0;

/** Makes a hostile value for the program. */
const hostile = builtin({
  name: 'hostile',
  group: 'runtime',
  help: 'a value that costs much, by its name',
  params: [text('name')],
  run(_machine, { text: name }) {
    const before = busyMs();
    const made = VALUES[name]?.() ?? null;
    makingMs += busyMs() - before;
    return made;
  },
});

function makeRuntime(): Runtime {
  return createRuntime({
    output() {},
    onProblem() {},
    input: 'a\n'.repeat(1000),
    env: { HOME: '/' },
    files: { '/file': 'text\n' },
    network: memoryNetwork(),
    limits: { timeMs: TIME_MS, memoryBytes: MEMORY_BYTES },
    registry: (registry) => registry.add([hostile]),
  });
}

let runtime: Runtime | null = null;
let subject = '';

process.on('message', async (call: Call) => {
  if (call.subject !== subject) runtime?.stop();
  if (call.subject !== subject || runtime === null) runtime = makeRuntime();
  subject = call.subject;
  makingMs = 0;
  const before = busyMs();
  let ended = 'value';
  try {
    await runtime.evaluate(`${call.subject}(${call.args})\n?`);
  } catch (error) {
    ended = error instanceof Error ? error.name : 'thrown';
    if (ended !== 'MagnoliaError') runtime = null;
  }
  const outcome: Outcome = { ms: busyMs() - before - makingMs, ended };
  process.send?.(outcome);
});
