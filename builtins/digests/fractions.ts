/** The constants of SHA-2: the first 64 bits of the fractions of roots of the first primes (FIPS 180-4, section 4.2). */

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((prime) => n % prime !== 0n)) found.push(n);
  return found;
}

/** The largest integer whose power is at most `n`, by Newton's method. */
function root(n: bigint, power: bigint): bigint {
  let x = 1n << (BigInt(n.toString(2).length) / power + 1n);
  for (;;) {
    const next = ((power - 1n) * x + n / x ** (power - 1n)) / power;
    if (next >= x) return x;
    x = next;
  }
}

/** Pairs of words, the higher one first. `power` is 2 for square roots and 3 for cube roots. */
export function fractions(count: number, power: 2 | 3): Int32Array {
  const words = new Int32Array(count * 2);
  for (const [i, prime] of primes(count).entries()) {
    const fraction = root(prime << BigInt(64 * power), BigInt(power));
    words[i * 2] = Number(BigInt.asIntN(32, fraction >> 32n));
    words[i * 2 + 1] = Number(BigInt.asIntN(32, fraction));
  }
  return words;
}
