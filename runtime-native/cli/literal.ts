/** Values at the prompt: as literals that a program could contain, in colours, and functions by how they are called. */
import { styleText } from 'node:util';
import { describe } from '../../builtins/registry.ts';
import { ownKeys } from '../../embedding/values.ts';
import { definitionAt } from '../../language/runtime/function-text.ts';
import { display, isCut } from '../../language/runtime/render.ts';
import { definitionOf } from '../../language/runtime/units.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import {
  Atom,
  Float,
  type Fn,
  getKey,
  HIDDEN,
  isInt,
  isObject,
  keysOf,
  type Obj,
  Str,
  type Table,
  type Value,
} from '../../language/values/values.ts';

/** Maximum depth of lists and objects, and maximum length in characters. */
const DEEPEST = 32;
const MOST_CHARACTERS = 10_000;
const WIDTH = 80;
const NAME = /^[\p{L}_][\p{L}\p{Nd}_?!]*$/u;

type Style = Parameters<typeof styleText>[0];

/** A value as ordinary text. */
export function literal(value: Value, isColoured: boolean): string {
  return new Writer(isColoured).write(value, []).text;
}

/** A text, and how wide it is without its colours. */
interface Shown {
  readonly text: string;
  readonly width: number;
}

class Writer {
  readonly #isColoured: boolean;
  #written = 0;

  constructor(isColoured: boolean) {
    this.#isColoured = isColoured;
  }

  #paint(style: Style, text: string): Shown {
    this.#written += text.length;
    return { text: this.#isColoured ? styleText(style, text, { validateStream: false }) : text, width: text.length };
  }

  /** `around` are the lists and objects that hold the value. */
  write(value: Value, around: readonly { readonly value: Value }[]): Shown {
    if (value instanceof Str) return this.#paint('green', quoted(value.text));
    if (value instanceof Atom) return this.#paint('cyan', utf8Decode(display(value)));
    if (value instanceof Float) return this.#paint('yellow', floatText(value));
    if (isInt(value)) return this.#paint('yellow', display(value));
    if (typeof value === 'function') return this.#paint('blue', functionHead(value));
    if (!Array.isArray(value) && !isObject(value)) return this.#paint('yellow', utf8Decode(display(value)));
    const isList = Array.isArray(value);
    if (isCut(value, around) || around.length === DEEPEST) return this.#paint('dim', isList ? '[...]' : '{...}');
    const inner = [...around, { value }];
    if (isModule(value) && around.length > 0) return this.#paint('dim', '{module}');
    const keys = isList ? null : shownKeys(value).sort();
    const count = isList ? value.length : (keys?.length ?? 0);
    const parts: Shown[] = [];
    for (let i = 0; i < count; i++) {
      if (this.#written > MOST_CHARACTERS) {
        parts.push(this.#paint('dim', `... ${count - i} more`));
        break;
      }
      const key = keys?.[i];
      if (isList) {
        parts.push(this.write(value[i] ?? null, inner));
      } else if (key !== undefined) {
        const item = this.write(getKey(value, key) ?? null, inner);
        const name = keyText(key);
        parts.push({ text: `${name}: ${item.text}`, width: name.length + 2 + item.width });
      }
    }
    return laidOut(parts, isList ? '[]' : '{}', around.length);
  }
}

/** On one line if that is short enough; else the items of a list fill lines, and the parts of anything else are one per line. */
function laidOut(parts: readonly Shown[], [open = '', close = '']: string, depth: number): Shown {
  const width = parts.reduce((sum, part) => sum + part.width + 2, 2);
  const isFlat = !parts.some(({ text }) => text.includes('\n'));
  if (isFlat && width <= WIDTH - 2 * depth) return { text: open + parts.map(({ text }) => text).join(', ') + close, width };
  const room = isFlat && open === '[' ? WIDTH - 2 * (depth + 1) : 0;
  const indent = '  '.repeat(depth + 1);
  let text = open;
  let column = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const fits = column + 2 + part.width <= room;
    text += fits ? `, ${part.text}` : `\n${indent}${part.text}`;
    column = part.width + (fits ? column + 2 : 0);
  }
  return { text: `${text}\n${'  '.repeat(depth)}${close}`, width };
}

function isModule(value: Value): boolean {
  return isObject(value) && HIDDEN in value;
}

/** Of a module, what programs are to use of it. */
function shownKeys(value: Obj | Table): string[] {
  return isModule(value) ? ownKeys(value).filter((key) => !key.startsWith('_')) : keysOf(value);
}

function keyText(key: string): string {
  const text = utf8Decode(key);
  return NAME.test(text) || /^\d+$/.test(text) ? text : quoted(key);
}

const ESCAPES: { readonly [sign: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t', "'": "\\'", '\\': '\\\\' };

/** Byte text as a string literal: what is not text is written by its number. */
function quoted(bytes: string): string {
  const text = utf8Decode(bytes);
  const isText = utf8Encode(text) === bytes;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const special = isText ? /[\x00-\x1f\x7f'\\]/g : /[\x00-\x1f\x7f-\xff'\\]/g;
  const escaped = (isText ? text : bytes).replace(
    special,
    (sign) => ESCAPES[sign] ?? `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `'${escaped}'`;
}

/** A whole number has a point, so that it reads as the float that it is. */
function floatText(value: Float): string {
  const text = display(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `fn fact(n)` */
function functionHead(fn: Fn): string {
  const builtin = describe(fn);
  if (builtin !== undefined) {
    const params = builtin.params.map(({ name }) => name);
    return `fn ${builtin.name}(${[...params, ...(builtin.rest === true ? ['more...'] : [])].join(', ')})`;
  }
  const position = definitionOf(fn);
  const node = position === undefined ? undefined : definitionAt(position)?.node;
  if (node === undefined) return `fn ${fn.name}`;
  const params = node.params.map((param) => (param === null ? '_' : utf8Decode(param)));
  const all = [...params, ...(node.rest === null ? [] : [`${utf8Decode(node.rest)}...`])].join(', ');
  return `${node.kind === 'fn' ? 'fn' : 'cs'}${node.name === '' ? '' : ` ${utf8Decode(node.name)}`}(${all})`;
}
