/** Ed25519 (RFC 8032, section 5.1), for hosts that do not bring it along. It does not hide its time: it is not for servers that sign for strangers. */
import type { Work } from '../time-slices.ts';
import { bytesOfInteger, integerOf, OCTET_STRING, sequence } from './der.ts';

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function mod(a: bigint, m = P): bigint {
  const rest = a % m;
  return rest < 0n ? rest + m : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** X, Y, Z and T = XY/Z. */
type Point = readonly [bigint, bigint, bigint, bigint];

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function* times(scalar: bigint, point: Point): Work<Point> {
  let result: Point = [0n, 1n, 1n, 0n];
  let doubled = point;
  let steps = 0;
  for (let left = scalar; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = add(result, doubled);
    doubled = add(doubled, doubled);
    if (++steps % 32 === 0) yield;
  }
  return result;
}

const reversed = (bytes: string): string => [...bytes].reverse().join('');
const little = (bytes: string): bigint => integerOf(reversed(bytes));
const littleBytes = (value: bigint): string => reversed(bytesOfInteger(value, 32));

function encode([x, y, z]: Point): string {
  const inverse = power(z, P - 2n);
  return littleBytes(mod(y * inverse) | (mod(x * inverse) & 1n ? 2n ** 255n : 0n));
}

/** Decodes a point from 32 bytes; undefined if they are not one. */
function decode(bytes: string): Point | undefined {
  const value = little(bytes);
  const y = value & (2n ** 255n - 1n);
  if (bytes.length !== 32 || y >= P) return undefined;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * v ** 3n) * power(mod(u * v ** 7n), (P - 5n) / 8n);
  x = mod(x);
  if (mod(v * x * x) !== u) {
    if (mod(v * x * x) !== mod(-u)) return undefined;
    x = mod(x * ROOT_OF_MINUS_ONE);
  }
  const sign = value >> 255n;
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

const BASE = decode(`\x58${'\x66'.repeat(31)}`) as Point; // RFC 8032, section 5.1

type Digest = (bytes: string) => string;

/** The 32 bytes of the private key in a PKCS #8 structure (RFC 8410, section 7). */
export function ed25519KeyOf(der: string): string | undefined {
  const [, algorithm, key] = sequence(der) ?? [];
  if (algorithm?.content !== '\x06\x03\x2b\x65\x70' || key?.tag !== OCTET_STRING) return undefined;
  return key.content.length === 34 && key.content.startsWith('\x04\x20') ? key.content.slice(2) : undefined;
}

export function* ed25519Sign(secret: string, message: string, sha512: Digest): Work<string> {
  const hash = sha512(secret);
  const scalar = (little(hash.slice(0, 32)) & (2n ** 254n - 8n)) | (2n ** 254n);
  const key = encode(yield* times(scalar, BASE));
  const r = mod(little(sha512(hash.slice(32) + message)), ORDER);
  const point = encode(yield* times(r, BASE));
  const k = mod(little(sha512(point + key + message)), ORDER);
  return point + littleBytes(mod(r + k * scalar, ORDER));
}

/** Whether a signature holds; undefined if the key is not a point. */
export function* ed25519Verify(key: string, message: string, signature: string, sha512: Digest): Work<boolean | undefined> {
  const a = decode(key);
  if (a === undefined) return undefined;
  const r = decode(signature.slice(0, 32));
  const s = little(signature.slice(32));
  if (r === undefined || signature.length !== 64 || s >= ORDER) return false;
  const k = mod(little(sha512(signature.slice(0, 32) + key + message)), ORDER);
  return encode(yield* times(s, BASE)) === encode(add(r, yield* times(k, a)));
}
