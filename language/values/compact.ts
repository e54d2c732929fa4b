/** Objects of which there are very many, in as little memory as they need. */
import { getKey, keysOf, Obj, type Value } from './values.ts';

/** Keys of objects that are kept small. V8 puts those of a larger one elsewhere. */
const FEW_KEYS = 6;

/** Constructors of objects with so many keys, for whose values V8 has room inside of them, and no more. */
const constructors: { new (): Obj }[] = [];

/** V8 decides about the room from the first objects that a constructor makes. */
const SAMPLES = 16;

function constructorFor(keys: number): { new (): Obj } {
  for (let count = constructors.length; count <= keys; count++) {
    const made = function Obj() {} as unknown as { new (): Obj; prototype: Obj };
    made.prototype = Obj.prototype;
    for (let i = 0; i < SAMPLES; i++) {
      const sample = new made();
      for (let key = 0; key < count; key++) sample[`key${key}`] = i;
    }
    constructors.push(made);
  }
  return constructors[keys] as { new (): Obj }; // made now at the latest
}

/** A copy of an object that nobody has seen yet; the object itself if a copy would not be smaller. */
export function compactObject(object: Obj): Obj {
  const keys = keysOf(object);
  if (keys.length > FEW_KEYS) return object;
  const made = new (constructorFor(keys.length))();
  for (const key of keys) made[key] = getKey(object, key) as Value; // its own key
  return made;
}
