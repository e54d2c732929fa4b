/** Pages that contain a program, opened as files: of `magnolia build --target html`, and of the playground's Download. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { Visitor } from './e2e-visitor.ts';

const cli = resolve(dirname(fileURLToPath(import.meta.url)), '../../dist/cli.cjs');
const program = `std := import('std')
thread := import('thread')
c := make_chan(1)
thread.spawn(fn() {
	wait(0.01)
	chan_send(c, '</script><b>')
})
std.println(chan_recv(c).data, import('json').serialize([1, 2]))
fn half(n) n / :x
half(1)
`;

/** Builds the page and reads what it shows. */
export async function checkBuiltPage(page: Page): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'magnolia-page-'));
  try {
    await writeFile(join(folder, 'app.oak'), program);
    await promisify(execFile)(process.execPath, [cli, 'build', 'app.oak', '--target', 'html', '--minify'], { cwd: folder });
    await page.goto(pathToFileURL(join(folder, 'app.html')).href);
    await page.waitForSelector('.error');
    assert.equal(await page.textContent('.output'), '</script><b> [1,2]\n');
    assert.match((await page.textContent('.error')) ?? '', /Cannot \/ incompatible values 1, :x[\s\S]*app\.oak/);
    assert.equal(await page.title(), 'app');
  } finally {
    await rm(folder, { recursive: true });
  }
}

const downloaded = `std := import('std')
socket := import('socket')
s := socket.serve('127.0.0.1:0', fn(e) socket.sendLine(e.socket, 'in memory'))
std.println(socket.recvLine(socket.connect(s.local).socket).data)
s.close()
std.println('hello', input().data)
fn half(n) n / :x
half(1)
`;

/** Downloads a program, goes offline, and opens the file. */
export async function checkDownload(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  const folder = await mkdtemp(join(tmpdir(), 'magnolia-download-'));
  try {
    await visitor.open();
    await visitor.write('x := (');
    await page.locator('#download').click();
    await page.waitForSelector('#note.bad');
    await visitor.write(downloaded);
    await page.locator('#network').selectOption('memory');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
    assert.equal(download.suggestedFilename(), 'program.html');
    const file = join(folder, 'program #1.html');
    await download.saveAs(file);
    await page.context().setOffline(true);
    page.on('dialog', (dialog) => dialog.accept('you'));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('.error');
    assert.equal(
      await page
        .locator('.output')
        .allTextContents()
        .then((texts) => texts.join('')),
      'in memory\nhello you\n',
    );
    assert.match(
      (await page.textContent('.error')) ?? '',
      /Cannot \/ incompatible values 1, :x[\s\S]*program\.oak[\s\S]*\[7:14\]/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
