import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromFragment, toFragment } from './share.ts';

const link = (bytes: Buffer): string => `#code=${deflateRawSync(bytes).toString('base64url')}`;

describe('a link', () => {
  it('carries any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.boolean(), async (text, network) => {
        expect(await fromFragment(await toFragment({ text, network }))).toEqual({ text, network });
      }),
      { numRuns: 50 },
    );
  });

  it('needs no program', async () => {
    expect(await fromFragment('')).toBe(null);
    expect(await fromFragment('#output')).toBe(null);
  });

  for (const [name, fragment, reason] of [
    ['with wrong letters', '#code=%%%', /broken/],
    ['cut short', `${link(Buffer.from('print(1)'.repeat(9))).slice(0, -4)}`, /broken/],
    ['of nothing', '#code=', /broken/],
    ['of bytes', link(Buffer.from([0xff, 0xfe])), /no text/],
    ['of little that becomes a lot', link(Buffer.alloc(20_000_000)), /too long/],
    ['of more than a program', link(Buffer.alloc(1_500_000, 'a')), /too long/],
  ] as const) {
    it(`${name} is reported to people`, async () => {
      await expect(fromFragment(fragment)).rejects.toThrow(reason);
    });
  }
});
