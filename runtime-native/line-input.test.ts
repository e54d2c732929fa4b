import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InputLine } from '../builtins/processes.ts';
import { LineInput } from './line-input.ts';

function next(input: LineInput): Promise<InputLine> {
  const ready = input.takeLine();
  return ready === null ? new Promise((resolve) => input.readLine(resolve)) : Promise.resolve(ready);
}

/** Everything that a stream of these chunks gives, up to the second end. */
async function all(chunks: readonly string[]): Promise<string[]> {
  const stream = new PassThrough();
  const input = new LineInput(() => stream);
  for (const chunk of chunks) stream.write(Buffer.from(chunk, 'latin1'));
  stream.end();
  const seen: string[] = [];
  for (let ends = 0; ends < 2; ) {
    const line = await next(input);
    if (line.kind === 'end') ends++;
    seen.push(line.kind === 'line' ? line.bytes : `${line.cause}:${line.bytes}`);
  }
  return seen;
}

describe('LineInput', () => {
  for (const [sent, expected] of [
    ['', ['EOF:', 'EOF:']],
    ['a\nb\n', ['a', 'b', 'EOF:', 'EOF:']],
    ['a\r\nb', ['a\r', 'EOF:b', 'EOF:']],
    ['\n\n', ['', '', 'EOF:', 'EOF:']],
    ['\xff\x00\n', ['\xff\x00', 'EOF:', 'EOF:']],
  ] as const) {
    it(`returns ${JSON.stringify(expected)} for ${JSON.stringify(sent)}`, async () => {
      expect(await all([sent])).toEqual(expected);
    });
  }

  it('ends at a line that is too long, and holds nothing of it', async () => {
    const stream = new PassThrough();
    const input = new LineInput(() => stream, 10);
    stream.write('short\n12345');
    expect(await next(input)).toEqual({ kind: 'line', bytes: 'short' });
    stream.write('678901');
    const end = { kind: 'end', bytes: '', cause: 'a line of more than 10 bytes' };
    expect(await next(input)).toEqual(end);
    stream.end('\nmore\n');
    expect(await next(input)).toEqual(end);
  });

  it('returns the same lines however the bytes are cut', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', '\n', '\r'), minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async (pieces) => {
        expect(await all(pieces)).toEqual(await all([pieces.join('')]));
      }),
    );
  });

  it('serves waiting reads in order, and reads nothing without one', async () => {
    const stream = new PassThrough();
    let opened = 0;
    const input = new LineInput(() => {
      opened++;
      return stream;
    });
    expect(input.takeLine()).toBeNull();
    expect(opened).toBe(0);
    const waiting = [1, 2, 3].map(() => next(input));
    stream.write('one\ntwo\nthree\nfour\n');
    expect((await Promise.all(waiting)).map(({ bytes }) => bytes)).toEqual(['one', 'two', 'three']);
    expect(stream.isPaused()).toBe(true);
    expect(input.takeLine()).toEqual({ kind: 'line', bytes: 'four' });
    expect(input.takeLine()).toBeNull();
    expect(opened).toBe(1);
  });

  it('tells why a stream broke', async () => {
    const stream = new PassThrough();
    const input = new LineInput(() => stream);
    const first = next(input);
    stream.write('half');
    stream.destroy(Object.assign(new Error('EISDIR: ...'), { code: 'EISDIR' }));
    expect(await first).toMatchObject({ kind: 'end', cause: 'read /dev/stdin: is a directory' });
  });
});
