/** Whether a certificate names a host, by the rules of the reference (Go's crypto/x509). */

/**
 * A name of a certificate covers a host when they have the same labels, letter case aside; `*` stands for one whole label at the
 * beginning. What is not a host name on either side is compared as it is.
 */
export function coversHost(pattern: string, host: string): boolean {
  const name = pattern.toLowerCase();
  const wanted = host.toLowerCase().replace(/\.$/, '');
  if (!isHostName(name, true) || !isHostName(wanted, false)) return name !== '' && name === wanted;
  const labels = name.split('.');
  const given = wanted.split('.');
  return labels.length === given.length && labels.every((label, i) => label === given[i] || (i === 0 && label === '*'));
}

/** Letters, digits, `-` (not first) and `_` in labels that are not empty; a pattern may have `*` as the first of several labels. */
function isHostName(name: string, isPattern: boolean): boolean {
  if (name === '*') return false;
  return name.split('.').every((label, i) => (isPattern && i === 0 && label === '*') || /^[a-z0-9_][a-z0-9_-]*$/.test(label));
}
