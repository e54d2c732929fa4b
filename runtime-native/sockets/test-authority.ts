/** For tests: certificates as files, in their own folder that the system clears away. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Identity, makeCertificate } from '../make-certificate.ts';

const DAY_MS = 86_400_000;

/** The folder with `ca`, and `localhost`, `dnsonly`, `cnonly` and `expired`, which it has signed, and `selfsigned`. */
export function testCertificates(): string {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-certificates-'));
  const write = (name: string, { cert, key }: Identity): void => {
    writeFileSync(join(folder, `${name}.pem`), cert);
    writeFileSync(join(folder, `${name}-key.pem`), key);
  };
  const issuer = makeCertificate({ commonName: 'Test CA', authority: true });
  const local = ['dns:localhost', 'ip:127.0.0.1'];
  const signed = { commonName: 'localhost', issuer };
  write('ca', issuer);
  write('localhost', makeCertificate({ ...signed, names: [...local, 'dns:*.wild.example', 'ip:::1'] }));
  write('dnsonly', makeCertificate({ ...signed, names: ['dns:localhost'] }));
  write('cnonly', makeCertificate(signed));
  const [validFrom, validTo] = [new Date(Date.now() - 2 * DAY_MS), new Date(Date.now() - DAY_MS)];
  write('expired', makeCertificate({ ...signed, names: local, validFrom, validTo }));
  write('selfsigned', makeCertificate({ commonName: 'localhost', names: local, authority: true }));
  return folder;
}
