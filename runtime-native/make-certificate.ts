/**
 * Making certificates (RFC 5280): node-forge knows their fields and their encoding, `node:crypto` makes the keys and signs, also with
 * elliptic curves. Loaded only when a certificate is to be made: `certificateMaker`.
 */
import { Buffer, isAscii } from 'node:buffer';
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import forge from 'node-forge';

const { asn1 } = forge;
/** Missing in its declarations. */
const pki = forge.pki as typeof forge.pki & { getTBSCertificate(certificate: forge.pki.Certificate): Node };

/** A certificate and its key, as PEM text. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Alternative names: `dns:localhost`, `ip:127.0.0.1`, `uri:https://host/`. */
  readonly names?: readonly string[];
  /** Who signs the certificate; itself unless given. */
  readonly issuer?: Identity;
  /** A certificate that may sign others. */
  readonly authority?: boolean;
  /** Unless given, an hour ago, for clocks that differ. */
  readonly validFrom?: Date;
  /** Unless given, in 30 days. */
  readonly validTo?: Date;
  /** What it may be used for; both unless given. */
  readonly usage?: 'server' | 'client';
  /** A P-256 key unless given. */
  readonly keyType?: 'ec' | 'rsa';
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RSA_BITS = 2048;
const SUBJECT_KEY_ID = '2.5.29.14';

/** How a key of a type signs: the algorithm's number, its parameters, and the digest for `node:crypto`. */
const SIGNATURES: { readonly [keyType: string]: { readonly id: string; readonly digest: string | null; readonly isRsa?: true } } =
  {
    ec: { id: '1.2.840.10045.4.3.2', digest: 'sha256' },
    rsa: { id: '1.2.840.113549.1.1.11', digest: 'sha256', isRsa: true },
    ed25519: { id: '1.3.101.112', digest: null },
  };

type Node = forge.asn1.Asn1;

/** Makes a key and a certificate for it. */
export function makeCertificate(request: CertificateRequest): Identity {
  const { commonName, authority = false, keyType = 'ec', usage, names = [] } = request;
  const keys =
    keyType === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const keyId = createHash('sha1')
    .update(keys.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('binary');
  const signer = request.issuer === undefined ? null : readIssuer(request.issuer);
  const signerId = signer === null ? keyId : signer.keyId;

  const certificate = pki.createCertificate();
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = request.validFrom ?? new Date(Date.now() - HOUR_MS);
  certificate.validity.notAfter = request.validTo ?? new Date(Date.now() + 30 * DAY_MS);
  certificate.publicKey = PLACEHOLDER;
  certificate.siginfo.algorithmOid = forge.pki.oids.sha256WithRSAEncryption as string; // a placeholder, too
  const subject = commonName === '' ? [] : [{ name: 'commonName', value: commonName, valueTagClass: asn1.Type.UTF8 as never }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { id: SUBJECT_KEY_ID, value: asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, keyId) },
    ...(signerId === null ? [] : [{ name: 'authorityKeyIdentifier', keyIdentifier: signerId }]),
    { name: 'basicConstraints', cA: authority, critical: true },
    authority
      ? { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: names.length > 0, critical: true }
      : { name: 'keyUsage', digitalSignature: true, keyEncipherment: keyType === 'rsa', critical: true },
    ...(authority ? [] : [{ name: 'extKeyUsage', serverAuth: usage !== 'client', clientAuth: usage !== 'server' }]),
    ...(names.length === 0
      ? []
      : [{ name: 'subjectAltName', altNames: names.map(alternativeName), critical: commonName === '' }]),
  ]);

  // Forge knows RSA keys only, and no raw names: those parts are put in as they have to be.
  const body = pki.getTBSCertificate(certificate);
  const fields = body.value as Node[]; // a sequence
  const signingKey = signer?.key ?? keys.privateKey;
  const signature = SIGNATURES[signingKey.asymmetricKeyType ?? ''];
  if (signature === undefined) throw new Error(`a key of type ${signingKey.asymmetricKeyType} cannot sign certificates here`);
  const algorithm = sequence([
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(signature.id).getBytes()),
    ...(signature.isRsa === true ? [asn1.create(asn1.Class.UNIVERSAL, asn1.Type.NULL, false, '')] : []),
  ]);
  fields[2] = algorithm;
  if (signer !== null) fields[3] = signer.subject;
  fields[6] = fromDer(keys.publicKey.export({ type: 'spki', format: 'der' }));

  const signed = sign(signature.digest, toDer(body), signingKey).toString('binary');
  const whole = sequence([body, algorithm, asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signed}`)]);
  return {
    cert: new X509Certificate(toDer(whole)).toString(),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A certificate for DNS names and IP addresses, for servers and clients, and the authority that signed it. The authority's key is not kept. */
export function makeDevelopmentCertificate(names: readonly string[], days: number): Identity & { readonly ca: string } {
  const validTo = new Date(Date.now() + days * DAY_MS);
  const authority = makeAuthority(validTo);
  return { ...makeLeaf(names, validTo, authority), ca: authority.cert };
}

/** A new authority. Each has a different name, so that several can be trusted side by side. */
export function makeAuthority(validTo: Date): Identity {
  return makeCertificate({ commonName: `magnolia CA ${randomBytes(4).toString('hex')}`, authority: true, validTo });
}

/** A certificate for names that `nameProblem` accepts. */
export function makeLeaf(names: readonly string[], validTo: Date, issuer: Identity): Identity {
  const [first = ''] = names;
  return makeCertificate({ commonName: first.length > 64 ? '' : first, names: names.map(typedName), validTo, issuer }); // 64: RFC 5280, ub-common-name
}

/** Why a text cannot be a name in a certificate; null when it can. */
export function nameProblem(text: string): string | null {
  if (isIP(text) !== 0) return null;
  const ascii = hostName(text.replace(/^\*\./, ''));
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  const isName = ascii !== '' && ascii.length <= 253 && ascii.split('.').every((part) => label.test(part)) && isIP(ascii) === 0;
  return isName ? null : `'${text}' is not a DNS name, a wildcard like *.example.org or an IP address`;
}

function typedName(text: string): string {
  if (isIP(text) !== 0) return `ip:${text}`;
  const [, wildcard = '', rest = ''] = /^(\*\.)?(.*)$/s.exec(text) ?? [];
  return `dns:${wildcard}${hostName(rest)}`;
}

/** A host name in small ASCII letters. */
function hostName(text: string): string {
  return isAscii(Buffer.from(text)) ? text.toLowerCase() : domainToASCII(text);
}

function alternativeName(text: string) {
  const [, kind, value = ''] = /^(\w+):(.*)$/s.exec(text) ?? [];
  if (kind === 'ip') return { type: 7, ip: value };
  return { type: kind === 'uri' ? 6 : 2, value };
}

/** Who signs: the name and the key identifier that its certificate has, and its key. */
function readIssuer({ cert, key }: Identity): { readonly subject: Node; readonly keyId: string | null; readonly key: KeyObject } {
  const whole = fromDer(new X509Certificate(cert).raw);
  const [body] = whole.value as Node[];
  const fields = body?.value as Node[]; // RFC 5280, section 4.1: X509Certificate has read it
  const subject = fields[5] as Node; // version 3, as everything that may sign
  const extensions = fields.find(({ tagClass, type }) => tagClass === asn1.Class.CONTEXT_SPECIFIC && (type as number) === 3);
  const list = ((extensions?.value as Node[] | undefined)?.[0]?.value ?? []) as Node[];
  const found = list.find(({ value }) => asn1.derToOid((value as Node[])[0]?.value as string) === SUBJECT_KEY_ID);
  const octets = (found?.value as Node[] | undefined)?.at(-1)?.value as string | undefined;
  const keyId = octets === undefined ? null : (fromDer(Buffer.from(octets, 'binary')).value as string);
  return { subject, keyId, key: createPrivateKey(key) };
}

function sequence(parts: Node[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
}

function toDer(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

function fromDer(bytes: Buffer): Node {
  return asn1.fromDer(bytes.toString('binary'));
}

/** Where the real key is put in afterwards. */
const PLACEHOLDER = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
