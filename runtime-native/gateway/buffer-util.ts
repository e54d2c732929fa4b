/**
 * What `ws` looks for under the name `bufferutil`: pages mask all that they send (RFC 6455, section 5.3), and taking the mask away byte by
 * byte was a third of what a gateway did. Here it goes in words of four bytes.
 */

/** Takes the mask away, in place. */
export function unmask(bytes: Uint8Array, mask: Uint8Array): void {
  const head = Math.min(-bytes.byteOffset & 3, bytes.length); // up to where words are aligned
  const count = (bytes.length - head) >> 2;
  for (let i = 0; i < head; i++) xor(bytes, i, mask, i);
  if (count > 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, count);
    const turned = Uint8Array.from({ length: 4 }, (_, i) => mask[(head + i) & 3] as number); // it has four
    const [word] = new Uint32Array(turned.buffer) as unknown as [number];
    for (let i = 0; i < count; i++) words[i] = (words[i] as number) ^ word; // in range
  }
  for (let i = head + 4 * count; i < bytes.length; i++) xor(bytes, i, mask, i);
}

/** Puts a mask over what a client sends. */
export function mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) {
    output[offset + i] = source[i] as number; // within bounds
    xor(output, offset + i, key, i);
  }
}

function xor(bytes: Uint8Array, at: number, mask: Uint8Array, turn: number): void {
  bytes[at] = (bytes[at] as number) ^ (mask[turn & 3] as number); // both in range
}
