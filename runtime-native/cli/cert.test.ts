import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { makeCertificateFiles, readRequest } from './cert.ts';

let out = '';
let said = '';
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'magnolia-cert-'));
  said = '';
  const listen = (text: unknown): boolean => {
    said += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(listen);
  jest.spyOn(process.stderr, 'write').mockImplementation(listen);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(out, { recursive: true, force: true });
});

const read = (name: string): string => readFileSync(join(out, name), 'utf8');

describe('magnolia cert', () => {
  it('writes a certificate that its authority signed, and a key that only its owner can read', async () => {
    expect(await makeCertificateFiles(['localhost', '::1', '--out', out, '--days', '10'])).toBe(0);
    const [authority, certificate] = [new X509Certificate(read('ca.pem')), new X509Certificate(read('cert.pem'))];
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect([authority.ca, certificate.ca, certificate.checkHost('localhost'), certificate.checkIP('::1')]).toEqual([
      true,
      false,
      'localhost',
      '::1',
    ]);
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(10);
    expect(statSync(join(out, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(out, 'ca-key.pem'))).toBe(false);
    for (const word of ['certFile', 'keyFile', 'caFile']) expect(said).toContain(word);
  });

  it('replaces nothing unless it is forced to', async () => {
    await makeCertificateFiles(['a.example', '--out', out]);
    const before = read('cert.pem');
    expect(await makeCertificateFiles(['b.example', '--out', out])).toBe(1);
    expect(read('cert.pem')).toBe(before);
    expect(await makeCertificateFiles(['b.example', '--out', out, '--force'])).toBe(0);
    expect(read('cert.pem')).not.toBe(before);
  });

  it('signs with an authority that was kept', async () => {
    await makeCertificateFiles(['a.example', '--out', out, '--keep-ca-key']);
    const [ca, key, more] = [join(out, 'ca.pem'), join(out, 'ca-key.pem'), join(out, 'more')];
    expect(await makeCertificateFiles(['b.example', '--out', more, '--ca', ca, '--ca-key', key])).toBe(0);
    const certificate = new X509Certificate(read('more/cert.pem'));
    expect(certificate.checkIssued(new X509Certificate(read('ca.pem')))).toBe(true);
    expect(
      await makeCertificateFiles(['c.example', '--out', join(out, 'x'), '--ca', join(more, 'cert.pem'), '--ca-key', key]),
    ).toBe(1);
    expect(existsSync(join(out, 'x'))).toBe(false);
  });

  for (const [args, wrong] of [
    [[], 'cert needs NAME...: DNS names, wildcards like *.example.org or IP addresses'],
    [['a', '--dys', '3'], 'there is no flag --dys; did you mean --days?'],
    [['a', '--days', '0'], '--days takes a whole number from 1 to 365000, not 0'],
    [['a', '--out'], '--out needs a value'],
    [['a', '--ca', 'f'], '--ca and --ca-key belong together: a certificate and its key'],
  ] as const) {
    it(`explains what is wrong with ${JSON.stringify(args)}`, () => expect(readRequest(args)).toBe(wrong));
  }
});
