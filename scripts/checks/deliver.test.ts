/** examples/deliver.oak delivers to the hosts that a name server names, and tries again; keys of DKIM come from there, too. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRuntime } from '../../runtime-native/index.ts';
import { nameBytes, numbers, startNameServer, txt } from '../../runtime-native/testing/name-server.ts';
import { freePort } from '../free-port.ts';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-deliver-'));
const key = generateKeyPairSync('ed25519');
const mx = (priority: number, host: string) => Buffer.concat([numbers(priority), nameBytes(host)]);

/** A mail host on its own port, and a second one that is busy at first. */
const HOST = `
smtp := import('smtp')
got := []
busy := 2
fn open(done) {
	stop := smtp.listen('127.0.0.1:' + env().PORT, {
		onRcpt: fn(to) if to {
			'late@a.test' -> if busy {
				0 -> true
				_ -> {
					busy <- busy - 1
					{ok?: false, code: 450, message: '4.2.0 busy'}
				}
			}
			_ -> to != 'nobody@a.test'
		}
		onMessage: fn(message) {
			got << [message.from, message.to, message.dkim.ok?]
			{}
		}
	}, {dkim: {server: env().DNS}})
}
fn all() got
`;

describe('examples/deliver.oak', () => {
  let names: Awaited<ReturnType<typeof startNameServer>>;
  beforeAll(async () => {
    const publicKey = key.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
    names = await startNameServer({
      // Nobody listens on the first one.
      'a.test/15': [mx(10, 'down.test'), mx(20, '127.0.0.1')],
      'none.test/15': [mx(0, '')],
      's._domainkey.home.test/16': [txt(`v=DKIM1; k=ed25519; p=${publicKey}`)],
    });
  }, 120_000);
  afterAll(async () => {
    await names.stop();
    rmSync(folder, { recursive: true });
  });

  it('delivers, tries again, and leaves an empty queue', async () => {
    const port = await freePort();
    const env = { PORT: String(port), DNS: names.address };
    const runtime = createRuntime({ env, network: 'system' });
    const host = await runtime.load(HOST);
    await host.call('open');
    writeFileSync(join(folder, 'key.pem'), key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const queue = join(folder, 'queue');
    const to = ['bob@a.test', 'late@a.test', 'nobody@a.test', 'x@none.test', 'y@unknown.test'];
    const child = spawn(
      process.execPath,
      [join(root, 'dist/cli.cjs'), join(root, 'examples/deliver.oak'), queue, 'ann@home.test', ...to],
      {
        env: {
          ...process.env,
          ...env,
          RETRY: '0.05',
          DKIM_DOMAIN: 'home.test',
          DKIM_SELECTOR: 's',
          DKIM_KEY: join(folder, 'key.pem'),
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    child.stdin.end('From: ann@home.test\nSubject: hello\n\nHello\n');
    let out = '';
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    const status = await new Promise((done) => child.once('close', done));
    const got = await host.call('all');
    runtime.stop();

    expect(out.trim().split('\n').sort()).toEqual([
      'later late@a.test 450 4.2.0 busy',
      'later late@a.test 450 4.2.0 busy',
      'refused nobody@a.test 550 5.1.1 Recipient refused',
      'refused x@none.test none.test takes no mail',
      'refused y@unknown.test Could not look up unknown.test: no such host',
      'sent bob@a.test',
      'sent late@a.test',
    ]);
    expect(got).toEqual([
      ['ann@home.test', ['bob@a.test'], true],
      ['ann@home.test', ['late@a.test'], true],
    ]);
    expect(readdirSync(queue)).toEqual([]);
    expect(status).toBe(0);
  }, 30_000);
});
