/** Stories of programs that never end, print without end, or fill the memory: the page stays alive. */
import assert from 'node:assert/strict';
import { record, recordKeys } from './e2e-measured.ts';
import { median } from './e2e-node.ts';
import { type Story, stop } from './e2e-visitor.ts';

export const limitStories: readonly Story[] = [
  {
    name: 'an endless loop is stopped, and typing goes on meanwhile',
    measures: true,
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      await visitor.write('fn spin() spin()\nspin()\n// ');
      await visitor.run();
      await visitor.status(/Running/);
      await recordKeys('while spinning', visitor);
      for (const [name, how] of [
        ['Esc', () => page.keyboard.press('Escape')],
        ['Stop', () => page.locator('#stop').click()],
      ] as const) {
        const times: number[] = [];
        for (let i = 0; i < 5; i++) {
          await visitor.run();
          await visitor.status(/Running/);
          times.push(await stop(visitor, how));
        }
        record(`${name} stops in ms, median`, median(times));
        record(`${name} stops in ms, slowest`, Math.max(...times));
      }
      await visitor.write("print('still here')");
      await visitor.run();
      await visitor.output(/still here/);
    },
  },
  {
    name: 'a program that does not answer is ended the second time',
    async tell(visitor) {
      const { page } = visitor;
      await page.clock.install();
      await visitor.open();
      await visitor.write("fn busy() {\n\tsrand(5000000)\n\tbusy()\n}\nprint('ready'), wait(0.01), busy()");
      await visitor.run();
      await visitor.output(/ready/);
      for (const said of [/No answer/, /Ended: it gave no answer/]) {
        for (let i = 0; i < 5 && !said.test((await page.locator('#status').textContent()) ?? ''); i++)
          await page.clock.runFor(2500); // as long as the page waits for an answer, without waiting
        await visitor.status(said);
      }
      await page.clock.resume();
      await visitor.ending(/twice it gave no answer/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
    },
  },
  {
    name: 'endless output is cut',
    measures: true,
    async tell(visitor) {
      await visitor.open();
      await visitor.write("fn flood(n) {\n\tprint('line ' + string(n) + '\\n')\n\tflood(n + 1)\n}\nflood(0)\n// ");
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await recordKeys('in a flood', visitor);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.page.waitForFunction(() => {
        const pane = document.getElementById('output') ?? document.body;
        return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40; // the end is seen
      });
      await visitor.picture('flood');
      await visitor.write("fn flood() {\n\tprint('x')\n\tflood()\n}\nflood()");
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.write(
        "s := import('str').padStart('', 1000000, 'ab')\nfn more(n) if n > 0 -> {\n\tprint(s)\n\tmore(n - 1)\n}\nmore(100)",
      );
      await visitor.run();
      await visitor.status(/Stopped: too much output/);
      await visitor.ending(/cut here after 1 MB/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
    },
  },
  {
    name: 'a paste of 10 MB is refused, a binary one gets a note',
    measures: true,
    async tell(visitor) {
      await visitor.open();
      const before = await visitor.program();
      await visitor.paste('print(1)\n'.repeat(1_100_000));
      await visitor.note(/too long: \d+\.\d million characters/);
      assert.equal(await visitor.program(), before);
      await visitor.paste('\x00\x01\x02\x7fELF');
      await visitor.note(/characters that are no text/);
      await visitor.paste('y := [1, 2, 3]\n'.repeat(60_000));
      await recordKeys('in 0.9 MB of text', visitor, 20);
    },
  },
  {
    name: 'a program that fills the memory is stopped before it takes the page with it',
    long: true,
    async tell(visitor) {
      await visitor.open();
      assert.equal(await visitor.page.evaluate('crossOriginIsolated'), true);
      await visitor.write('l := ?\nfn grow(n) {\n\tl <- { a: l, b: n, c: [n], d: string(n) }\n\tgrow(n + 1)\n}\ngrow(0)');
      await visitor.run();
      visitor.page.setDefaultTimeout(90_000); // the browser takes its time to measure
      await visitor.status(/too much memory|gave no answer/);
      await visitor.write("print('alive')");
      await visitor.run();
      await visitor.output(/^alive/);
    },
  },
  {
    name: 'a million threads',
    measures: true,
    long: true,
    async tell(visitor) {
      await visitor.open();
      await visitor.write(
        "fn start(n) if n > 0 -> {\n\tgo(fn() wait(1000))\n\tstart(n - 1)\n}\nstart(1000000), print('started')\n// ",
      );
      await visitor.run();
      await visitor.status(/Running/);
      await visitor.page.waitForTimeout(2000); // somewhere in the middle
      await recordKeys('with a million threads', visitor);
      if (!/Ended/.test((await visitor.page.locator('#status').textContent()) ?? ''))
        await stop(visitor, () => visitor.page.keyboard.press('Escape'));
    },
  },
  ...[
    ['1 GB in one string', "fn grow(s) grow(s + s)\ngrow('12345678')"],
    ['1 GB in a list of strings', 'l := []\nfn grow(n) {\n\tl << srand(1000000)\n\tgrow(n + 1)\n}\ngrow(0)'],
    ['1 GB in a list', 'l := []\nfn grow(n) {\n\tl << [n, n]\n\tgrow(n + 1)\n}\ngrow(0)'],
  ].map(
    ([name, program]): Story => ({
      name: `${name}: the page lives`,
      long: true,
      async tell(visitor) {
        await visitor.open();
        await visitor.write(program ?? '');
        await visitor.run();
        await visitor.page
          .waitForFunction(() => /memory|Ended/.test(document.getElementById('status')?.textContent ?? ''), null, {
            timeout: 12_000,
          })
          .catch(() => stop(visitor, () => visitor.page.keyboard.press('Escape')));
        console.log(
          `  ${await visitor.page.locator('#status').textContent()}; ${(await visitor.page.locator('#output').textContent())?.slice(0, 200)}`,
        );
        await visitor.write("print('alive')");
        await visitor.run();
        await visitor.output(/^alive/);
      },
    }),
  ),
];
