/**
 * Hints for errors at run time: what the program probably meant, found from its kind, its facts and the tree at its place. (Those for
 * text that does not parse are in parse-hints.ts.)
 *
 * Data in, a sentence out. A wrong hint costs more than none, so each rule tests what it claims: a name "is not defined" only
 * when nothing around the place binds it, a name is suggested only when it is in reach there. Sentences are ordinary text;
 * names in facts and in the tree are byte text.
 */
import { briefText } from '../runtime/brief.ts';
import { type Facts, isNumber, type Mistake, type Operand } from '../runtime/mistakes.ts';
import type { CallExpr, Expr, FnExpr, Program, PropertyExpr } from '../syntax/ast.ts';
import { children, nodeAt } from '../syntax/ast-walk.ts';
import type { Source } from '../syntax/source.ts';
import { utf8Decode } from '../values/bytes.ts';
import { Float, getKey, isInt, isObject, Str } from '../values/values.ts';
import { callLesson, methodLesson, nameLesson } from './habits.ts';
import { type LibraryNames, librariesWith, namesIn, onlyInReference } from './library.ts';
import { nearest } from './nearest.ts';
import { type Binding, visibleNames } from './visible-names.ts';

/** Longer expressions are not repeated in a hint. */
const QUOTED_LENGTH = 30;

/** What is known about an error. */
export interface Scene {
  readonly mistake: Mistake;
  readonly source: Source;
  /** Null when there is no tree; fewer hints then. */
  readonly program: Program | null;
  /** The place, in code points. */
  readonly at: number;
  /** The call that the function around the place runs for, if it is known. */
  readonly runsFor?: CallExpr | null;
  /** Names that are in reach besides those the source binds: the builtins, what a session has defined. Byte text. */
  readonly names: readonly string[];
  readonly library: LibraryNames;
}

/** A sentence that may help, or null. */
export function hintFor(scene: Scene): string | null {
  const { code, facts } = scene.mistake;
  const hints = new Hints(scene);
  switch (code) {
    case 'not-callable':
      return hints.notCallable(facts.value);
    case 'undefined-name':
      return hints.undefinedTarget(facts.name);
    case 'no-properties':
      return hints.noProperties(facts.value);
    case 'index':
      return hints.oddIndex(facts);
    case 'assign-index':
      return facts.container instanceof Str ? null : hints.beyondTheEnd();
    case 'assign-to-nothing':
      return hints.assignedInNothing();
    case 'assign-to-value':
      return 'only strings, lists and objects have parts that can be assigned; an object is written {name: value}';
    case 'operands':
      return hints.operands(facts);
    case 'operand':
      return hints.operand(facts.value);
    case 'not-a-socket':
      return hints.notASocket(facts);
    case 'no-length':
      return isUnset(facts.value) ? hints.argument() : null;
    case 'argument':
      return hints.argumentOf(facts);
    case 'unknown-import':
      return unknownImport(facts.path, scene.library);
    case 'tls-credentials':
      return '`magnolia cert NAME` writes cert.pem and key.pem for a server, and ca.pem, which its clients take as `caFile`';
    case 'out-of-memory':
      return facts.calls === null ? null : 'a function that calls itself needs a case in which it does not';
    default:
      return null;
  }
}

/** A library of the reference, or a library's name with a typing mistake. */
function unknownImport(path: string, known: LibraryNames): string | null {
  const elsewhere = onlyInReference(known, path);
  if (elsewhere !== null) return elsewhere;
  const library = nearest(path, [...Object.keys(known.modules), ...Object.keys(known.aliases)]);
  return library === null ? null : `the library is called \`${library}\``;
}

function isUnset(value: Operand): boolean {
  return value === null || value === undefined;
}

/** Is this a string that `int()` reads? */
function isNumeral(value: Operand): boolean {
  return value instanceof Str && /^-?\d+$/.test(value.text);
}

/** A text of the program in a hint. */
function text(bytes: string): string {
  return utf8Decode(briefText(bytes));
}

/** The function that a place belongs to; null for the top level. */
function innermostFunction(program: Program, at: number): FnExpr | null {
  let found: FnExpr | null = null;
  let level: readonly Expr[] = program.body;
  while (level.length > 0) {
    const around = level.filter(({ start, end }) => start <= at && at < end);
    for (const node of around) if (node.kind === 'fn') found = node;
    level = around.flatMap(children);
  }
  return found;
}

/** The rules for one error at run time. */
class Hints {
  readonly #scene: Scene;
  #names: Map<string, Binding[]> | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  notCallable(value: Operand): string | null {
    const call = this.#node('call');
    if (call === null) return null;
    const { callee } = call;
    if (isUnset(value)) return this.#notThere(callee);
    const { start, end } = call;
    const listOrText = value instanceof Str || Array.isArray(value);
    if (!listOrText || callee.kind !== 'name' || call.args.length !== 1) return null;
    const item = call.args[0];
    const written = item === undefined || start > callee.start ? null : this.#written(item);
    return written === null || end < start ? null : `an item is read with a dot: ${utf8Decode(callee.name)}.(${written})`;
  }

  /** A callee that is `?`. */
  #notThere(callee: Expr): string | null {
    if (callee.kind === 'property') return this.#method(callee) ?? this.#member(callee);
    const lesson = callee.kind === 'name' && !this.#visible().has(callee.name) ? callLesson(utf8Decode(callee.name)) : null;
    return lesson ?? this.#missing(callee);
  }

  /** `name <- value` without such a name. */
  undefinedTarget(name: string): string | null {
    const meant = nearest(utf8Decode(name), new Set([...this.#visible().keys()].map(utf8Decode))); // a builtin is never meant
    if (meant !== null) return `did you mean \`${meant}\`?`;
    return `\`<-\` changes a variable that exists already; \`${utf8Decode(name)} := …\` makes one`;
  }

  /** `left.key` where left is neither string, list nor object. */
  noProperties(value: Operand): string | null {
    const read = this.#node('property');
    if (read === null) return null;
    if (isNumber(value)) return read.key.kind === 'name' ? this.#lesson('number', read) : null;
    if (typeof value === 'function') return this.#ofFunction(read.object);
    if (!isUnset(value)) return null;
    if (read.object.kind === 'name') return this.#missing(read.object);
    const written = read.object.kind === 'property' ? this.#written(read.object) : null;
    return written === null ? null : `\`${written}\` is \`?\`: what it is read from has no such key`;
  }

  /** A property is read of a function, which programs take for its result. */
  #ofFunction(object: Expr): string | null {
    const written = this.#written(object);
    return written === null ? null : `\`${written}\` is a function, and has no properties; ${written}(…) calls it`;
  }

  /** A key where an index is needed: `list.i` means the key 'i', not the value of i. */
  oddIndex({ container, key: given }: Facts['index']): string | null {
    const read = this.#node('property') ?? this.#target();
    if (read === null) return null;
    const { key } = read;
    if (key.kind === 'name') {
      const name = utf8Decode(key.name);
      const lesson = this.#lesson(container instanceof Str ? 'string' : 'list', read);
      if (lesson !== null) return lesson;
      if (this.#reachable().has(name))
        return `for the item at the index \`${name}\` write ${this.#written(read.object) ?? ''}.(${name})`;
      return null;
    }
    const { text } = this.#scene.source;
    if (key.kind === 'float' && [...text][key.start - 1] === '.')
      return `${this.#written(key) ?? 'this'} is one number: for an item of an item write .(1).(0)`;
    const index = key.kind === 'block' && key.body.length === 1 ? (key.body[0] ?? key) : key;
    const written = this.#written(index);
    return given instanceof Float && Number.isFinite(given.value) && written !== null
      ? `an index is an int: .(int(${written}))`
      : null;
  }

  /** An assignment past the end of a list. */
  beyondTheEnd(): string | null {
    const list = this.#target()?.object;
    const written = list === undefined ? null : this.#written(list);
    return written === null ? null : `a new item goes to len(${written}), and nowhere beyond; ${written} << value puts it there`;
  }

  /** `left.key := value` where left is `?`. */
  assignedInNothing(): string | null {
    const left = this.#target()?.object;
    if (left === undefined) return null;
    const missing = left.kind === 'name' ? this.#missing(left) : null;
    const written = this.#written(left);
    if (missing !== null || written === null) return missing;
    const how = left.kind === 'property' ? `, with ${written} := {}` : '';
    return `\`${written}\` is \`?\`, which has no parts: make it an object first${how}`;
  }

  /** A value in the place of a socket. */
  notASocket({ value, refusal }: Facts['not-a-socket']): string | null {
    const given = this.#node('call')?.args[0];
    if (given === undefined) return null;
    const written = this.#written(given) ?? 'it';
    if (isObject(value)) {
      if (getKey(value, 'socket') !== undefined)
        return `\`${written}\` is a whole event or result; its socket is \`${written}.socket\``;
      const error = getKey(value, 'error');
      return error instanceof Str ? `\`${written}\` is an error: ${text(error.text)}` : null;
    }
    if (!isUnset(value)) return null;
    if (given.kind !== 'property') return this.#missing(given);
    const result = this.#written(given.object) ?? 'its result';
    if (refusal === null) return `\`${written}\` is \`?\`: look at ${result}.type before using its socket`;
    return `the connection was not made: ${text(refusal)}; look at ${result}.type before using its socket`;
  }

  /** A builtin was given `?`: perhaps because its argument's name is not defined. */
  argument(): string | null {
    const given = this.#node('call')?.args[0];
    return given === undefined ? null : this.#missing(given);
  }

  /** An argument that a builtin does not take. */
  argumentOf({ builtin, value }: Facts['argument']): string | null {
    const missing = isUnset(value) ? this.argument() : null;
    if (missing !== null) return missing;
    if (builtin === 'print') return this.printed();
    if (builtin === 'go' && typeof value === 'function') return 'put a function around the builtin: go(fn() …)';
    return null;
  }

  printed(): string {
    const given = this.#node('call')?.args[0];
    const written = given === undefined ? null : this.#written(given);
    return `print takes a string: print(string(${written ?? '…'}))`;
  }

  operands({ left: a, right: b }: Facts['operands']): string | null {
    const node = this.#node('binary');
    if (node === null) return null;
    const { op, left, right } = node;

    const unset = isUnset(a) ? left : isUnset(b) ? right : null;
    const missing = unset === null ? null : this.#missing(unset);
    if (missing !== null) return missing;
    if (unset !== null) {
      const written = unset.kind === 'null' ? null : this.#written(unset);
      return written === null ? null : `the ${unset === left ? 'left' : 'right'} side, ${written}, is \`?\``;
    }

    const x = this.#written(left);
    const y = this.#written(right);
    if (op === '+' && x !== null && y !== null) {
      if (a instanceof Str && !(b instanceof Str)) {
        const join = `to join them as text, write ${x} + string(${y})`;
        return isNumeral(a) && isInt(b) ? `${join}; to add them as numbers, int(${x}) + ${y}` : join;
      }
      if (isNumber(a) && b instanceof Str) {
        const join = `to join them as text, write string(${x}) + ${y}`;
        return isNumeral(b) ? `${join}; to add them as numbers, ${x} + int(${y})` : join;
      }
    }
    if (op === '<<' && a instanceof Str && !(b instanceof Str) && y !== null)
      return `to append it as text, write << string(${y})`;
    if (isNumeral(a) && isNumber(b) && x !== null) return `to make a number of the string, write int(${x})`;
    if (isNumber(a) && isNumeral(b) && y !== null) return `to make a number of the string, write int(${y})`;
    if (op === '+' && Array.isArray(a)) return 'xs << x adds an item to a list; std.join(xs, ys) makes one list of two';
    if ((op === '&' || op === '|') && typeof a === 'boolean') {
      return `\`${op}\` between bools needs a bool on the right, too: a comparison, say`;
    }
    return isNumber(a) && isNumber(b) ? `\`${op}\` is for ints: int(x) rounds down to one` : null;
  }

  operand(value: Operand): string | null {
    const node = this.#node('unary');
    if (node === null) return null;
    const missing = isUnset(value) ? this.#missing(node.value) : null;
    if (missing !== null || node.op !== '!') return missing;
    const written = this.#written(node.value);
    if (written === null) return null;
    if (isUnset(value)) return `\`!\` is for bools: to test for \`?\`, write ${written} = ?`;
    if (isNumber(value)) return `\`!\` is for bools: to test for zero, write ${written} = 0`;
    if (value instanceof Str) return `\`!\` is for bools: to test for an empty string, write ${written} = ''`;
    return null;
  }

  #node<K extends Expr['kind']>(kind: K): Extract<Expr, { kind: K }> | null {
    const { program, at } = this.#scene;
    return program === null ? null : nodeAt(program, at, kind);
  }

  /** The property that the assignment at the place writes to. */
  #target(): PropertyExpr | null {
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

  /** Why a name is `?`; null when it is not a name or when the source does not tell. */
  #missing(node: Expr): string | null {
    if (node.kind !== 'name') return null;
    const name = utf8Decode(node.name);
    const bindings = this.#visible().get(node.name);
    if (bindings !== undefined) {
      return bindings.every(({ lasting }) => lasting) ? this.#notYet(name, bindings) : this.#notGiven(node.name);
    }
    if (this.#scene.names.includes(node.name)) return null;

    const lesson = nameLesson(name);
    if (lesson !== null) return `\`${name}\` is not defined here: ${lesson}`;
    if (Object.hasOwn(this.#scene.library.modules, name)) return `\`${name}\` is a library: ${name} := import('${name}')`;
    const homes = librariesWith(this.#scene.library, name);
    const [home, ...others] = homes;
    if (home !== undefined) {
      const at = this.#moduleName(homes);
      if (at !== null) return `\`${name}\` is in ${at.library}: write ${at.name}.${name}`;
      const also = others.length === 0 ? '' : `; ${others.join(', ')} also ${others.length === 1 ? 'has' : 'have'} one`;
      return `\`${name}\` is in ${home}: { ${name}: ${name} } := import('${home}')${also}`;
    }
    const meant = nearest(name, this.#reachable());
    return meant === null ? `\`${name}\` is not defined here` : `\`${name}\` is not defined here; did you mean \`${meant}\`?`;
  }

  /** A parameter for which the call had no argument. */
  #notGiven(name: string): string | null {
    const { program, at, runsFor } = this.#scene;
    if (program === null || runsFor == null || runsFor.spread !== null) return null;
    const fn = innermostFunction(program, at);
    const index = fn?.params.indexOf(name) ?? -1;
    if (fn === null || index < runsFor.args.length) return null;
    const own = fn.name === '' ? 'the function' : utf8Decode(fn.name);
    const count = `${fn.params.length} argument${fn.params.length === 1 ? '' : 's'}`;
    return `${own} takes ${count}, got ${runsFor.args.length}: \`${utf8Decode(name)}\` is \`?\``;
  }

  /** `object.method(...)` of another language, where the object has no such key. */
  #method(callee: PropertyExpr): string | null {
    const isModule =
      callee.object.kind === 'name' &&
      this.#visible()
        .get(callee.object.name)
        ?.some(({ imports }) => imports !== null);
    const defined = callee.object.kind !== 'name' || this.#visible().has(callee.object.name);
    return isModule === true || !defined ? null : this.#lesson('object', callee);
  }

  #lesson(kind: 'list' | 'string' | 'number' | 'object', { object, key }: PropertyExpr): string | null {
    return key.kind === 'name' ? methodLesson(kind, utf8Decode(key.name), this.#written(object)) : null;
  }

  /** All bindings of the name give it a value that is not `?`, so none of them has run. */
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
  #member(callee: PropertyExpr): string | null {
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

    const meant = nearest(name, namesIn(this.#scene.library, library));
    if (meant !== null) return `there is no \`${name}\` in ${library}; did you mean \`${meant}\`?`;
    if (this.#scene.source.file.replace(/^.*[/\\]|\.\w+$/g, '') === library) {
      const elsewhere = onlyInReference(this.#scene.library, library); // the file has imported itself in its place
      if (elsewhere !== null) return elsewhere;
    }
    const homes = librariesWith(this.#scene.library, name).filter((home) => home !== library);
    return `there is no \`${name}\` in ${library}${homes.length === 0 ? '' : `; there is one in ${homes.join(', ')}`}`;
  }

  /** An expression as it was written, when it is short and on one line. */
  #written(node: Expr): string | null {
    if (node.end - node.start > QUOTED_LENGTH) return null;
    const text = [...this.#scene.source.text].slice(node.start, node.end).join('');
    return text.includes('\n') ? null : text;
  }
}
