/** Stories of the editor's help (mistakes, completion, explanations, layout) and of the tour. */
import assert from 'node:assert/strict';
import type { Story } from './e2e-visitor.ts';

export const helpStories: readonly Story[] = [
  {
    name: 'help comes with the first use of the editor: mistakes, completion, explanations, layout',
    async tell(visitor) {
      const { page } = visitor;
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await visitor.open();
      await visitor.run();
      await visitor.status(/Done/);
      assert.ok(!asked.includes('/language-worker.js'), 'who only runs programs loads no help');

      await visitor.write("std := import('std')\nsocket := import('socket')\nstd.printn(1)\nsocket.connect('a:1',{timout: 5})\n");
      const squiggles = page.locator('.cm-lintRange-warning');
      await squiggles.first().waitFor();
      assert.deepEqual(await squiggles.allTextContents(), ['printn', 'timout']);
      await squiggles.first().hover();
      await page.locator('.cm-diagnostic', { hasText: 'there is no `printn` in std' }).waitFor();
      await page.locator('.cm-diagnostic .m-hint', { hasText: 'did you mean `println`?' }).waitFor();
      await visitor.picture('squiggle');
      await page.mouse.move(0, 0);

      await page.locator('.cm-content').click();
      await page.keyboard.press('ControlOrMeta+End');
      await page.keyboard.type('std.pri');
      await page.locator('.cm-tooltip-autocomplete li[aria-selected]', { hasText: 'println' }).waitFor();
      await visitor.picture('completion');
      await page.waitForTimeout(100); // a popup takes no key in its first moment, so that nothing unseen is chosen
      await page.keyboard.press('Tab');
      assert.match(await visitor.program(), /\nstd\.println$/);

      // The call is now a statement whose result is thrown away. Its line is drawn again with that mistake, and the editor explains
      // nothing where a line changed under a pointer that rests.
      await page.locator('.cm-lintRange-warning', { hasText: 'connect' }).waitFor();
      await page.locator('.cm-line', { hasText: 'std.printn' }).locator('.m-function').hover();
      await page.mouse.move(0, 0);
      await page.locator('.cm-line', { hasText: 'socket.connect' }).locator('.m-function').hover();
      const explained = page.locator('.m-explanation', { hasText: 'socket.connect(address, options?)' });
      await explained.waitFor();
      assert.match((await explained.textContent()) ?? '', /opens a connection to/);
      await visitor.picture('explanation');
      await page.mouse.move(0, 0);

      await page.locator('#format').click();
      await page.waitForFunction(() =>
        /connect\('a:1', \{timout: 5\}\)/.test(
          document.getElementById('editor')?.shadowRoot?.querySelector('.cm-content')?.textContent ?? '',
        ),
      );
      await page.keyboard.press('ControlOrMeta+z');
      assert.match(await visitor.program(), /'a:1',\{timout/);
      await visitor.write('x := [1,');
      await page.locator('#format').click();
      await visitor.note(/Only a program without mistakes of syntax/);
      await visitor.accessible();
    },
  },
  {
    name: 'the tour: prose, Back and Next, what was changed is kept',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const [title, back, next, reset] = ['#tour-title', '#back', '#next', '#reset'].map((id) => page.locator(id));
      assert.ok(title && back && next && reset);
      assert.equal(await title.textContent(), 'Tour, 1 of 10');
      assert.deepEqual([await back.isDisabled(), await reset.isVisible()], [true, false]);
      const hello = await visitor.program();
      await visitor.write("print('mine')");
      await next.click();
      assert.equal(await title.textContent(), 'Tour, 2 of 10');
      assert.match(await visitor.program(), /2 of 10: values/);
      await back.click();
      assert.equal(await visitor.program(), "print('mine')");
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      assert.equal(await visitor.program(), "print('mine')");
      assert.equal(await title.textContent(), 'Tour, 1 of 10');
      await reset.click();
      assert.equal(await visitor.program(), hello);
      await reset.waitFor({ state: 'hidden' });

      for (let step = 2; step <= 10; step++) {
        await next.click();
        assert.equal(await title.textContent(), `Tour, ${step} of 10`);
        assert.match((await page.locator('#tour-text').textContent()) ?? '', /Try:[\s\S]*(More:|This was the tour)/);
      }
      assert.equal(await next.isDisabled(), true);
      await visitor.accessible();
      await visitor.picture('tour');
      const links = await page.locator('#tour-text a').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
      assert.deepEqual(
        links.map((link) => new URL(link).pathname),
        ['/language.html', '/stdlib.html', '/socket.html'],
      );

      await page.locator('#leave').click();
      assert.equal(await page.locator('#tour').isVisible(), false);
      await page.locator('#examples').selectOption('threads');
      assert.equal(await page.locator('#tour').isVisible(), false);
    },
  },
  {
    name: 'the docs beside the playground: every link of the tour leads to a heading',
    async tell(visitor) {
      const { page } = visitor;
      await visitor.open();
      const links = new Set<string>();
      for (let step = 1; step <= 10; step++) {
        for (const link of await page
          .locator('#tour-text a')
          .evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href)))
          links.add(link);
        if (step < 10) await page.locator('#next').click();
      }
      for (const link of links) {
        await page.goto(link);
        const { hash } = new URL(link);
        if (hash !== '') assert.equal(await page.locator(`[id="${hash.slice(1)}"]`).count(), 1, link);
      }
      await page.goto(`${visitor.url}language.html`);
      assert.ok((await page.locator('pre .m-keyword').count()) > 20);
      await visitor.accessible();
      await visitor.picture('docs');
    },
  },
];
