/**
 * The syntax tree of a Magnolia program.
 *
 * Every text in it (names, string literals, atom names) is *byte text*: a JavaScript string in which each character stands
 * for one byte of the UTF-8 encoding, as everywhere in this runtime. Positions are code point offsets into the source,
 * counted from 0: `at` is the place that an error about the node names (an operator, the `(` of a call, the `.` of a property
 * read), `start` and `end` (exclusive) are the text that the node was written as.
 *
 * Pipes and `with` are calls here, and the body of an assignment-only class is already rewritten to fields of its instance.
 */

/** Where a node is in its source, in code points from 0. */
export interface Span {
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '^'
  | '&'
  | '|'
  | '<<'
  | '>>'
  | '='
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>=';
export type UnaryOperator = '-' | '!' | '~';

export interface NullExpr extends Span {
  readonly kind: 'null';
}
export interface EmptyExpr extends Span {
  readonly kind: 'empty';
}
export interface BoolExpr extends Span {
  readonly kind: 'bool';
  readonly value: boolean;
}
/** `value` is a `number` when it is a safe integer, else a `bigint`. */
export interface IntExpr extends Span {
  readonly kind: 'int';
  readonly value: number | bigint;
}
export interface FloatExpr extends Span {
  readonly kind: 'float';
  readonly value: number;
}
export interface StringExpr extends Span {
  readonly kind: 'string';
  readonly text: string;
}
export interface AtomExpr extends Span {
  readonly kind: 'atom';
  readonly name: string;
}
export interface NameExpr extends Span {
  readonly kind: 'name';
  readonly name: string;
}
export interface ListExpr extends Span {
  readonly kind: 'list';
  readonly items: readonly Expr[];
}
export interface ObjectEntry {
  readonly key: Expr;
  readonly value: Expr;
}
/** A key of kind `name` means the text of that name; `{(k): v}` has a one-expression block as its key. */
export interface ObjectExpr extends Span {
  readonly kind: 'object';
  readonly entries: readonly ObjectEntry[];
}
/** `scope`: a direct child is a `:=`, which makes the block a scope. */
export interface BlockExpr extends Span {
  readonly kind: 'block';
  readonly body: readonly Expr[];
  readonly scope: boolean;
}
/** `params` holds null for `_`; `name` is '' for an anonymous function. `at` is the keyword `fn`. */
export interface FnExpr extends Span {
  readonly kind: 'fn';
  readonly name: string;
  readonly params: readonly (string | null)[];
  readonly rest: string | null;
  readonly body: Expr;
}
/** `parents` is null unless the class has the inheritance form; `statics` is empty then, too. `at` is the keyword `cs`. */
export interface ClassExpr extends Span {
  readonly kind: 'class';
  readonly name: string;
  readonly params: readonly (string | null)[];
  readonly rest: string | null;
  readonly statics: readonly Expr[];
  readonly parents: readonly Expr[] | null;
  readonly body: Expr;
}
export interface UnaryExpr extends Span {
  readonly kind: 'unary';
  readonly op: UnaryOperator;
  readonly value: Expr;
}
export interface BinaryExpr extends Span {
  readonly kind: 'binary';
  readonly op: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
}
/** A key of kind `name` means the text of that name; `a.(k)` has a one-expression block as its key. `at` is the `.`. */
export interface PropertyExpr extends Span {
  readonly kind: 'property';
  readonly object: Expr;
  readonly key: Expr;
}
/** `at` is the `(`. `spread` is the expression before `...`, always evaluated last. */
export interface CallExpr extends Span {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Expr[];
  readonly spread: Expr | null;
}
/** One target and its body; `a, b -> body` is two arms that share one body node. */
export interface IfArm {
  readonly target: Expr;
  readonly body: Expr;
}
/** Without a condition in the source, `subject` is a `bool` node with the value true. */
export interface IfExpr extends Span {
  readonly kind: 'if';
  readonly subject: Expr;
  readonly arms: readonly IfArm[];
}
/** `define` is true for `:=`, false for `<-`. `at` is the operator. */
export interface AssignExpr extends Span {
  readonly kind: 'assign';
  readonly define: boolean;
  readonly target: Expr;
  readonly value: Expr;
}

export type Expr =
  | NullExpr
  | EmptyExpr
  | BoolExpr
  | IntExpr
  | FloatExpr
  | StringExpr
  | AtomExpr
  | NameExpr
  | ListExpr
  | ObjectExpr
  | BlockExpr
  | FnExpr
  | ClassExpr
  | UnaryExpr
  | BinaryExpr
  | PropertyExpr
  | CallExpr
  | IfExpr
  | AssignExpr;

/** A whole source text: a file, one input of the REPL, the text given to `eval`. */
export interface Program {
  readonly body: readonly Expr[];
}
