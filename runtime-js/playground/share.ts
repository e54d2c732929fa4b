/**
 * Programs in links: `#code=...&network=memory`. The source is compressed and follows the `#`, which browsers keep to
 * themselves: no server sees it.
 */
import { LONGEST_PROGRAM } from './messages.ts';

export interface Shared {
  readonly text: string;
  readonly network: boolean;
}

/** What is behind the `#` of a link to a program. */
export async function toFragment({ text, network }: Shared): Promise<string> {
  const packed = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY);
  let bytes = '';
  for (const byte of packed) bytes += String.fromCharCode(byte);
  const code = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `#code=${code}${network ? '&network=memory' : ''}`;
}

/** The program of a link; null if it has none. Fails with a message for people if what it has is not a program. */
export async function fromFragment(fragment: string): Promise<Shared | null> {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const code = fields.get('code');
  if (code === null) return null;

  let bytes: Uint8Array;
  try {
    const packed = Uint8Array.from(atob(code.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    bytes = await through(packed, new DecompressionStream('deflate-raw'), 4 * LONGEST_PROGRAM);
  } catch (error) {
    if (error instanceof TooLong) throw new Error('The program in this link is too long.');
    throw new Error('This link is broken: a part of it is missing or was changed on the way.');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.length > LONGEST_PROGRAM) throw new TooLong();
    return { text, network: fields.get('network') === 'memory' };
  } catch (error) {
    throw new Error(error instanceof TooLong ? 'The program in this link is too long.' : 'What this link holds is no text.');
  }
}

class TooLong extends Error {}

/** All that comes out of a stream; little input can become a lot. */
async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  longest: number,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  writer.write(bytes).catch(() => {}); // reading fails with the same
  writer.close().catch(() => {});
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.readable.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    if (length <= longest) continue;
    reader.cancel().catch(() => {});
    throw new TooLong();
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
