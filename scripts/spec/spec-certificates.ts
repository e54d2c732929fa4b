/** The certificates that specs name: made before the first run, in the folders where the programs look for them. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, type Identity, makeCertificate } from '../../runtime-native/make-certificate.ts';
import { specs } from './spec-files.ts';

const LOCAL = ['dns:localhost', 'ip:127.0.0.1', 'ip:::1'];
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);

type Wanted = Omit<CertificateRequest, 'issuer'> & { readonly name: string; readonly signsItself?: true };

interface Folder {
  readonly path: string;
  readonly authority: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  readonly certificates: readonly Wanted[];
}

const FOLDERS: readonly Folder[] = [
  {
    path: 'socket/certs',
    authority: 'Test Root CA',
    validFrom: day('2021-01-01'),
    validTo: day('2046-01-01'),
    certificates: [
      { name: 'localhost', commonName: 'localhost', names: LOCAL, usage: 'server' },
      { name: 'dnsonly', commonName: 'localhost', names: ['dns:localhost'], usage: 'server' },
      { name: 'wronghost', commonName: 'other.example', names: ['dns:other.example'], usage: 'server' },
      { name: 'client', commonName: 'test-client', usage: 'client' },
      {
        name: 'expired',
        commonName: 'localhost',
        names: LOCAL,
        usage: 'server',
        validFrom: day('2020-01-01'),
        validTo: day('2021-01-01'),
      },
      { name: 'selfsigned', commonName: 'localhost', names: LOCAL, authority: true, signsItself: true },
      { name: 'rsa', commonName: 'localhost', names: LOCAL, authority: true, signsItself: true, keyType: 'rsa' },
    ],
  },
  {
    path: 'mail/certs',
    authority: 'Mail test CA',
    validFrom: day('2026-01-01'),
    validTo: day('2051-01-01'),
    certificates: [
      {
        name: 'server',
        commonName: 'localhost',
        names: ['dns:localhost', 'dns:mail.example.test', 'ip:127.0.0.1', 'ip:::1'],
        usage: 'server',
      },
      { name: 'wrong', commonName: 'other.example.test', names: ['dns:other.example.test'], usage: 'server' },
      {
        name: 'expired',
        commonName: 'localhost',
        names: ['dns:localhost', 'ip:127.0.0.1'],
        usage: 'server',
        validFrom: day('2021-01-01'),
        validTo: day('2021-02-01'),
      },
    ],
  },
];

/** Makes the folders that are not there. */
export function makeSpecCertificates(): void {
  for (const { path, authority, validFrom, validTo, certificates } of FOLDERS) {
    const folder = join(specs, path);
    if (existsSync(folder)) continue;
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh);
    const write = (name: string, { cert, key }: Identity): void => {
      writeFileSync(join(fresh, `${name}.pem`), cert);
      writeFileSync(join(fresh, `${name}-key.pem`), key);
    };
    const ca = makeCertificate({ commonName: authority, authority: true, validFrom, validTo });
    write('ca', ca);
    for (const { name, signsItself, ...request } of certificates) {
      write(name, makeCertificate({ validFrom, validTo, ...request, ...(signsItself === true ? {} : { issuer: ca }) }));
    }
    renameSync(fresh, folder);
  }
}
