/** A page of `magnolia build --target html`, opened as a file. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';

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
