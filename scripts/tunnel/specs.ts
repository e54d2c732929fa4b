/** The specs of sockets, HTTP and mail in the browser, through a gateway: the same verdicts as on Node. */
import { dirname, join, resolve } from 'node:path';
import { expectedOf, findSpecs, rulesFor, specs } from '../spec/spec-files.ts';
import { differences } from '../spec/spec-verdict.ts';
import { type Browser, type Gateway, startGateway } from './kit.ts';

const LIMIT_MS = 20_000;
const LANES = 2;

/** Those that a page cannot have, by a part of their name, and why. */
const LEFT_OUT: { readonly [part: string]: string } = {
  'socket/close/reset-once': 'starts a program of the system',
  'socket/tls/self-signed': 'makes certificates, which only Node can',
  'socket/serve/serve-reload': 'makes certificates, which only Node can',
  'http/listen-many-clients': 'opens 40 connections, both ends of each: a page has 64 streams',
  'mail/imap-many': 'needs 200 connections at once: a page has 64 streams',
  'mail/pop-many': 'needs 200 connections at once: a page has 64 streams',
  'mail/smtp-many': 'needs 200 connections at once: a page has 64 streams',
  'mail/starttls-wishes': 'leaves 81 connections open, both ends of each: a page has 64 streams',
};
/** The short form runs these: every kind of failure, every way to close, all of TLS, WebSocket. */
const SHORT = [
  ...['close', 'tls', 'trust', 'timeout', 'connect'].map((area) => `socket/${area}/`),
  ...['http/ws-', 'http/trust/', 'mail/smtp-starttls'],
];

/** Runs them; the text says what came of it. */
export async function specsInPages(browser: Browser, given: readonly string[], isShort: boolean): Promise<string> {
  const filters = isShort && given.length === 0 ? SHORT : given;
  const all = findSpecs(['socket/', 'http/', 'mail/']).filter((name) => !/no-network\/|\/js-/.test(name));
  const reasonOf = (name: string): string | undefined => Object.entries(LEFT_OUT).find(([part]) => name.includes(part))?.[1];
  const names = all.filter(
    (name) => reasonOf(name) === undefined && (filters.length === 0 || filters.some((part) => name.includes(part))),
  );
  const gateways = new Map<string, Promise<Gateway>>();
  /** Roots are those of the gateway's machine, so specs with roots of their own have their own gateway. */
  const gatewayFor = (name: string): Promise<Gateway> => {
    const { SSL_CERT_FILE: roots } = rulesFor(name).env ?? {};
    const path = roots === undefined ? '' : resolve(dirname(join(specs, name)), roots);
    const gateway = gateways.get(path) ?? startGateway(path === '' ? {} : { SSL_CERT_FILE: path });
    gateways.set(path, gateway);
    return gateway;
  };
  const queue = names.values();
  const failed: string[] = [];
  const work = async (lane: number): Promise<void> => {
    for (const name of queue) {
      const gateway = await gatewayFor(name);
      const { out, err, code } = await browser.run(lane, { gateway: gateway.access, file: join(specs, `${name}.oak`) }, LIMIT_MS);
      const found = differences(expectedOf(name, 'native'), { out: Buffer.from(out, 'latin1'), err, code });
      if (found.length > 0) failed.push(`${name}\n${found.join('\n').replace(/^/gm, '  ')}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane)));
  for (const gateway of gateways.values()) await (await gateway).stop();
  const skipped = all.filter((name) => reasonOf(name) !== undefined);
  for (const [part, reason] of Object.entries(LEFT_OUT)) {
    const count = skipped.filter((name) => name.includes(part)).length;
    if (count > 0) console.log(`  left out, ${part} (${count}): ${reason}`);
  }
  if (failed.length > 0) throw new Error(`${failed.length} of ${names.length} specs differ\n${failed.join('\n')}`);
  return `${names.length} specs as on Node, ${skipped.length} left out`;
}
