/**
 * Hints for errors at run time: what the program probably meant, found from the error's text and the tree at its place. (Those for
 * text that does not parse are in parse-hints.ts.)
 *
 * Data in, a sentence out. A wrong hint costs more than none, so each rule tests what it claims: a name "is not defined" only
 * when nothing around the place binds it, a name is suggested only when it is in reach there. Sentences are ordinary text;
 * reasons and names in the tree are byte text.
 */
import type { Expr, Program } from '../syntax/ast.ts';
import { nodeAt } from '../syntax/ast-walk.ts';
import type { Source } from '../syntax/source.ts';
import { utf8Decode } from '../values/bytes.ts';
import { LIBRARIES, librariesWith, namesIn } from './library-index.ts';
import { nearest } from './nearest.ts';
import { type Binding, visibleNames } from './visible-names.ts';

/** Longer expressions are not repeated in a hint. */
const QUOTED_LENGTH = 30;

/** Builtins of the reference that do not exist here. */
const ABSENT = /^(?:req|ws_(?:dial|send|recv|close|listen))$/;

/** What is known about an error. */
export interface Scene {
  /** Byte text. */
  readonly reason: string;
  readonly source: Source;
  /** Null when there is no tree at hand; fewer hints then. */
  readonly program: Program | null;
  /** The place, in code points. */
  readonly at: number;
  /** Names that are in reach besides those the source binds: the builtins, what a session has defined. Byte text. */
  readonly names: readonly string[];
}

/** A sentence that may help, or null. */
export function hintFor(scene: Scene): string | null {
  const { reason } = scene;
  if (reason.endsWith(' is not a function and cannot be called')) return new Hints(scene).notAFunction();
  if (/^Out of memory: .* calls wait /.test(reason)) return 'a function that calls itself needs a case in which it does not';
  if (reason.endsWith(' is undefined')) return new Hints(scene).undefinedTarget();
  if (reason.startsWith('Expected string, list, or object in left-hand side of property access'))
    return new Hints(scene).noProperties();
  if (reason.startsWith('Cannot index into ')) return new Hints(scene).oddIndex();
  if (reason.startsWith('Could not open ')) return unknownImport(reason);
  if (reason.endsWith(' does not support a len() call')) return new Hints(scene).argument();
  if (reason.startsWith('List assignment index ')) return new Hints(scene).beyondTheEnd();
  if (/^go argument must be a function, got fn \S+ \{ <native fn> \}$/.test(reason))
    return 'put a function around the builtin: go(fn() …)';
  if (reason.startsWith('Unexpected argument to print: ')) return new Hints(scene).printed();
  if (/^(Cannot \S+ incompatible|Binary operator|Invalid binary operator) /.test(reason)) return new Hints(scene).operands();
  if (/^[-!~] is not a valid unary operator/.test(reason)) return new Hints(scene).operand();
  return null;
}

/** `Could not open PATH (.oak, .ok, .mag, .mg)`: a library's name with a typing mistake. */
function unknownImport(reason: string): string | null {
  const path = /^Could not open (.+) \(\.oak/s.exec(reason)?.[1];
  const library = path === undefined ? null : nearest(path, LIBRARIES);
  return library === null ? null : `the library is called \`${library}\``;
}

/** The rules for one error at run time. */
class Hints {
  readonly #scene: Scene;
  #names: Map<string, Binding[]> | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  notAFunction(): string | null {
    const call = this.#node('call');
    if (call === null) return null;
    const { callee } = call;
    if (this.#scene.reason.startsWith('? ')) return callee.kind === 'property' ? this.#member(callee) : this.#missing(callee);
    const { start, end } = call;
    const listOrText = /^['[]/.test(this.#scene.reason);
    if (!listOrText || callee.kind !== 'name' || call.args.length !== 1) return null;
    const item = call.args[0];
    const written = item === undefined || start > callee.start ? null : this.#written(item);
    return written === null || end < start ? null : `an item is read with a dot: ${utf8Decode(callee.name)}.(${written})`;
  }

  /** `name <- value` without such a name. */
  undefinedTarget(): string | null {
    const name = this.#scene.reason.slice(0, -' is undefined'.length);
    const meant = nearest(utf8Decode(name), new Set([...this.#visible().keys()].map(utf8Decode))); // nobody means a builtin
    if (meant !== null) return `did you mean \`${meant}\`?`;
    return `\`<-\` changes a variable that exists already; \`${utf8Decode(name)} := …\` makes one`;
  }

  /** `left.key` where left is neither string, list nor object. */
  noProperties(): string | null {
    const read = this.#node('property');
    if (read === null || !this.#scene.reason.endsWith(' got ?')) return null;
    if (read.object.kind === 'name') return this.#missing(read.object);
    const written = read.object.kind === 'property' ? this.#written(read.object) : null;
    return written === null ? null : `\`${written}\` is \`?\`: what it is read from has no such key`;
  }

  /** A key where an index is needed: `list.i` means the key 'i', not the value of i. */
  oddIndex(): string | null {
    const read = this.#node('property') ?? this.#target();
    if (read === null) return null;
    const { key } = read;
    if (key.kind === 'name') {
      const name = utf8Decode(key.name);
      if (this.#reachable().has(name))
        return `for the item at the index \`${name}\` write ${this.#written(read.object) ?? ''}.(${name})`;
      return null;
    }
    const { text } = this.#scene.source;
    if (key.kind === 'float' && [...text][key.start - 1] === '.')
      return `${this.#written(key) ?? 'this'} is one number: for an item of an item write .(1).(0)`;
    const index = key.kind === 'block' && key.body.length === 1 ? (key.body[0] ?? key) : key;
    const written = this.#written(index);
    return /index -?[\d.e+-]+$/.test(this.#scene.reason) && written !== null ? `an index is an int: .(int(${written}))` : null;
  }

  /** An assignment past the end of a list. */
  beyondTheEnd(): string | null {
    const list = this.#target()?.object;
    const written = list === undefined ? null : this.#written(list);
    return written === null ? null : `a new item goes to len(${written}), and nowhere beyond; ${written} << value puts it there`;
  }

  /** A builtin was given `?`: perhaps because its argument's name is not defined. */
  argument(): string | null {
    const given = this.#node('call')?.args[0];
    return this.#scene.reason.startsWith('? ') && given !== undefined ? this.#missing(given) : null;
  }

  printed(): string | null {
    const given = this.#node('call')?.args[0];
    const missing = given !== undefined && this.#scene.reason.endsWith(' ?') ? this.#missing(given) : null;
    if (missing !== null) return missing;
    const written = given === undefined ? null : this.#written(given);
    return `print takes a string: print(string(${written ?? '…'}))`;
  }

  operands(): string | null {
    const node = this.#node('binary');
    if (node === null) return null;
    const { op, left, right } = node;
    const { reason } = this.#scene;
    const values = /(?:values|floats) (.*)$/s.exec(reason)?.[1] ?? '';

    const unset = values.startsWith('?, ') ? left : values.endsWith(', ?') ? right : null;
    const missing = unset === null ? null : this.#missing(unset);
    if (missing !== null) return missing;
    if (unset !== null) {
      const written = unset.kind === 'null' ? null : this.#written(unset);
      return written === null ? null : `the ${unset === left ? 'left' : 'right'} side, ${written}, is \`?\``;
    }

    const a = this.#written(left);
    const b = this.#written(right);
    const leftIsText = values.startsWith("'");
    const rightIsText = values.endsWith("'");
    if (op === '+' && a !== null && b !== null) {
      if (leftIsText && !rightIsText) {
        const join = `to join them as text, write ${a} + string(${b})`;
        return /^'-?\d+', -?\d+$/.test(values) ? `${join}; to add them as numbers, int(${a}) + ${b}` : join;
      }
      if (/^-?\d/.test(values) && rightIsText) {
        const join = `to join them as text, write string(${a}) + ${b}`;
        return /, '-?\d+'$/.test(values) ? `${join}; to add them as numbers, ${a} + int(${b})` : join;
      }
    }
    if (op === '<<' && leftIsText && !rightIsText && b !== null) return `to append it as text, write << string(${b})`;
    if (/^'-?\d+', -?[\d.]+$/.test(values) && a !== null) return `to make a number of the string, write int(${a})`;
    if (/^-?[\d.]+, '-?\d+'$/.test(values) && b !== null) return `to make a number of the string, write int(${b})`;
    if (op === '+' && values.startsWith('[')) return 'xs << x adds an item to a list; std.join(xs, ys) makes one list of two';
    if ((op === '&' || op === '|') && /^(true|false), /.test(values)) {
      return `\`${op}\` between bools needs a bool on the right, too: a comparison, say`;
    }
    if (reason.startsWith('Invalid binary operator')) return `\`${op}\` is for ints: int(x) rounds down to one`;
    return null;
  }

  operand(): string | null {
    const node = this.#node('unary');
    if (node === null) return null;
    const value = /operator for (.*)$/s.exec(this.#scene.reason)?.[1] ?? '';
    const missing = value === '?' ? this.#missing(node.value) : null;
    if (missing !== null || node.op !== '!') return missing;
    const written = this.#written(node.value);
    if (written === null) return null;
    if (value === '?') return `\`!\` is for bools: to test for \`?\`, write ${written} = ?`;
    if (/^-?\d/.test(value)) return `\`!\` is for bools: to test for zero, write ${written} = 0`;
    if (value.startsWith("'")) return `\`!\` is for bools: to test for an empty string, write ${written} = ''`;
    return null;
  }

  #node<K extends Expr['kind']>(kind: K): Extract<Expr, { kind: K }> | null {
    const { program, at } = this.#scene;
    return program === null ? null : nodeAt(program, at, kind);
  }

  /** The property that the assignment at the place writes to. */
  #target(): Extract<Expr, { kind: 'property' }> | null {
    const target = this.#node('assign')?.target;
    return target?.kind === 'property' ? target : null;
  }

  #visible(): Map<string, Binding[]> {
    const { program, at } = this.#scene;
    this.#names ??= program === null ? new Map<string, Binding[]>() : visibleNames(program, at);
    return this.#names;
  }

  /** All names in reach, as ordinary text. */
  #reachable(): Set<string> {
    return new Set([...this.#visible().keys(), ...this.#scene.names].map(utf8Decode));
  }

  /** Why a name is `?`; null when it is no name or when the source does not tell. */
  #missing(node: Expr): string | null {
    if (node.kind !== 'name') return null;
    const name = utf8Decode(node.name);
    const bindings = this.#visible().get(node.name);
    if (bindings !== undefined) return bindings.every(({ lasting }) => lasting) ? this.#notYet(name, bindings) : null;
    if (this.#scene.names.includes(node.name)) return null;

    if (ABSENT.test(name))
      return `this runtime has no HTTP and no WebSockets; TCP and TLS are in socket: socket := import('socket')`;
    if (LIBRARIES.includes(name)) return `\`${name}\` is a library: ${name} := import('${name}')`;
    const homes = librariesWith(name);
    const [home] = homes;
    if (home !== undefined) {
      const at = this.#moduleName(homes);
      if (at !== null) return `\`${name}\` is in ${at.library}: write ${at.name}.${name}`;
      if (homes.length > 1) return `\`${name}\` is not defined here; there is one in each of ${homes.join(', ')}`;
      return `\`${name}\` is in ${home}: { ${name}: ${name} } := import('${home}')`;
    }
    const meant = nearest(name, this.#reachable());
    return meant === null ? `\`${name}\` is not defined here` : `\`${name}\` is not defined here; did you mean \`${meant}\`?`;
  }

  /** All that binds the name gives it a value that is not `?`, so none of it has run. */
  #notYet(name: string, bindings: readonly Binding[]): string {
    const start = Math.min(...bindings.map((binding) => binding.start));
    const { line } = this.#scene.source.lineAndColumn(start);
    return `\`${name}\` is defined on line ${line}, which has not run yet`;
  }

  /** The name under which the source has imported one of these libraries. */
  #moduleName(libraries: readonly string[]): { name: string; library: string } | null {
    for (const [name, bindings] of this.#visible()) {
      const library = bindings.find(({ imports }) => imports !== null && libraries.includes(imports))?.imports;
      if (typeof library === 'string') return { name: utf8Decode(name), library };
    }
    return null;
  }

  /** `module.name(...)` where the module has no such name. */
  #member(callee: Extract<Expr, { kind: 'property' }>): string | null {
    const { object, key } = callee;
    if (key.kind !== 'name') return null;
    const name = utf8Decode(key.name);
    const written = this.#written(object);
    const library =
      object.kind === 'name'
        ? this.#visible()
            .get(object.name)
            ?.find(({ imports }) => imports !== null)?.imports
        : null;
    if (typeof library !== 'string') return written === null ? null : `there is no \`${name}\` in ${written}`;

    const meant = nearest(name, namesIn(library));
    if (meant !== null) return `there is no \`${name}\` in ${library}; did you mean \`${meant}\`?`;
    const [home] = librariesWith(name);
    return `there is no \`${name}\` in ${library}${home === undefined || home === library ? '' : `; there is one in ${home}`}`;
  }

  /** An expression as it was written, when it is short and on one line. */
  #written(node: Expr): string | null {
    if (node.end - node.start > QUOTED_LENGTH) return null;
    const text = [...this.#scene.source.text].slice(node.start, node.end).join('');
    return text.includes('\n') ? null : text;
  }
}
