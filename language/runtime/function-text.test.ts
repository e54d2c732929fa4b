import { describe, expect, it } from '@jest/globals';
import { Source } from '../syntax/source.ts';
import type { Fn } from '../values/values.ts';
import { functionName, functionText } from './function-text.ts';
import { display } from './render.ts';
import { registerUnit, reservePositions, type Unit } from './units.ts';

/** A unit with this text, and a function that claims to be made at the first `keyword` after `mark` in it. */
function unitOf(text: string): { unit: Unit; made: (mark: string) => Fn } {
  const source = new Source('/demo.oak', text);
  const base = reservePositions(text.length);
  const unit: Unit = { base, length: text.length, script: `demo-${base}`, source: () => source, calls: () => [] };
  registerUnit(unit);
  const made = (mark: string): Fn => {
    const fn: Fn = () => null;
    Object.defineProperty(fn, 'name', { value: `name$${base + text.indexOf(mark)}` });
    return fn;
  };
  return { unit, made };
}

describe('functions as text', () => {
  const { made } = unitOf("x := 1\nfn add(a, b...) a + 1\ng := fn(_) 'q'\ncs P(x) { a: x }\nh := fn inner() fn() 2\n");

  it('a function shows its syntax tree and knows its name', () => {
    expect(functionText(made('fn add'))).toBe('fn add(a, b...) (a + 1)');
    expect(functionName(made('fn add'))).toBe('add');
    expect(display([made('fn add')])).toBe('[fn add(a, b...) (a + 1)]');
  });

  it('an anonymous function has no name', () => {
    expect(functionText(made('fn(_)'))).toBe('fn() "q"');
    expect(functionName(made('fn(_)'))).toBe('');
  });

  it('tells a nested function from the one around it', () => {
    expect(functionText(made('fn inner'))).toBe('fn inner() fn() 2');
    expect(functionText(made('fn() 2'))).toBe('fn() 2');
  });

  it('a class shows its syntax tree, too', () => {
    expect(functionText(made('cs P'))).toBe('cs P(x) { a: x }');
    expect(functionName(made('cs P'))).toBe('P');
  });

  it('a builtin has only its name', () => {
    const native: Fn = () => null;
    Object.defineProperty(native, 'name', { value: 'print' });
    expect([functionText(native), functionName(native)]).toEqual(['fn print { <native fn> }', 'print']);
  });
});
