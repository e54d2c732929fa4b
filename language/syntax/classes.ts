/**
 * Assignment-only class bodies.
 *
 *     cs Counter(n) { count := n, next := fn() count <- count + 1 }
 *
 * A body that consists only of `name := value` describes the fields of an instance. It becomes a block that makes an object, stores
 * each field in it and yields it, and the names of the fields inside the values become properties of that object:
 *
 *     cs Counter(n) { self := {}, self.count <- n, self.next <- fn() self.count <- self.count + 1, self }
 *
 * The object's name is one that no program can write. In the reference it is the same for every class, so that a class inside a
 * field hides the instance around it; here each class of a source text has its own.
 *
 * All classes are rewritten in one walk from the outside inwards. What a name means is looked up in an environment of what
 * surrounds it, innermost first, as if the innermost class had been rewritten first.
 */

import type { AssignExpr, BlockExpr, ClassExpr, Expr, NameExpr, ObjectEntry, PropertyExpr } from './ast.ts';
import { isPiped, leftChild } from './ast-walk.ts';

const SELF = '__oakClassSelf';

/** Names that a function, a class or a block around a place has taken, and so do not mean a field. */
interface Taken {
  readonly kind: 'function' | 'block';
  readonly names: Set<string>;
  readonly outer: Environment;
}

/** The fields of the class around a place. `assigned` grows while the body is walked. */
interface Fields {
  readonly kind: 'fields';
  readonly self: string;
  readonly all: ReadonlySet<string>;
  readonly assigned: Set<string>;
  readonly outer: Environment;
}

type Environment = Taken | Fields | null;

type Field = AssignExpr & { readonly target: NameExpr };

/** Whether a class with this body has fields to rewrite. */
export function isAssignmentOnly(body: Expr): body is BlockExpr & { readonly body: readonly Field[] } {
  return (
    body.kind === 'block' &&
    body.body.length > 0 &&
    body.body.every((node) => node.kind === 'assign' && node.define && node.target.kind === 'name')
  );
}

/** Rewrites the assignment-only classes of one source text. Nodes without such a class below them are kept as they are. */
export class ClassRewriter {
  #classes = 0;

  /** A whole expression, with nothing of a class around it. */
  rewrite(node: Expr): Expr {
    return this.#node(node, null);
  }

  #each(nodes: readonly Expr[], env: Environment): readonly Expr[] {
    let changed = false;
    const rewritten = nodes.map((node) => {
      const after = this.#node(node, env);
      changed ||= after !== node;
      return after;
    });
    return changed ? rewritten : nodes;
  }

  /** Long chains grow to the left: their spine is walked in a loop. */
  #node(node: Expr, env: Environment): Expr {
    const spine: Expr[] = [];
    let base = node;
    for (let left = leftChild(base); left !== null; left = leftChild(base)) {
      spine.push(base);
      base = left;
    }
    let rewritten = this.#leaf(base, env);
    for (let parent = spine.pop(); parent !== undefined; parent = spine.pop()) {
      rewritten = this.#onSpine(parent, rewritten, env);
    }
    return rewritten;
  }

  /** A node of the spine, with its left child rewritten already. */
  #onSpine(node: Expr, left: Expr, env: Environment): Expr {
    switch (node.kind) {
      case 'binary': {
        const right = this.#node(node.right, env);
        return left === node.left && right === node.right ? node : { ...node, left, right };
      }
      case 'property': {
        const key = this.#key(node.key, env);
        return left === node.object && key === node.key ? node : { ...node, object: left, key };
      }
      case 'call': {
        const piped = isPiped(node);
        const callee = piped ? this.#node(node.callee, env) : left;
        const args = piped ? [left, ...this.#each(node.args.slice(1), env)] : this.#each(node.args, env);
        const spread = node.spread === null ? null : this.#node(node.spread, env);
        const same = callee === node.callee && spread === node.spread && args.every((arg, i) => arg === node.args[i]);
        return same ? node : { ...node, callee, args, spread };
      }
      default:
        return node;
    }
  }

  #leaf(node: Expr, env: Environment): Expr {
    switch (node.kind) {
      case 'name':
        return meaning(node, env);
      case 'list': {
        const items = this.#each(node.items, env);
        return items === node.items ? node : { ...node, items };
      }
      case 'object':
        return { ...node, entries: node.entries.map((entry) => this.#entry(entry, env)) };
      case 'block': {
        const body = this.#block(node.body, env);
        return body === node.body ? node : { ...node, body };
      }
      case 'fn': {
        const body = this.#node(node.body, inFunction(node.name, node.params, node.rest, env));
        return body === node.body ? node : { ...node, body };
      }
      case 'class':
        return this.#class(node, env);
      case 'unary': {
        const value = this.#node(node.value, env);
        return value === node.value ? node : { ...node, value };
      }
      case 'if': {
        let shared: Expr | null = null;
        let body: Expr | null = null;
        const subject = this.#node(node.subject, env);
        const arms = node.arms.map((arm) => {
          const target = this.#node(arm.target, env);
          if (body === null || arm.body !== shared) body = this.#node(arm.body, env);
          shared = arm.body;
          return { target, body };
        });
        return { ...node, subject, arms };
      }
      case 'assign': {
        const value = this.#node(node.value, env);
        const target = this.#target(node, env);
        return value === node.value && target === node.target ? node : { ...node, target, value };
      }
      default:
        return node;
    }
  }

  /** Property names and literal keys are not variables. */
  #key(key: Expr, env: Environment): Expr {
    return key.kind === 'name' ? key : this.#node(key, env);
  }

  #entry({ key, value }: ObjectEntry, env: Environment): ObjectEntry {
    return { key: this.#key(key, env), value: this.#node(value, env) };
  }

  /** The children of a block in order: a `:=` of one takes its names away from the fields for those after it. */
  #block(nodes: readonly Expr[], env: Environment): readonly Expr[] {
    if (env === null) return this.#each(nodes, null);
    const names = new Set<string>();
    const inside: Environment = { kind: 'block', names, outer: env };
    let changed = false;
    const rewritten = nodes.map((node) => {
      const after = this.#node(node, inside);
      if (node.kind === 'assign' && node.define) for (const name of targetNames(node.target)) names.add(name);
      changed ||= after !== node;
      return after;
    });
    return changed ? rewritten : nodes;
  }

  /** `field <- v` writes the field, `field := v` makes a local. Names in patterns are always locals. */
  #target({ target, define }: AssignExpr, env: Environment): Expr {
    switch (target.kind) {
      case 'name':
        return define ? target : meaning(target, env);
      case 'list':
        return target;
      case 'object':
        return { ...target, entries: target.entries.map(({ key, value }) => ({ key: this.#key(key, env), value })) };
      default:
        return this.#node(target, env);
    }
  }

  #class(node: ClassExpr, env: Environment): Expr {
    const inStatics = inFunction(node.name, [], null, env);
    const inConstructor = inFunction(node.name, node.params, node.rest, env);
    const statics = this.#block(node.statics, inStatics);
    const parents = node.parents === null ? null : this.#each(node.parents, inConstructor);
    const body = isAssignmentOnly(node.body)
      ? this.#fields(node.body, node.body.body, inConstructor)
      : this.#node(node.body, inConstructor);
    return statics === node.statics && parents === node.parents && body === node.body
      ? node
      : { ...node, statics, parents, body };
  }

  #fields(block: BlockExpr, fields: readonly Field[], outer: Environment): BlockExpr {
    this.#classes++;
    const name = this.#classes === 1 ? SELF : `${SELF}#${this.#classes}`;
    const assigned = new Set<string>();
    const env: Fields = { kind: 'fields', self: name, all: new Set(fields.map((field) => field.target.name)), assigned, outer };

    const span = { at: block.at, start: block.start, end: block.end };
    const self: NameExpr = { kind: 'name', name, ...span };
    const stores = fields.map((field): AssignExpr => {
      const value = this.#node(field.value, env);
      assigned.add(field.target.name);
      return { ...field, define: false, target: fieldOf(name, field.target), value };
    });
    const make: AssignExpr = {
      kind: 'assign',
      define: true,
      target: self,
      value: { kind: 'object', entries: [], ...span },
      ...span,
    };
    return { ...block, body: [make, ...stores, self], scope: true };
  }
}

/** What a name that is read or changed refers to: a field, the instance, or itself. */
function meaning(node: NameExpr, env: Environment): Expr {
  let nested = false;
  for (let around = env; around !== null; around = around.outer) {
    if (around.kind !== 'fields') {
      if (around.names.has(node.name)) return node;
      nested ||= around.kind === 'function';
      continue;
    }
    if ((nested ? around.all : around.assigned).has(node.name)) return fieldOf(around.self, node);
    if (node.name === 'self' || node.name === 'Self') return { ...node, name: around.self };
  }
  return node;
}

function fieldOf(self: string, field: NameExpr): PropertyExpr {
  const { at, start, end } = field;
  return { kind: 'property', object: { kind: 'name', name: self, at, start, end }, key: field, at, start, end };
}

/** What a function or class puts around its inside. Outside of all fields there is nothing to take away. */
function inFunction(name: string, params: readonly (string | null)[], rest: string | null, outer: Environment): Environment {
  if (outer === null) return null;
  const names = new Set<string>();
  if (name !== '') names.add(name);
  for (const param of params) if (param !== null) names.add(param);
  if (rest !== null) names.add(rest);
  return { kind: 'function', names, outer };
}

function targetNames(target: Expr): string[] {
  const nodes =
    target.kind === 'list' ? target.items : target.kind === 'object' ? target.entries.map(({ value }) => value) : [target];
  return nodes.flatMap((node) => (node.kind === 'name' ? [node.name] : []));
}
