import { Writable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { isLongText, writeLongText } from './long-text.ts';

it('a buffer is not used again before its bytes are taken', async () => {
  const taken: string[] = [];
  const buffers = new Set<ArrayBufferLike>();
  const slow = new Writable({
    decodeStrings: false,
    write(chunk: Buffer, _encoding, done) {
      buffers.add(chunk.buffer);
      const take = () => {
        taken.push(chunk.toString('latin1'));
        done();
      };
      if (taken.length % 3 === 2) take();
      else setImmediate(take);
    },
  });
  const texts = Array.from({ length: 40 }, (_, i) => String.fromCharCode(0x80 + i).repeat(2 ** 18 + i));
  for (const text of texts) {
    expect(isLongText(text)).toBe(true);
    if (!writeLongText(slow, text)) await new Promise((done) => slow.once('drain', done));
  }
  await new Promise<void>((done) => slow.end(done));
  expect(taken.map((text) => [text.length, text[0]])).toEqual(texts.map((text) => [text.length, text[0]]));
  expect(taken).toEqual(texts);
  expect(buffers.size).toBeLessThan(5);
});

it('a buffer of a stream that was destroyed is not used again', async () => {
  let held: Buffer | undefined;
  const stuck = new Writable({
    write(chunk: Buffer) {
      held ??= chunk;
    },
  });
  stuck.on('error', () => {});
  writeLongText(stuck, 'a'.repeat(2 ** 18));
  stuck.destroy(new Error('gone'));
  await new Promise((done) => stuck.once('close', done));
  const other = new Writable({ write: (_chunk, _encoding, done) => done() });
  for (let i = 0; i < 6; i++) writeLongText(other, 'b'.repeat(2 ** 18));
  expect(held?.includes('b')).toBe(false);
});
