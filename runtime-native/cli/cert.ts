/** `magnolia cert NAME...`: writes a certificate for development, its key, and the authority that signed it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nearest } from '../../language/diagnostics/nearest.ts';
import { codeOf, errnoText } from '../errno.ts';
import type { Identity } from '../make-certificate.ts';
import { complain, writeError } from './screen.ts';

interface Request {
  readonly names: readonly string[];
  readonly out: string;
  readonly days: number;
  readonly ca: string | null;
  readonly caKey: string | null;
  readonly keepCaKey: boolean;
  readonly force: boolean;
}

const VALUE_FLAGS = ['--out', '--days', '--ca', '--ca-key'];
const SWITCHES = ['--keep-ca-key', '--force'];
const STANDARD_DAYS = '365';
const MOST_DAYS = 365 * 1000;

/** What the arguments ask for, or what is wrong with them. */
export function readRequest(args: readonly string[]): Request | string {
  const values = new Map<string, string>();
  const switches = new Set<string>();
  const names: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag = '', inside] = arg.split(/=(.*)/s, 2);
    if (!arg.startsWith('-')) {
      names.push(arg);
    } else if (SWITCHES.includes(arg)) {
      switches.add(arg);
    } else if (VALUE_FLAGS.includes(flag)) {
      const value = inside ?? rest.shift();
      if (value === undefined || value === '') return `${flag} needs a value`;
      values.set(flag, value);
    } else {
      const meant = nearest(flag, [...VALUE_FLAGS, ...SWITCHES]);
      return `there is no flag ${flag}${meant === null ? '' : `; did you mean ${meant}?`}`;
    }
  }
  const days = values.get('--days') ?? STANDARD_DAYS;
  if (!/^[1-9]\d{0,5}$/.test(days) || Number(days) > MOST_DAYS)
    return `--days takes a whole number from 1 to ${MOST_DAYS}, not ${days}`;
  const [ca = null, caKey = null] = [values.get('--ca'), values.get('--ca-key')];
  const keepCaKey = switches.has('--keep-ca-key');
  if ((ca === null) !== (caKey === null)) return '--ca and --ca-key belong together: a certificate and its key';
  if (ca !== null && keepCaKey) return '--keep-ca-key is for a new authority, and --ca names one that exists';
  if (names.length === 0) return 'cert needs NAME...: DNS names, wildcards like *.example.org or IP addresses';
  return { names, out: values.get('--out') ?? '.', days: Number(days), ca, caKey, keepCaKey, force: switches.has('--force') };
}

/** Does what the arguments ask for; returns the exit status. */
export async function makeCertificateFiles(args: readonly string[]): Promise<number> {
  const request = readRequest(args);
  if (typeof request === 'string') {
    complain(request);
    writeError('Try `magnolia help cert`.\n');
    return 2;
  }
  const problem = await writeFiles(request);
  if (problem === null) return 0;
  complain(problem);
  return 1;
}

/** Writes the files and prints how to use them; or writes nothing and returns why. */
async function writeFiles(request: Request): Promise<string | null> {
  const { makeAuthority, makeLeaf, nameProblem } = await import('../make-certificate.ts');
  const problem = request.names.map(nameProblem).find((one) => one !== null);
  if (problem !== undefined) return problem;

  const validTo = new Date(Date.now() + request.days * 86_400_000);
  const existing = request.ca === null || request.caKey === null ? null : readAuthority(request.ca, request.caKey);
  if (typeof existing === 'string') return existing;
  const authority = existing ?? makeAuthority(validTo);
  const made = makeLeaf(request.names, validTo, authority);

  const files: { readonly name: string; readonly text: string; readonly isSecret: boolean }[] = [
    { name: 'ca.pem', text: authority.cert, isSecret: false },
    { name: 'cert.pem', text: made.cert, isSecret: false },
    { name: 'key.pem', text: made.key, isSecret: true },
    ...(request.keepCaKey ? [{ name: 'ca-key.pem', text: authority.key, isSecret: true }] : []),
  ];
  const taken = files.map(({ name }) => join(request.out, name)).find((path) => existsSync(path));
  if (taken !== undefined && !request.force) return `${taken} exists; --force replaces it`;
  try {
    makeFolder(request.out);
    for (const { name, text, isSecret } of files) writeWhole(join(request.out, name), text, isSecret ? 0o600 : 0o644);
  } catch (error) {
    return `could not write to ${request.out}: ${errnoText(error)}`;
  }
  process.stdout.write(usage(request, validTo));
  return null;
}

/** Makes a folder and those above it that are missing. (Node's `recursive` does not end where the system refuses with ENOENT, as /proc does.) */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  mkdirSync(path);
}

/** In one step and never readable by others for a moment. */
function writeWhole(path: string, text: string, mode: number): void {
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, text, { mode, flag: 'wx' });
    chmodSync(fresh, mode); // independent of the umask
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** An authority that exists, or why it cannot sign. */
function readAuthority(caFile: string, keyFile: string): Identity | string {
  let cert: string;
  let key: string;
  let file = caFile;
  try {
    cert = readFileSync(caFile, 'utf8');
    file = keyFile;
    key = readFileSync(keyFile, 'utf8');
  } catch (error) {
    return `could not read ${file}: ${errnoText(error)}`;
  }
  try {
    file = caFile;
    const certificate = new X509Certificate(cert);
    file = keyFile;
    const privateKey = createPrivateKey(key);
    if (!certificate.ca) return `${caFile} is not the certificate of an authority, so it cannot sign others`;
    if (!certificate.checkPrivateKey(privateKey)) return `the key in ${keyFile} is not that of the certificate in ${caFile}`;
    return { cert, key };
  } catch (error) {
    const why = codeOf(error) === 'ERR_MISSING_PASSPHRASE' ? 'the key is encrypted' : 'it is not in PEM form';
    return `could not use ${file}: ${why}`;
  }
}

function usage({ names, out, keepCaKey, ca }: Request, validTo: Date): string {
  const at = (name: string): string => join(out, name);
  return `Made a certificate for ${names.join(', ')}, valid until ${validTo.toISOString().slice(0, 10)}:

    ${at('cert.pem')} and ${at('key.pem')}   for the server: {tls: true, certFile: '${at('cert.pem')}', keyFile: '${at('key.pem')}'}
    ${at('ca.pem')}   for its clients: {tls: true, caFile: '${at('ca.pem')}'}
${keepCaKey ? `    ${at('ca-key.pem')}   signs more: magnolia cert NAME... --ca ${at('ca.pem')} --ca-key ${at('ca-key.pem')}; keep it secret\n` : ''}${
  ca === null && !keepCaKey ? '\nThe key of the authority was thrown away, so nobody can use it to sign anything else.\n' : ''
}`;
}
