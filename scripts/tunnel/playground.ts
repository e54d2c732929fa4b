/** The playground with the network "through a gateway": a program reaches a server, the link stays in the tab. */
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';
import { buildPlayground, servePlayground } from '../playground.ts';
import { expect, startGateway } from './kit.ts';

const LIMIT_MS = 15_000;

export async function gatewayInPlayground(): Promise<string> {
  await buildPlayground();
  const { server, url } = await servePlayground(0);
  const peer = createServer((socket) => socket.on('error', () => {}).end('hello from the machine\n'));
  await new Promise<void>((done) => peer.listen(0, '127.0.0.1', done));
  const { port } = peer.address() as { port: number }; // it listens on TCP
  const gateway = await startGateway();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    const program = `socket := import('socket'), println(socket.recvLine(socket.connect('127.0.0.1:${port}').socket).data)`;
    const kept = JSON.stringify({ text: program, network: false, example: '' });
    await page.addInitScript(
      `if (localStorage.getItem('magnolia-program') === null) localStorage.setItem('magnolia-program', ${JSON.stringify(kept)})`,
    );
    const open = async (): Promise<void> => {
      await page.goto(url);
      await page.waitForSelector('html[data-ready]');
    };
    const printed = async (text: string): Promise<void> => {
      await page.locator('#run').click();
      await page.locator('#output', { hasText: text }).waitFor();
    };
    await open();
    await printed('?');

    await page.locator('#network').selectOption('gateway');
    await page.locator('#gateway-link').fill('ws://127.0.0.1:1/');
    await page.locator('#run').click();
    await page.locator('#note', { hasText: 'has its token behind #' }).waitFor();
    await page.locator('#gateway-link').fill(`${gateway.access.url}#${gateway.access.token}`);
    await printed('hello from the machine');

    await page.locator('#share').click();
    await page.waitForFunction("location.hash.startsWith('#code=')");
    const everything = String(
      await page.evaluate('location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie'),
    );
    expect(!everything.includes(gateway.access.token), 'the token is kept or shared');
    await page.goto('about:blank');
    await open();
    const after = [await page.locator('#network').inputValue(), await page.locator('#gateway-link').inputValue()];
    expect(after.join() === 'none,', `after a reload the page has ${after}`);
    return 'a program reaches a server, the link is forgotten with the tab';
  } finally {
    await browser.close();
    await gateway.stop();
    peer.close();
    server.close();
  }
}
