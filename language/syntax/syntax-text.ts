/**
 * A syntax tree as one line of text: what `string` of a function returns, and how error messages quote the source.
 *
 * The text shows the tree and not the words it was written in: pipes and `with` are calls, every binary operation is in
 * parentheses, arms with several targets are split. Where arms share a body, the text can be exponentially longer than the source,
 * so it is cut off (`...`) once it is absurdly long.
 */

import { codePoint, sequenceLength } from '../values/bytes.ts';
import { formatFloat } from '../values/numbers.ts';
import type { CallExpr, ClassExpr, Expr, FnExpr, IfExpr } from './ast.ts';
import { isPiped, leftChild } from './ast-walk.ts';

const LENGTH_LIMIT = 4_000_000;

/** The text of a tree, as byte text. */
export function syntaxText(node: Expr): string {
  const writer = new Writer();
  writer.node(node);
  return writer.text;
}

class Writer {
  text = '';
  #full = false;

  #put(text: string): void {
    if (this.#full) return;
    this.text += text;
    if (this.text.length > LENGTH_LIMIT) {
      this.text += '...';
      this.#full = true;
    }
  }

  /** Goes down the left spine in a loop, so that long chains of operators need no stack. */
  node(node: Expr): void {
    if (this.#full) return;
    const spine: Expr[] = [];
    let base = node;
    for (let left = leftChild(base); left !== null; left = leftChild(base)) {
      this.#beforeLeft(base);
      spine.push(base);
      base = left;
    }
    this.#leaf(base);
    for (let parent = spine.pop(); parent !== undefined; parent = spine.pop()) this.#afterLeft(parent);
  }

  #beforeLeft(node: Expr): void {
    if (node.kind !== 'call') {
      this.#put('(');
      return;
    }
    this.#put('call[');
    if (isPiped(node)) {
      this.node(node.callee);
      this.#put('](');
    }
  }

  #afterLeft(node: Expr): void {
    if (node.kind === 'call') {
      this.#arguments(node);
    } else if (node.kind === 'binary') {
      this.#put(` ${node.op} `);
      this.node(node.right);
      this.#put(')');
    } else if (node.kind === 'property') {
      this.#put('.');
      this.node(node.key);
      this.#put(')');
    }
  }

  #arguments(node: CallExpr): void {
    const piped = isPiped(node);
    if (!piped) this.#put('](');
    node.args.forEach((arg, i) => {
      if (i > 0) this.#put(', ');
      if (i > 0 || !piped) this.node(arg);
    });
    if (node.spread !== null) {
      if (node.args.length > 0) this.#put(', ');
      this.node(node.spread);
      this.#put('...');
    }
    this.#put(')');
  }

  #leaf(node: Expr): void {
    switch (node.kind) {
      case 'null':
        this.#put('?');
        return;
      case 'empty':
        this.#put('_');
        return;
      case 'bool':
      case 'int':
        this.#put(String(node.value));
        return;
      case 'float':
        this.#put(formatFloat(node.value));
        return;
      case 'string':
        this.#put(quoteBytes(node.text));
        return;
      case 'atom':
        this.#put(`:${node.name}`);
        return;
      case 'name':
        this.#put(shownName(node.name));
        return;
      case 'list':
        this.#between('[', node.items, ']');
        return;
      case 'block':
        this.#between('{ ', node.body, ' }');
        return;
      case 'object':
        this.#put('{ ');
        node.entries.forEach(({ key, value }, i) => {
          if (i > 0) this.#put(', ');
          this.node(key);
          this.#put(': ');
          this.node(value);
        });
        this.#put(' }');
        return;
      case 'fn':
        this.#put(node.name === '' ? 'fn' : `fn ${node.name}`);
        this.#put(`${parameters(node)} `);
        this.node(node.body);
        return;
      case 'class':
        this.#class(node);
        return;
      case 'unary':
        this.#put(node.op);
        this.node(node.value);
        return;
      case 'if':
        this.#if(node);
        return;
      case 'assign':
        this.node(node.target);
        this.#put(node.define ? ' := ' : ' <- ');
        this.node(node.value);
        return;
      case 'binary':
      case 'property':
      case 'call':
        this.node(node); // never a leaf
        return;
    }
  }

  #between(open: string, nodes: readonly Expr[], close: string): void {
    this.#put(open);
    this.#joined(nodes);
    this.#put(close);
  }

  #joined(nodes: readonly Expr[]): void {
    nodes.forEach((node, i) => {
      if (i > 0) this.#put(', ');
      this.node(node);
    });
  }

  #class(node: ClassExpr): void {
    this.#put(`cs ${node.name}${parameters(node)} `);
    if (node.parents === null) {
      this.node(node.body);
      return;
    }

    this.#put('{ ');
    this.#joined(node.statics);
    if (node.statics.length > 0) this.#put(', ');
    this.#between('(', node.parents, ') -> ');
    this.node(node.body);
    this.#put(' }');
  }

  #if(node: IfExpr): void {
    this.#put('if ');
    this.node(node.subject);
    this.#put(' {');
    node.arms.forEach(({ target, body }, i) => {
      if (i > 0) this.#put(', ');
      this.node(target);
      this.#put(' -> ');
      this.node(body);
    });
    this.#put('}');
  }
}

function parameters(node: FnExpr | ClassExpr): string {
  const shown = node.params.map((param) => param ?? '');
  if (node.rest !== null) shown.push(`${node.rest}...`);
  return `(${shown.join(', ')})`;
}

/** Hidden names of the runtime carry a number after `#`, which people need not see. */
function shownName(name: string): string {
  const mark = name.indexOf('#');
  return mark > 0 ? name.slice(0, mark) : name;
}

const PLAIN = /^[ !#-[\]-~]*$/;

// biome-ignore format: a table
const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'], ['\\', '\\\\'], ['\x07', '\\a'], ['\b', '\\b'], ['\f', '\\f'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** Bytes in double quotes as Go's `strconv.Quote` writes them: printable characters stay, the others are escaped. */
export function quoteBytes(bytes: string): string {
  if (PLAIN.test(bytes)) return `"${bytes}"`;

  let out = '"';
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(bytes, at) || 1;
    out += quoted(bytes.slice(at, at + size));
    at += size;
  }
  return `${out}"`;
}

function quoted(sequence: string): string {
  const named = NAMED_ESCAPES.get(sequence);
  if (named !== undefined) return named;

  const first = sequence.charCodeAt(0);
  if (sequence.length === 1) return first >= 0x20 && first < 0x7f ? sequence : `\\x${hex(first, 2)}`;
  const point = codePoint(sequence, 0, sequence.length);
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(point))) return sequence;
  return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
