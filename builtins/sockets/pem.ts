/** Finds the blocks of a PEM text, and mistakes in it that show before a certificate or key is parsed. */

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const ONE_KEY = /-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/;

/** The certificates in a PEM text. */
export function certificatesOf(text: string): string[] {
  const found: string[] = [];
  for (let from = text.indexOf(BEGIN); from >= 0; ) {
    const to = text.indexOf(END, from);
    if (to < 0) break;
    found.push(text.slice(from, to + END.length));
    from = text.indexOf(BEGIN, to);
  }
  return found;
}

/** What is wrong with the texts of a certificate and its key; null for nothing that can be seen. */
export function certificateProblem(cert: string, key: string): string | null {
  if (!cert.includes('-----BEGIN ')) return 'tls: failed to find any PEM data in certificate input';
  if (!cert.includes(BEGIN)) {
    return ONE_KEY.test(cert)
      ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
      : 'tls: failed to find "CERTIFICATE" PEM block in certificate input';
  }
  if (!key.includes('-----BEGIN ')) return 'tls: failed to find any PEM data in key input';
  if (ONE_KEY.test(key)) return null;
  return key.includes(BEGIN)
    ? 'tls: found a certificate rather than a key in the PEM for the private key'
    : 'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input';
}

/** What is wrong with a text of roots, which an error calls `name`; null for nothing that can be seen. */
export function rootsProblem(ca: string, name: string): string | null {
  return certificatesOf(ca).length === 0 ? `tls: failed to find any certificate in ${name}` : null;
}
