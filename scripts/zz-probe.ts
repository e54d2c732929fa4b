import { chromium } from '/work/main/node_modules/playwright-core/index.mjs';
import { servePlayground } from '/work/main/scripts/playground.ts';
const { server, url } = await servePlayground(0);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const programs: Record<string, [string, number]> = {
  flood1: ["fn flood(n) {\n\tprint('line ' + string(n) + '\\n')\n\tflood(n + 1)\n}\nflood(0)", 15],
  flood2: ["fn flood() {\n\tprint('x')\n\tflood()\n}\nflood()", 15],
  flood3: ["print(import('str').padStart('', 100000000, 'ab'))", 15],
  threads100k: ["fn start(n) if n > 0 -> {\n\tgo(fn() wait(1000))\n\tstart(n - 1)\n}\nstart(100000), print('started')", 8],
  chan1m: ["c := make_chan()\nfn start(n) if n > 0 -> {\n\tgo(fn() chan_recv(c))\n\tstart(n - 1)\n}\nstart(1000000), print('started')", 12],
  list: ['l := []\nfn grow(n) {\n\tl << [n, n]\n\tgrow(n + 1)\n}\ngrow(0)', 40],
  strings: ["l := []\nfn grow(n) {\n\tl << srand(1000000)\n\tgrow(n + 1)\n}\ngrow(0)", 40],
};
for (const name of process.argv.slice(2)) {
  const [text, secs] = programs[name]!;
  const page = await browser.newPage();
  page.on('console', (m) => console.log('  console', m.text()));
  page.on('crash', () => console.log('  CRASH'));
  page.on('worker', (w) => { console.log('  worker+'); w.on('close', () => console.log('  worker closed', (performance.now() - t).toFixed())); });
  let t = performance.now();
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.evaluate((pasted) => {
      const data = new DataTransfer();
      data.setData('text/plain', pasted);
      document.getElementById('editor')?.shadowRoot?.querySelector('.cm-content')?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true, composed: true }));
  }, text);
  t = performance.now();
  await page.keyboard.press('Control+Enter');
  console.log(name);
  let last = '';
  while (performance.now() - t < secs * 1000) {
    const s = await page.evaluate(() => document.getElementById('status')?.textContent + ' ' + document.getElementById('output')?.lastElementChild?.textContent?.slice(-60)).catch((e) => String(e));
    if (s !== last) console.log('  ', (performance.now() - t).toFixed(), s);
    last = s;
    if (!/Running/.test(s) && /cut|browser|Ended|memory/.test(s)) break;
    await new Promise((d) => setTimeout(d, 100));
  }
  await page.close();
}
await browser.close();
server.close();
