/**
 * For tests: random numbers, and random programs made of what is hard to compile right. The same seed makes the same ones.
 *
 * Programs print with a builtin `p`, which returns its argument. They end: what could go on for ever asks `spent`.
 */

import { seededRandom } from '../runtime/seeded-random.ts';

export class Random {
  /** At least 0, less than 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** 0 to `end` - 1; 0 for an `end` of 0. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T; // nothing is picked from an empty list
  }

  /** At least `least` and less than `end` texts, separated by commas. */
  list(least: number, end: number, make: () => string): string {
    return Array.from({ length: least + this.below(end - least) }, make).join(', ');
  }
}

const NAMES = ['a', 'b', 'c', 'f', 'g', 'A', 'x', 'len'];
/** The most expressions of a program. */
const MOST_EXPRESSIONS = 220;

/** Programs about scopes: few names, bound and overwritten everywhere, read before they are set, captured by closures. */
export class ScopeProgram {
  readonly #random: Random;
  #expressions = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  text(): string {
    const random = this.#random;
    const lines = [
      `budget := ${random.pick([20, 60, 150])}`,
      'spent := fn() { budget <- budget - 1, budget < 0 }',
      't := fn(f, xs...) if { spent() -> ?, type(f) = :function -> f(xs...), _ -> f }',
    ];
    for (const name of NAMES.slice(0, 7)) if (random.chance(0.6)) lines.push(`${name} := ${this.#atom()}`);
    for (let left = 2 + random.below(6); left > 0; left--) lines.push(this.#statement(random.pick([3, 4, 4, 5])));
    for (const name of NAMES) lines.push(`p(${name})`);
    return `${lines.join('\n')}\n`;
  }

  #name(): string {
    return this.#random.pick(NAMES);
  }

  #atom(): string {
    const random = this.#random;
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
        return String(random.below(4));
      case 3:
        return random.pick(["'s'", "'xy'", "''"]);
      case 4:
        return random.pick([':a', ':b']);
      case 5:
        return random.pick(['true', 'false']);
      case 6:
        return '?';
      case 7:
        return random.pick(['_', '1.5', '1.0', '9007199254740991', '-3']);
      default:
        return this.#name();
    }
  }

  #statements(depth: number): string {
    return this.#random.list(1, 4, () => this.#statement(depth));
  }

  #statement(depth: number): string {
    const random = this.#random;
    const some = (): string => this.#expression(depth - 1);
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        return `${this.#name()} := ${this.#expression(depth)}`;
      case 3:
      case 4:
        return `${this.#name()} <- ${this.#expression(depth)}`;
      case 5: {
        const pattern = `[${this.#name()}, ${random.pick(['_', this.#name()])}]`;
        return `${pattern} ${random.pick([':=', '<-'])} ${random.chance(0.8) ? `[${some()}, ${some()}]` : some()}`;
      }
      case 6: {
        const key = random.pick(['a', 'b', `(${this.#body(depth - 1)})`, "'k'"]);
        const pattern = `{${key}: ${this.#name()}, b: ${random.pick(['_', this.#name()])}}`;
        return `${pattern} ${random.pick([':=', '<-'])} ${random.pick([`{a: ${some()}, b: ${some()}}`, `[${some()}]`])}`;
      }
      case 7:
        return this.#function(depth, true);
      case 8:
        return this.#class(depth);
      case 9:
        return `p(${this.#expression(depth)})`;
      case 10:
        return `if ${this.#condition(depth - 1)} -> ${this.#body(depth - 1)}`;
      default:
        return this.#expression(depth);
    }
  }

  #body(depth: number): string {
    if (this.#random.chance(0.5)) return `{ ${this.#statements(depth)} }`;
    return this.#random.chance(0.3) ? `(${this.#statements(depth)})` : this.#expression(depth);
  }

  #params(): string {
    const params = this.#random.list(0, 4, () => (this.#random.chance(0.1) ? '_' : this.#name()));
    if (!this.#random.chance(0.2)) return params;
    return `${params === '' ? '' : `${params}, `}${this.#name()}...`;
  }

  #function(depth: number, named: boolean): string {
    const name = named ? this.#name() : '';
    if (named && this.#random.chance(0.3)) return `fn ${name}(${this.#params()}) ${this.#loop(name, depth - 2)}`;
    return `fn ${name}(${this.#params()}) ${this.#random.chance(0.05) ? '{}' : this.#body(depth - 1)}`;
  }

  /** A body that calls its function in tail position. */
  #loop(name: string, depth: number): string {
    const random = this.#random;
    const some = (): string => this.#expression(depth);
    let args = random.list(0, 4, some);
    if (random.chance(0.15)) args += `${args === '' ? '' : ', '}[${some()}]...`;
    const call = random.chance(0.85) ? `${name}(${args})` : `${some()} |> ${name}(${args})`;
    const choice = `if ${this.#condition(depth)} { ${this.#atom()} -> ${call}, _ -> ${random.chance(0.5) ? call : some()} }`;
    const next = random.pick([call, `{ ${this.#statement(depth)}, ${call} }`, `{ ${this.#name()} := ${some()}, ${choice} }`]);
    return `if { spent() -> ${some()}, _ -> ${next} }`;
  }

  #class(depth: number): string {
    const random = this.#random;
    const some = (): string => this.#expression(depth - 1);
    const head = `cs ${random.pick(['A', 'A', 'x', 'f'])}(${this.#params()})`;
    switch (random.below(4)) {
      case 0:
        return `${head} { ${random.list(1, 4, () => `${this.#name()} := ${some()}`)} }`;
      case 1: {
        const statics = random.list(0, 3, () => this.#statement(depth - 1));
        const parent = random.pick([`{a: ${some()}}`, `fn(${this.#params()}) {b: ${some()}}`, '']);
        const own = random.pick([`{c: ${some()}}`, '?', `{ ${this.#name()} := ${some()} }`]);
        return `${head} { ${statics === '' ? '' : `${statics}, `}(${parent}) -> ${own} }`;
      }
      default:
        return `${head} ${this.#body(depth - 1)}`;
    }
  }

  /** In parentheses, unless it is a word. */
  #condition(depth: number): string {
    const text = this.#expression(depth);
    return /^[\w?:']+$/.test(text) ? text : `(${text})`;
  }

  #arms(depth: number): string {
    const random = this.#random;
    const target = (): string => (random.chance(0.6) ? this.#atom() : this.#expression(depth - 2));
    const arms = random.list(1, 4, () => `${random.list(1, 3, target)} -> ${this.#body(depth - 1)}`);
    return random.chance(0.6) ? `${arms}, _ -> ${this.#body(depth - 1)}` : arms;
  }

  #expression(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || ++this.#expressions > MOST_EXPRESSIONS) return this.#atom();
    const some = (): string => this.#expression(depth - 1);
    switch (random.below(29)) {
      case 0:
        return `[${some()}, ${some()}]`;
      case 1:
        return `{a: ${some()}, ${random.pick(['b', '(b)', "('k')", '3'])}: ${some()}}`;
      case 2:
        return `{ ${this.#statements(depth - 1)} }`;
      case 3:
        return `(${this.#statements(depth - 1)})`;
      case 4:
      case 5:
        return `(if ${random.chance(0.3) ? '' : this.#condition(depth - 1)} { ${this.#arms(depth)} })`;
      case 6:
        return `(${this.#function(depth, false)})`;
      case 7:
        return `(${this.#function(depth, true)})`;
      case 8:
        return `(${this.#class(depth)})`;
      case 9:
      case 10:
      case 11:
        return `t(${this.#name()}${random.chance(0.3) ? '' : `, ${random.list(1, 3, some)}`})`;
      case 12:
        return `t(${some()}, ${some()})`;
      case 13:
        return `t(${this.#name()}, [${some()}, ${some()}]...)`;
      case 14:
        return `${this.#name()} |> t(${some()})`;
      case 15:
        return `(with t(${this.#name()}) ${random.chance(0.5) ? this.#name() : this.#function(depth - 1, random.chance(0.5))})`;
      case 16:
        return `[${some()}, ${some()}].${random.pick(['0', '1', '2'])}`;
      case 17:
        return `{a: ${some()}}.${random.pick(['a', 'b', "('a')"])}`;
      case 18:
        return `(${some()} ${random.pick(['=', '==', '!='])} ${some()})`;
      case 19:
        return `((${this.#name()} = ${this.#atom()}) ${random.pick(['&', '|', '+', '*'])} (${some()} = ${some()}))`;
      case 20:
        return `(${random.below(5)} ${random.pick(['+', '-', '*', '%', '<', '<=', '/'])} ${1 + random.below(4)})`;
      case 21:
        return `([${some()}] << ${this.#condition(depth - 1)})`;
      case 22:
        return `(${this.#name()} ${random.pick([':=', '<-'])} ${some()})`;
      case 23:
        return `p(${some()})`;
      case 24:
        return `{ x := {}, x.a := ${some()}, x.(${this.#condition(depth - 1)}) := ${some()} }`;
      case 25:
        return `len([${some()}])`;
      case 26:
        return `(string(${some()}).0 = 's')`;
      case 27:
        return random.chance(0.1) ? this.#risky(depth - 1) : `!(${some()} = ${some()})`;
      default:
        return this.#atom();
    }
  }

  /** What mostly ends the program with an error. */
  #risky(depth: number): string {
    const random = this.#random;
    const some = (): string => this.#expression(depth);
    switch (random.below(4)) {
      case 0:
        return `${this.#name()}(${some()})`;
      case 1:
        return `${this.#name()}.a`;
      case 2:
        return `(${some()} ${random.pick(['+', '-', '*', '/', '%', '<', '&', '|', '^', '<<', '>>', '**'])} ${some()})`;
      default:
        return `(${random.pick(['-', '!', '~'])}${this.#condition(depth)})`;
    }
  }
}

const NUMBERS = [
  '0',
  '1',
  '2',
  '7',
  '-3',
  '0.0',
  '-0.0',
  '1.5',
  '2.0',
  '-2.5',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740993',
  '9223372036854775807',
  '4611686018427387904',
  '1e308',
  '1e-308',
  '-1',
  '63',
  '64',
  '4294967296',
  "float('nan')",
  "float('inf')",
];
const OTHERS = ["'ab'", "'x'", "''", "'a'", 'true', 'false', '?', '_', ':a', '[1, 2]', '{x: 1}', 'fn() 1'];
const OPERANDS = [
  '1',
  '2',
  '3',
  '0',
  '0.5',
  '1.5',
  '2.0',
  '9007199254740991',
  '2862933555777941757',
  "'a'",
  '255',
  '1e300',
  '4294967295',
];
const READS = [
  'o.x',
  'o.y',
  'q.x.y',
  'o.nope',
  'o.type',
  'o.length',
  'o.value',
  'o.name',
  'a.x',
  'q.raw',
  'o.constructor',
  'f.name',
];
const INDEXES = ['l.0', 'l.(i)', 'l.(j)', 'l.1', 'l.9', 'q.x.z.(i)', 'l.(a)', 's.(i)', 's.0', 's.(j)', 's.7'];
const TARGETS = [
  'o.x',
  'l.(i)',
  'l.(j)',
  's.(j)',
  'o.(a)',
  'a.x',
  'l.0',
  'o.constructor',
  "o.'__proto__'",
  'q.x.y',
  'f.x',
  'o.type',
];
const TESTS = [
  "if s.(i) { 'a' -> 1, 'b', 'x' -> 2, _ -> 3 }",
  'if a { 1, 2 -> :x, 1.5 -> :y, b -> :z, _ -> :n }',
  'if { a = b -> 1, a < b -> 2, _ -> 3 }',
  "if s.0 { 'a' -> :q }",
  'if o.x { 1 -> 1, 1.5 -> 2, b -> 3 }',
  "s.(i) = 'a'",
  "s.(j) != 'b'",
  'codepoint(s.(i))',
  'codepoint(l.(i))',
  'len(s)',
  'len(a)',
  'len(o)',
  'codepoint(a)',
  "l.(i) = 'a'",
  "s.(a) == 'b'",
  "[s.i == 'a', 'a' == s.0]",
  "if l.(i) { 'a' -> 1, 'xy' -> 2, _ -> 0 }",
  "if l.(i) { 'a' -> 1, 'x' -> 2 }",
  'string(a) + string(b)',
  'int(a)',
  'float(b)',
  'type(c)',
];

/** Programs about operators and property access, which emitted code does in place for the common kinds of values. */
export class OperatorProgram {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  text(): string {
    const random = this.#random;
    const value = (): string => this.#value();
    const lines = ['f := fn(x) { n <- n + 1, x }', 'n := 0'];
    for (const name of ['a', 'b', 'c', 'd']) lines.push(`${name} := ${value()}`);
    lines.push(`i := ${random.pick(['0', '1', '5', '-1', '1.0', '?', 'true'])}`, `j := ${random.below(3)}`);
    lines.push(`o := {x: ${value()}, y: ${value()}, type: ${value()}, length: ${value()}}`);
    lines.push(
      `q := {x: {y: ${value()}, z: [${value()}, ${value()}]}, raw: ${value()}}`,
      `l := [${value()}, ${value()}, ${value()}]`,
    );
    lines.push(`s := ${random.pick(["'abx'", "'a'", "''", "'\\xff'", '[1]'])}`);
    const body = random.list(4, 6, () => this.#line());
    if (random.chance(0.5))
      lines.push(`g := fn(a, b, c, d) { ${body}, [a, b, c, d] }`, `p(g(${value()}, ${value()}, ${value()}, ${value()}))`);
    else lines.push(body);
    lines.push('p([a, b, c, d, o, q, l, s, n])');
    return `${lines.join('\n')}\n`;
  }

  #value(): string {
    return this.#random.pick(this.#random.chance(0.8) ? NUMBERS : OTHERS);
  }

  #line(): string {
    const random = this.#random;
    if (random.chance(0.15)) return `${random.pick(TARGETS)} ${random.pick([':=', '<-'])} ${this.#tree(1)}`;
    if (random.chance(0.1))
      return `p(if ${this.#tree(1)} { ${this.#tree(1)} -> 1, ${this.#tree(1)}, ${this.#tree(0)} -> 2, _ -> 4 })`;
    return `p(${random.chance(0.3) ? random.pick(TESTS) : this.#tree(random.below(4))})`;
  }

  #tree(depth: number): string {
    const random = this.#random;
    if (depth === 0 || random.chance(0.15)) return this.#leaf();
    if (random.chance(0.05)) return `(${random.pick(['-', '-', '!', '~'])}${this.#tree(0)})`;
    const others = ['%', '**', '<', '<=', '>', '>=', '=', '==', '!=', '&', '|', '^', '<<', '>>'];
    const op = random.chance(0.75) ? random.pick(['+', '-', '*', '/']) : random.pick(others);
    return `(${this.#tree(depth - 1)} ${op} ${this.#tree(depth - 1)})`;
  }

  #leaf(): string {
    const random = this.#random;
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        return random.pick(['a', 'b', 'c', 'd']);
      case 3:
        return random.pick(READS);
      case 4:
        return random.pick(INDEXES);
      case 5:
        return `f(${random.pick(['a', 'b', 'c'])})`;
      case 6:
        return `(${random.pick(['a', 'b', 'c'])} := ${this.#value()})`;
      case 7:
        return `(${random.pick(['a', 'b'])} <- ${random.pick(OPERANDS)})`;
      default:
        return random.pick(OPERANDS);
    }
  }
}
