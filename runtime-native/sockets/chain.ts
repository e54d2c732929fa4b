/**
 * A chain of certificates from a peer to a CA, looked for by signature.
 *
 * OpenSSL looks for an issuer by name and takes the first that is in force. Where two CAs have one name (a renewed company CA) that
 * may be the wrong one, and it goes no further. Only then is this asked. It is stricter than OpenSSL where it knows less: a CA
 * with name constraints is not followed.
 */
import { X509Certificate } from 'node:crypto';

/** More certificates than that are between no server and its CA. */
const MOST_ISSUERS = 8;
const SERVER_USE = '1.3.6.1.5.5.7.3.1';
const CLIENT_USE = '1.3.6.1.5.5.7.3.2';
const ANY_USE = '2.5.29.37.0';
/** The beginnings of extensions in DER: name constraints, and basic constraints. */
const NAME_CONSTRAINTS = Buffer.from([6, 3, 0x55, 0x1d, 0x1e]);
const BASIC_CONSTRAINTS = Buffer.from([6, 3, 0x55, 0x1d, 0x13]);

/** Whether signatures lead from the first of `presented` over the others to one of `anchors` (PEM texts). */
export function leadsToAnchor(
  presented: readonly X509Certificate[],
  anchors: readonly string[],
  role: 'client' | 'server',
): boolean {
  const [leaf, ...others] = presented;
  if (leaf === undefined || !mayBeUsed(leaf, role === 'client' ? SERVER_USE : CLIENT_USE)) return false;
  const roots = anchors.map((pem) => new X509Certificate(pem));
  const search = (one: X509Certificate, below: number): boolean => {
    if (roots.some((root) => issued(root, one, below))) return true;
    return below < MOST_ISSUERS && others.some((other) => issued(other, one, below) && search(other, below + 1));
  };
  return search(leaf, 0);
}

/** Whether a CA has signed a certificate with `below` CAs between it and the peer. */
function issued(ca: X509Certificate, one: X509Certificate, below: number): boolean {
  if (ca.subject !== one.issuer || ca.raw.equals(one.raw)) return false;
  const now = Date.now();
  if (!ca.ca || !(Date.parse(ca.validFrom) <= now && now <= Date.parse(ca.validTo))) return false;
  if (ca.raw.includes(NAME_CONSTRAINTS) || below > pathLength(ca.raw)) return false;
  return one.checkIssued(ca) && one.verify(ca.publicKey);
}

function mayBeUsed({ keyUsage }: X509Certificate, purpose: string): boolean {
  const uses = keyUsage as readonly string[] | undefined; // the extended ones; missing when the certificate has none
  return uses === undefined || uses.includes(purpose) || uses.includes(ANY_USE);
}

/** How many CAs a CA allows below it (RFC 5280, section 4.2.1.9). */
function pathLength(der: Buffer): number {
  const at = der.indexOf(BASIC_CONSTRAINTS);
  if (at < 0) return Number.POSITIVE_INFINITY;
  let rest = der.subarray(at + BASIC_CONSTRAINTS.length);
  if (rest[0] === 1) rest = rest.subarray(3); // critical
  if (rest[0] !== 4 || rest[2] !== 0x30) return 0;
  const fields = rest.subarray(4, 4 + (rest[3] ?? 0));
  const length = fields[0] === 1 ? fields.subarray(3) : fields; // behind cA
  if (length.length === 0) return Number.POSITIVE_INFINITY;
  return length[0] === 2 && length[1] === 1 ? (length[2] ?? 0) : 0;
}
