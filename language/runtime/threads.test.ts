/** Threads as programs see them. */
import { describe, expect, it } from '@jest/globals';
import { processBuiltins } from '../../builtins/processes.ts';
import { runProgram } from '../../builtins/testing/test-run.ts';

describe('a program with threads', () => {
  it('may start a million of them', () => {
    const { output } = runProgram(`
      n := 0
      fn spawn(left) if left { 0 -> ?, _ -> { go(fn() n <- n + 1), spawn(left - 1) } }
      spawn(1000000)
      wait(1)
      print(string(n))
    `);
    expect(output).toBe('1000000');
  });

  it('hears its timer beside threads that never rest', () => {
    const { output, status } = runProgram(
      `
      n := 0
      fn spin() { n <- n + 1, spin() }
      go(spin), go(spin)
      wait(0.05)
      print(string(n > 1000))
      exit(4)
    `,
      { builtins: processBuiltins(null) },
    );
    expect([output, status]).toEqual(['true', 4]);
  });

  for (const [where, program] of [
    ['a thread', 'go(fn() { exit(7), print(1) })\nwait(1)'],
    ['a callback', 'wait(0.01, fn() [exit(7)])\nwait(1)'],
    ['a constructor in a thread', 'cs A { v: exit(7) }\ngo(fn() A())\nwait(1)'],
    ['a module', "import('m')"],
  ] as const) {
    it(`ends at once with exit in ${where}, whatever else is under way`, () => {
      const text = `wait(5, fn() print('never'))\n${program}\nprint('never')`;
      const { output, errors, status } = runProgram(text, {
        builtins: processBuiltins(null),
        modules: { m: 'f := fn() [exit(7)], f()' },
      });
      expect([output, errors, status]).toEqual(['', [], 7]);
    });
  }

  it('ends with status 1 after an error in one of them, when the others are done', () => {
    const { output, errors, status } = runProgram(`
      cs K(x) { v: x.nope }
      wait(0.02, fn later() print('later '))
      wait(0.01, fn cb() [K(1)])
      go(fn() nope())
      print('main ')
    `);
    expect(output).toBe('main later ');
    expect(errors).toEqual([
      'Runtime: ? is not a function and cannot be called [5:19] < fn [5:10]',
      'Runtime: Expected string, list, or object in left-hand side of property access, got 1 [2:21] < K [2:7] < cb [4:18]',
    ]);
    expect(status).toBe(1);
  });

  it('ends at once after an error in the main flow', () => {
    const { output, errors, status } = runProgram(`
      wait(0.01, fn() print('never'))
      go(fn() print('never'))
      nope()
    `);
    expect([output, errors.length, status]).toEqual(['', 1, 1]);
  });

  it('tells what every thread waits for in a deadlock, whatever the fuel', () => {
    for (const fuel of [1, 2, 2000]) {
      const { problems, status } = runProgram(
        `ch := make_chan()
fn takes(n) [n, chan_recv(ch)]
go(fn() { x := chan_recv(ch), x })
go(fn() { wait(0.01), y := takes(2), y })
[chan_recv(make_chan())]
`,
        { fuel },
      );
      const [problem] = problems;
      expect(status).toBe(1);
      expect(problems).toHaveLength(1);
      const [first, ...places] = (problem?.reason ?? '').split('\n');
      expect(first).toBe('Deadlock: all 3 threads left wait for a channel that nobody can use any more');
      expect(places.sort()).toEqual(['  waiting at [2:26]', '  waiting at [3:25]', '  waiting at [5:11]']);
      expect(problem?.place).not.toBeNull();
    }
  });

  it('counts those that left no trace of where they wait', () => {
    const { problems } = runProgram('ch := make_chan()\ngo(fn() chan_recv(ch))\n[chan_recv(ch)]\n');
    expect(problems[0]?.reason).toBe(
      'Deadlock: all 2 threads left wait for a channel that nobody can use any more\n  waiting at [3:11]\n  and 1 more',
    );
  });

  it('names ten of many places', () => {
    const { problems } = runProgram(
      'ch := make_chan()\nfn start(n) if n { 0 -> ?, _ -> { go(fn() [chan_recv(ch)]), start(n - 1) } }\nstart(50)\n',
    );
    const lines = (problems[0]?.reason ?? '').split('\n');
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toBe('  and 40 more');
  });
});
