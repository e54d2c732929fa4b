/** Somebody in front of the playground: what people do there, and how long the page takes to follow. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** Where screenshots and numbers go. */
export const artifacts = join(root, 'artifacts/playground');
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const KEYS = 100;

/** One story of a visit, on its own page. */
export interface Story {
  readonly name: string;
  readonly options?: BrowserContextOptions;
  /** What the console may say in this story. */
  readonly mayComplain?: RegExp;
  readonly long?: boolean;
  /** Measures times, and is alone on the machine for that; other stories are told two at a time. */
  readonly measures?: boolean;
  tell(visitor: Visitor): Promise<void>;
}

/** The page, with words for what people do on it. */
export class Visitor {
  readonly page: Page;
  readonly url: string;
  readonly complaints: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.complaints.push(`asked another host: ${request.url()}`);
    });
  }

  async open(fragment = ''): Promise<void> {
    await this.page.goto(`${this.url}${fragment}`);
    await this.page.waitForSelector('html[data-ready]');
  }

  /** Replaces the program by what a paste brings. */
  async write(program: string): Promise<void> {
    await this.page.locator('.cm-content').click();
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    await this.paste(program);
  }

  /** A paste; Chromium's own needs a clipboard and would add markup. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((pasted) => {
      const data = new DataTransfer();
      data.setData('text/plain', pasted);
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true, composed: true });
      document.getElementById('editor')?.shadowRoot?.querySelector('.cm-content')?.dispatchEvent(event);
    }, text);
  }

  async run(): Promise<void> {
    await this.page.keyboard.press('Control+Enter');
  }

  /** Waits until the status line says so. */
  async status(pattern: RegExp): Promise<void> {
    const found = this.page.locator('#status');
    await this.page
      .waitForFunction(
        ([source]) => new RegExp(source ?? '').test(document.getElementById('status')?.textContent ?? ''),
        [pattern.source],
      )
      .catch(async () => assert.match((await found.textContent()) ?? '', pattern));
  }

  /** What the output pane says, when it says it. */
  async output(pattern: RegExp): Promise<string> {
    await this.page
      .waitForFunction(
        ([source]) => new RegExp(source ?? '').test(document.getElementById('output')?.textContent ?? ''),
        [pattern.source],
      )
      .catch(() => {});
    const text = (await this.page.locator('#output').textContent()) ?? '';
    assert.match(text.length > 5000 ? `${text.slice(0, 2000)} [...] ${text.slice(-2000)}` : text, pattern);
    return text;
  }

  /** What the page itself has added to the output. */
  async ending(pattern: RegExp): Promise<void> {
    assert.match((await this.page.locator('#output .end').textContent()) ?? '', pattern);
  }

  async note(pattern: RegExp): Promise<void> {
    const text = this.page.locator('#note:not([hidden]) #note-text', { hasText: pattern });
    await text.waitFor().catch(async () => assert.match((await this.page.locator('#note-text').textContent()) ?? '', pattern));
  }

  /** The whole program in the editor; only what is near the view is in the page, so it is asked of CodeMirror. */
  async program(): Promise<string> {
    return await this.page.locator('.cm-content').evaluate((content) => {
      const { cmTile } = content as unknown as { cmTile?: { view: { state: { doc: object } } } }; // its own handle
      return cmTile === undefined ? (content.textContent ?? '') : String(cmTile.view.state.doc);
    });
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(artifacts, `${name}.png`) });
  }

  async accessible(): Promise<void> {
    await this.page.evaluate(await readFile(axe, 'utf8'));
    const violations = (await this.page.evaluate(
      'axe.run().then((result) => result.violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((n) => n.html.slice(0, 200)) })))',
    )) as { id: string; impact: string }[]; // what the line before makes
    assert.deepEqual(
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical'),
      [],
    );
    if (violations.length > 0) console.log('  axe, less serious:', JSON.stringify(violations));
  }
}

/** How long keys take, in milliseconds. */
export interface KeyTimes {
  readonly median: number;
  readonly p95: number;
  readonly slowest: number;
  /** What the slowest one waited for: its handler, the next frame, and the end of that frame. */
  readonly parts: readonly number[];
}

/** Types for a while and returns the times from a key to the end of the frame that shows it, as the page sees them. */
export async function keyTimes({ page }: Visitor, count = KEYS): Promise<KeyTimes> {
  await page.locator('.cm-content').click();
  await page.evaluate(() => {
    const watched = window as unknown as { keys: number[][] }; // a place for our numbers
    const keys: number[][] = [];
    watched.keys = keys;
    addEventListener(
      'keydown',
      ({ timeStamp }) => {
        const handled = performance.now();
        requestAnimationFrame(() => {
          const framed = performance.now();
          setTimeout(() => keys.push([handled - timeStamp, framed - handled, performance.now() - framed]));
        });
      },
      { capture: true },
    );
  });
  await page.keyboard.type('abcdefghij '.repeat(count).slice(0, count), { delay: 30 });
  const keys = (await page.evaluate('new Promise((done) => setTimeout(() => done(window.keys), 100))')) as number[][]; // made above
  const whole = (parts: readonly number[] | undefined): number => (parts ?? []).reduce((sum, part) => sum + part, 0);
  const sorted = keys.toSorted((x, y) => whole(x) - whole(y));
  const at = (share: number): number[] => sorted[Math.ceil(share * sorted.length) - 1] ?? [];
  return { median: whole(at(0.5)), p95: whole(at(0.95)), slowest: whole(at(1)), parts: at(1) };
}

/** Stops the program and returns the time from key or click until the page says so. */
export async function stop(visitor: Visitor, how: () => Promise<void>): Promise<number> {
  await visitor.page.evaluate(() => {
    const watched = window as unknown as { stopped: Promise<number> }; // a place for our number
    watched.stopped = new Promise((done) => {
      let started = 0;
      const note = ({ timeStamp }: Event): void => {
        started = timeStamp;
      };
      addEventListener('keydown', note, { capture: true, once: true });
      addEventListener('pointerdown', note, { capture: true, once: true });
      new MutationObserver(() => done(performance.now() - started)).observe(document.getElementById('status') ?? document, {
        childList: true,
      });
    });
  });
  await how();
  await visitor.status(/Stopped/);
  return Number(await visitor.page.evaluate('window.stopped'));
}
