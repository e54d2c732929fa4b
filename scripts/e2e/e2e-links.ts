/** Stories of programs that come with a link, or were kept by the browser. */
import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import type { Story } from './e2e-visitor.ts';

/** As the page packs programs into links. */
function packed(bytes: Buffer): string {
  return deflateRawSync(bytes).toString('base64url');
}

export const linkStories: readonly Story[] = [
  {
    name: 'a link carries the program, and runs nothing',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const program = "// ünïcode 😀\nprint('shared')\n";
      await visitor.write(program);
      await page.locator('#network').selectOption('memory');
      await page.locator('#share').click();
      await visitor.note(/link/);
      const { hash } = new URL(page.url());
      assert.match(hash, /^#code=[\w-]+&network=memory$/);
      await page.evaluate('localStorage.clear()');
      await page.goto('about:blank');
      await visitor.open(hash);
      await visitor.note(/came with a link. Nothing of it runs before you press Run/);
      assert.equal((await visitor.program()).trim(), program.trim());
      assert.equal(await page.locator('#network').inputValue(), 'memory');
      assert.equal(await page.locator('#output').textContent(), '');
      await visitor.picture('shared');
      await page.locator('#run').click();
      await visitor.output(/^shared/);
    },
  },
  {
    name: 'a link leaves the program that was kept alone, until the other one is changed',
    async tell(visitor) {
      const { page } = visitor;
      const link = `#code=${packed(Buffer.from("print('theirs')"))}`;
      await visitor.open();
      await visitor.write("print('mine')");
      await page.evaluate((hash) => {
        location.hash = hash; // at once: what was written last is kept before it goes
      }, link);
      await visitor.note(/came with a link/);
      await page.locator('#network').selectOption('memory');
      await page.evaluate('new Promise((done) => setTimeout(done, 500))'); // goes off after the timer by which programs are kept
      await page.goto('about:blank');
      await visitor.open();
      assert.equal(await visitor.program(), "print('mine')");

      await page.goto('about:blank');
      await visitor.open(link);
      await page.locator('.cm-content').click();
      await page.keyboard.type('// changed ');
      await page.goto('about:blank');
      await visitor.open();
      assert.match(await visitor.program(), /\/\/ changed.*theirs|theirs.*\/\/ changed/);
    },
  },
  {
    name: 'broken links get a note',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open('#code=abc');
      await visitor.note(/broken/);
      for (const [fragment, answer] of [
        ['#code=%%%', /broken/],
        ['#code=', /broken/],
        [`#code=${packed(Buffer.from([0xff, 0xfe, 0x80]))}`, /no text/],
        [`#code=${packed(Buffer.alloc(50_000_000, 97))}`, /too long/],
        [`#code=${packed(Buffer.from('\x00\x01ELF'))}`, /binary/],
      ] as const) {
        await page.evaluate((hash) => {
          location.hash = hash;
        }, fragment);
        await visitor.note(answer);
        await page.locator('#note-close').click();
      }
      await visitor.write("print('fine')");
      await visitor.run();
      await visitor.output(/fine/);
      assert.equal(new URL(page.url()).hash, '');
    },
  },
  {
    name: 'the program is kept over a reload, and its example can be restored',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const example = await visitor.program();
      await visitor.write("print('kept')");
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      assert.equal(await visitor.program(), "print('kept')");
      assert.equal(await page.locator('#examples').inputValue(), '');
      assert.equal(await page.locator('#next').isVisible(), true);
      await page.locator('#examples').selectOption('hello');
      assert.equal(await visitor.program(), example);
      assert.equal(await page.locator('#output').textContent(), '');
    },
  },
];
