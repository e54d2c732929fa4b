/** For tests: random programs about numbers at the edges of how the runtime holds them. */
import type { Random } from './random-program.ts';

/** Where ints change their form (small, safe, 64 bits), and floats that are integral or nearly so. */
const INTS = ['0', '1', '2147483648', '4294967296', '9007199254740991', '9007199254740992', '9223372036854775807'];
const FLOATS = ['0.0', '1.0', '2.5', '0.5', '2147483648.0', '9007199254740992.0', '9007199254740993.0', '1e300', '0.1'];
const SHIFTS = ['', '', ' + 1', ' - 1', ' - 2', ' + 2', ' * 2', ' / 2', ' * -1'];

/** Programs that calculate: straight on, in loops over small ints, and in loops whose sums leave the small ints. */
export class NumberProgram {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  text(): string {
    const random = this.#random;
    const names = ['a', 'b', 'c', 'd'];
    const lines = names.map((name) => `${name} := ${this.#start()}`);
    lines.push('id := fn(x) x', 'o := {x: a, y: b}', 'l := [a, b, c]');
    for (let left = 2 + random.below(5); left > 0; left--)
      lines.push(`p(${this.#tree(1 + random.below(3), [...names, 'o.x', 'l.1'])})`);
    const turns = 2 + random.below(12);
    const inside = ['i', 's', 't', ...(random.chance(0.3) ? ['a'] : [])];
    const next = (): string => this.#tree(1 + random.below(2), inside);
    const step = random.pick(['i + 1', 'i + 1', '1 + i', 'i - -1']);
    const body = `{ p([s, t]), [s, t] }`;
    lines.push(
      `loop := fn(i, s, t) if i ${random.pick(['>', '>=', '='])} ${turns} { true -> ${body}, _ -> loop(${step}, ${next()}, ${next()}) }`,
      `loop(0, ${this.#start()}, ${this.#start()})`,
      `fn sum(i, s) if { i > ${turns} -> s, _ -> sum(i + 1, s ${random.pick(['+', '-', '*'])} ${random.pick(['i', '(i + 1)', 'i * i'])}) }`,
      `p(sum(0, ${this.#start()}))`,
    );
    // A counter that passes an edge, and an index that does; reading a list at a float is an error.
    lines.push(
      `fn count(i, j, n) if n { 0 -> [i, j], _ -> { p(l.(j)), count(i ${random.pick(['+ 1', '- 1', '+ 65536'])}, ${this.#tree(1, ['i', 'j'])}, n - 1) } }`,
      `p(count(${this.#start()}, ${random.pick(['0', '1', '65536', this.#start()])}, ${turns}))`,
    );
    lines.push(...this.#locals());
    return `${lines.join('\n')}\n`;
  }

  /** A function whose variables may hold floats without objects: they go on into arithmetic, calls, comparisons and lists. */
  #locals(): string[] {
    const random = this.#random;
    const tree = (names: readonly string[]): string => {
      const [left, right] = [
        this.#tree(random.below(2), names),
        random.chance(0.3) ? `id(${random.pick(names)})` : this.#tree(1, names),
      ];
      return `${left} ${random.pick(['+', '-', '*', '*', '/'])} ${random.chance(0.5) ? `(${right} * 0.5)` : right}`;
    };
    const uses = [
      'p(NAME)',
      'p([NAME, NAME])',
      'p(NAME > 1)',
      'p(-NAME)',
      'p(NAME = 0.5)',
      'o.x := NAME',
      'p(fn() NAME)',
      'p(l.(NAME))',
    ];
    const body: string[] = [];
    const known = ['a', 'b', 'c'];
    for (const name of ['x', 'y', 'z', 'w'].slice(0, 2 + random.below(3))) {
      body.push(`${name} := ${tree(known)}`);
      known.push(name, name);
      if (random.chance(0.4)) body.push(random.pick(uses).replaceAll('NAME', name));
      if (random.chance(0.15)) body.push(`${name} <- ${tree(known)}`);
    }
    body.push(
      `p(o.x * ${known.at(-1)})`,
      random.chance(0.5) ? `if ${known.at(-1)} > 3 { true -> ${tree(known)}, _ -> x }` : tree(known),
    );
    return [
      `fn local(a, b, c) { ${body.join(', ')} }`,
      ...Array.from({ length: 3 }, () => `p(local(${this.#start()}, ${this.#start()}, ${this.#start()}))`),
    ];
  }

  #start(): string {
    const random = this.#random;
    if (random.chance(0.3)) return random.pick(FLOATS);
    return `(${random.chance(0.3) ? '0 - ' : ''}${random.pick(INTS)}${random.pick(SHIFTS)})`;
  }

  #tree(depth: number, names: readonly string[]): string {
    const random = this.#random;
    if (depth === 0 || random.chance(0.1))
      return random.chance(0.75) ? random.pick(names) : random.pick(['1', '2', '3', '-1', '1.0', '0.5', '65536']);
    if (random.chance(0.05)) return `(-${random.pick(names)})`;
    const [left, right] = [this.#tree(depth - 1, names), this.#tree(depth - 1, names)];
    const op = random.chance(0.8)
      ? random.pick(['+', '-', '*'])
      : random.pick(['/', '%', '<', '>=', '=', '==', '&', '|', '^', '>>']);
    return `(${left} ${op} ${right})`;
  }
}
