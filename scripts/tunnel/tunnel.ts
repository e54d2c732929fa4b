/**
 * `npm run tunnel [-- --short] [NAME...]`: proofs that programs in a page have real sockets through `magnolia gateway`, in headless Chromium.
 *
 * `--short` is the form that CI runs. `specs=PART` runs the specs with PART in their name.
 */
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { makeSpecCertificates } from '../spec/spec-certificates.ts';
import { bulkInPages } from './bulk.ts';
import { hostileGateways } from './hostile.ts';
import { httpInPages } from './http.ts';
import { type Browser, openBrowser } from './kit.ts';
import { mailFromPages } from './mail.ts';
import { memoryOfStreams } from './memory.ts';
import { gatewayInPlayground } from './playground.ts';
import { specsInPages } from './specs.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { short: { type: 'boolean', default: false } } });
const filters = positionals.flatMap((one) => (one.startsWith('specs=') ? [one.slice('specs='.length)] : []));
const wanted = positionals.map((one) => one.replace(/=.*/, ''));

const PROOFS: { readonly [name: string]: (browser: Browser) => Promise<string> } = {
  specs: (browser) => specsInPages(browser, filters, values.short),
  mail: mailFromPages,
  http: httpInPages,
  playground: gatewayInPlayground,
  hostile: hostileGateways,
  memory: memoryOfStreams,
  bulk: (browser) => bulkInPages(browser, values.short),
};

await buildIfStale();
makeSpecCertificates();
const browser = await openBrowser();
if (browser === null) {
  console.log('NO CHROMIUM: real sockets in a page are not tried');
} else {
  let failed = 0;
  const names = Object.keys(PROOFS).filter((name) => wanted.length === 0 || wanted.includes(name));
  for (const name of names) {
    const started = performance.now();
    try {
      const said = await PROOFS[name]?.(browser);
      console.log(`${name}: ${said} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  await browser.close();
  console.log(`${names.length - failed} of ${names.length} proofs hold in Chromium ${browser.version}`);
  process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
}
