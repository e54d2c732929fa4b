import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mask, unmask } from './buffer-util.ts';

it('a mask is put on and taken away, wherever the bytes begin', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(7),
      (bytes, key, offset) => {
        const room = new Uint8Array(offset + bytes.length + 3);
        mask(bytes, key, room, offset, bytes.length);
        const masked = room.subarray(offset, offset + bytes.length);
        expect([...masked]).toEqual([...bytes].map((byte, i) => byte ^ (key[i & 3] ?? 0)));
        unmask(masked, key);
        expect([...room]).toEqual([...new Uint8Array(offset), ...bytes, 0, 0, 0]);
      },
    ),
  );
});
