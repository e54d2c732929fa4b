import { compactObject } from './compact.ts';
import { keysOf, Obj, obj, setKey } from './values.ts';

describe('a compact copy of an object', () => {
  for (const count of [0, 1, 5, 6, 7, 20]) {
    it(`of ${count} keys is that object, and can grow`, () => {
      const given = obj(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
      const copy = compactObject(given);
      expect(copy).toBeInstanceOf(Obj);
      expect(Object.getPrototypeOf(copy)).toBe(Obj.prototype);
      expect(keysOf(copy)).toEqual(keysOf(given));
      for (let i = 0; i < 100; i++) setKey(copy, `more${i}`, i);
      expect(keysOf(copy)).toHaveLength(count + 100);
    });
  }
});
