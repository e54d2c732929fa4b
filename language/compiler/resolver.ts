/**
 * Finds out, before anything runs, which variable each name means.
 *
 * Magnolia looks names up while it runs: a `:=` binds in the innermost scope, and a name read before that is still the outer one.
 * Scopes themselves are syntactic, so all of this is decided here except one thing: whether a binding has happened yet.
 * Where that cannot be shown, a reference lists several variables, innermost first, and the emitted code takes the first that is set.
 */
import type { BlockExpr, ClassExpr, Expr, FnExpr, NameExpr, Program } from '../syntax/ast.ts';
import { isPiped, leftChild, leftSpine, operandsOf } from '../syntax/ast-walk.ts';

/** A function as far as variables are concerned: the program itself, a `fn`, or the construction of a class. */
export class Func {
  /** Variables of enclosing functions that this one or a function inside it uses, in the order in which they are passed. */
  readonly captures = new Set<Variable>();
  constructor(
    readonly parent: Func | null,
    readonly node: FnExpr | ClassExpr | null,
  ) {}
}

export class Variable {
  /** How many places bind it; parameters start at 1. */
  bindings = 0;
  /** The only function literal that binds it by its own name. */
  literal: FnExpr | ClassExpr | null = null;
  /** Bound from a function inside its own. */
  boundInside = false;
  /** Used by a function inside its own. */
  captured = false;
  /** A closure over it was made where it may not have been set. */
  capturedUnset = false;
  /** Something may read it before it is set. */
  readUnset = false;
  /** What a name means where it is this one, certainly set. */
  readonly alone: Reference = { variables: [this], mayBeUnset: false };

  constructor(
    readonly name: string,
    readonly owner: Func,
    readonly kind: 'module' | 'local' | 'param' | 'self',
  ) {}

  /** Lives in a box, because a closure has to see it change. */
  get boxed(): boolean {
    return (
      this.kind !== 'module' &&
      this.kind !== 'self' &&
      this.captured &&
      (this.bindings !== 1 || this.boundInside || this.capturedUnset)
    );
  }

  /** Never changes once it is set. */
  get constant(): boolean {
    return this.kind !== 'module' && this.bindings === 1 && !this.boundInside;
  }
}

/** What a name means at one place: the first of `variables` that is set. All but the last may be unset; the last if `mayBeUnset`. */
export interface Reference {
  readonly variables: readonly Variable[];
  readonly mayBeUnset: boolean;
}

class Scope {
  readonly variables = new Map<string, Variable>();
  constructor(
    readonly parent: Scope | null,
    readonly func: Func,
    readonly kind: 'module' | 'local' | 'param',
  ) {}

  declare(name: string): Variable {
    let variable = this.variables.get(name);
    if (variable === undefined) {
      variable = new Variable(name, this.func, this.kind === 'param' ? 'local' : this.kind);
      this.variables.set(name, variable);
    }
    return variable;
  }
}

export interface Resolution {
  /** The program as a function; its own scope is the module's. */
  readonly main: Func;
  /** Every name that the module binds or mentions without binding it. */
  readonly moduleVariables: ReadonlyMap<string, Variable>;
  /** The function of each `fn` and `cs` node. */
  readonly funcs: ReadonlyMap<FnExpr | ClassExpr, Func>;
  /** The parameters of each `fn` and `cs` node (null for `_`), the rest parameter last if there is one. */
  readonly params: ReadonlyMap<FnExpr | ClassExpr, readonly (Variable | null)[]>;
  /** The variables that a block, or the static part of a class, owns as a scope. */
  readonly owned: ReadonlyMap<BlockExpr | ClassExpr, readonly Variable[]>;
  /** The variables that a function's own scope has besides its parameters. */
  readonly loose: ReadonlyMap<Func, readonly Variable[]>;
  /** What each name that is read or overwritten with `<-` means. */
  readonly references: ReadonlyMap<NameExpr, Reference>;
  /** What each name that is bound with `:=` binds. */
  readonly definitions: ReadonlyMap<NameExpr, Variable>;
  /** What each named function or class literal binds. */
  readonly named: ReadonlyMap<FnExpr | ClassExpr, Variable>;
}

/** Resolves all names of a program. `checkpoint` is called now and then. */
export function resolve(program: Program, checkpoint?: () => void): Resolution {
  return new Resolver(program, checkpoint).result();
}

class Resolver {
  readonly #main = new Func(null, null);
  readonly #module = new Scope(null, this.#main, 'module');
  readonly #scopes = new Map<Expr, Scope>();
  readonly #staticScopes = new Map<ClassExpr, Scope>();
  readonly #funcs = new Map<FnExpr | ClassExpr, Func>();
  readonly #params = new Map<FnExpr | ClassExpr, (Variable | null)[]>();
  readonly #references = new Map<NameExpr, Reference>();
  readonly #definitions = new Map<NameExpr, Variable>();
  readonly #named = new Map<FnExpr | ClassExpr, Variable>();
  /** Names that some `<-` overwrites somewhere: a function of that name may come to mean another. */
  readonly #overwritten = new Set<string>();
  /** A function's own name inside itself, where it cannot come to mean another. */
  readonly #selves = new Map<FnExpr, Variable>();
  /** Variables that are certainly set at this point of evaluation, and in which order that became known. */
  readonly #set = new Set<Variable>();
  readonly #log: Variable[] = [];

  #steps = 0;

  constructor(
    program: Program,
    readonly checkpoint: (() => void) | undefined,
  ) {
    for (const expr of program.body) this.#declare(expr, this.#module);
    for (const expr of program.body) this.#visit(expr, this.#module);
  }

  result(): Resolution {
    const owned = new Map<BlockExpr | ClassExpr, Variable[]>();
    const loose = new Map<Func, Variable[]>();
    for (const [node, scope] of this.#scopes) {
      const variables = [...scope.variables.values()];
      if (node.kind === 'block') owned.set(node, variables);
      else
        loose.set(
          scope.func,
          variables.filter(({ kind }) => kind === 'local'),
        );
    }
    for (const [node, scope] of this.#staticScopes) owned.set(node, [...scope.variables.values()]);
    return {
      main: this.#main,
      moduleVariables: this.#module.variables,
      funcs: this.#funcs,
      params: this.#params,
      owned,
      loose,
      references: this.#references,
      definitions: this.#definitions,
      named: this.#named,
    };
  }

  #step(): void {
    if ((++this.#steps & 4095) === 0) this.checkpoint?.();
  }

  // ---- first walk: what each scope binds ----

  #declare(expr: Expr, scope: Scope): void {
    this.#step();
    switch (expr.kind) {
      case 'fn':
        if (expr.name !== '') this.#declareLiteral(expr, scope);
        this.#declare(expr.body, this.#functionScope(expr, scope));
        return;
      case 'class': {
        this.#declareLiteral(expr, scope);
        const inner = this.#functionScope(expr, scope);
        const statics = new Scope(scope, scope.func, 'local');
        this.#staticScopes.set(expr, statics);
        for (const one of expr.statics) this.#declare(one, statics);
        for (const one of expr.parents ?? []) this.#declare(one, inner);
        this.#declare(expr.body, inner);
        return;
      }
      case 'block': {
        let inner = scope;
        if (expr.scope) {
          inner = new Scope(scope, scope.func, 'local');
          this.#scopes.set(expr, inner);
        }
        for (const one of expr.body) this.#declare(one, inner);
        return;
      }
      case 'assign':
        this.#declareTarget(expr.target, expr.define, scope);
        this.#declare(expr.value, scope);
        return;
      case 'binary':
      case 'property':
      case 'call': {
        const { spine, base } = leftSpine(expr);
        this.#declare(base, scope);
        for (const parent of spine) {
          const left = leftChild(parent);
          for (const one of operandsOf(parent)) if (one !== left) this.#declare(one, scope);
        }
        return;
      }
      default:
        for (const one of operandsOf(expr)) this.#declare(one, scope);
    }
  }

  #declareLiteral(expr: FnExpr | ClassExpr, scope: Scope): void {
    const variable = scope.declare(expr.name);
    variable.bindings++;
    variable.literal = variable.bindings === 1 ? expr : null;
    this.#named.set(expr, variable);
  }

  #functionScope(expr: FnExpr | ClassExpr, scope: Scope): Scope {
    const func = new Func(scope.func, expr);
    this.#funcs.set(expr, func);
    const inner = new Scope(scope, func, 'param');
    this.#scopes.set(expr, inner);
    const names = expr.rest === null ? expr.params : [...expr.params, expr.rest];
    const params = names.map((name) => {
      if (name === null) return null;
      const param = new Variable(name, func, 'param');
      param.bindings = 1;
      inner.variables.set(name, param); // of two with the same name the last one counts
      return param;
    });
    this.#params.set(expr, params);
    return inner;
  }

  #declareTarget(target: Expr, define: boolean, scope: Scope): void {
    switch (target.kind) {
      case 'name':
        if (define) {
          const variable = scope.declare(target.name);
          variable.bindings++;
          variable.literal = null;
          this.#definitions.set(target, variable);
        } else {
          this.#overwritten.add(target.name);
        }
        return;
      case 'list':
        for (const item of target.items) if (item.kind === 'name') this.#declareTarget(item, define, scope);
        return;
      case 'object':
        for (const { key, value } of target.entries) {
          if (key.kind !== 'name') this.#declare(key, scope);
          if (value.kind === 'name') this.#declareTarget(value, define, scope);
        }
        return;
      case 'property':
        this.#declare(target.object, scope);
        if (target.key.kind !== 'name') this.#declare(target.key, scope);
        return;
      default: // an invalid target: an error when it is reached, and nothing in it is evaluated
    }
  }

  // ---- second walk, in the order of evaluation: what each name means ----

  #visit(expr: Expr, scope: Scope): void {
    this.#step();
    switch (expr.kind) {
      case 'name':
        this.#references.set(expr, this.#refer(expr.name, scope));
        return;
      case 'fn':
        this.#visitFunction(expr, scope, () => this.#visit(expr.body, this.#scopes.get(expr) as Scope)); // made above
        this.#bindLiteral(expr, scope);
        return;
      case 'class':
        this.#bindLiteral(expr, scope); // its statics and its constructions see it
        this.#maybe(() => {
          const statics = this.#staticScopes.get(expr) as Scope; // made above
          for (const one of expr.statics) this.#visit(one, statics);
        });
        this.#visitFunction(expr, scope, () => {
          const inner = this.#scopes.get(expr) as Scope; // made above
          for (const one of expr.parents ?? []) this.#visit(one, inner);
          this.#visit(expr.body, inner);
        });
        // The construction function is made before its own name is bound to it.
        if (this.#funcs.get(expr)?.captures.has(this.#named.get(expr) as Variable)) {
          (this.#named.get(expr) as Variable).capturedUnset = true; // every class has a name
        }
        return;
      case 'block':
        for (const one of expr.body) this.#visit(one, this.#scopes.get(expr) ?? scope);
        return;
      case 'assign':
        this.#visit(expr.value, scope);
        this.#visitTarget(expr.target, expr.define, scope);
        return;
      case 'binary':
      case 'property':
      case 'call':
        this.#visitSpine(expr, scope);
        return;
      case 'if': {
        this.#visit(expr.subject, scope);
        this.#maybe(() => {
          let body: Expr | null = null;
          for (const arm of expr.arms) {
            this.#visit(arm.target, scope);
            if (arm.body === body) continue; // several targets share a body: it is reached after the first at the earliest
            body = arm.body;
            this.#maybe(() => this.#visit(arm.body, scope));
          }
        });
        return;
      }
      default:
        for (const one of operandsOf(expr)) this.#visit(one, scope);
    }
  }

  #visitSpine(expr: Expr, scope: Scope): void {
    const { spine, base } = leftSpine(expr);
    for (const node of spine) if (node.kind === 'call' && isPiped(node)) this.#visit(node.callee, scope);
    this.#visit(base, scope);
    for (const node of [...spine].reverse()) {
      const { kind } = node;
      if (kind === 'binary') {
        const maySkip = node.op === '&' || node.op === '|' || node.op === '+' || node.op === '*';
        if (maySkip) this.#maybe(() => this.#visit(node.right, scope));
        else this.#visit(node.right, scope);
        continue;
      }
      const before: readonly (Expr | null)[] = kind === 'call' ? [leftChild(node), node.callee] : [leftChild(node)];
      for (const one of operandsOf(node)) if (!before.includes(one)) this.#visit(one, scope);
    }
  }

  #visitTarget(target: Expr, define: boolean, scope: Scope): void {
    switch (target.kind) {
      case 'name': {
        const variable = this.#definitions.get(target);
        if (variable !== undefined) {
          this.#markSet(variable);
          return;
        }
        const reference = this.#refer(target.name, scope);
        for (const one of reference.variables) {
          one.bindings++;
          if (one.owner !== scope.func) one.boundInside = true;
        }
        this.#references.set(target, reference);
        return;
      }
      case 'list':
        for (const item of target.items) if (item.kind === 'name') this.#visitTarget(item, define, scope);
        return;
      case 'object':
        for (const { key, value } of target.entries) {
          if (key.kind !== 'name') this.#visit(key, scope);
          if (value.kind === 'name') this.#visitTarget(value, define, scope);
        }
        return;
      case 'property':
        this.#visit(target.object, scope);
        if (target.key.kind !== 'name') this.#visit(target.key, scope);
        return;
      default:
    }
  }

  #visitFunction(expr: FnExpr | ClassExpr, scope: Scope, visitBody: () => void): void {
    const func = this.#funcs.get(expr) as Func; // made above
    this.#maybe(() => {
      for (const param of this.#params.get(expr) ?? []) if (param !== null) this.#markSet(param);
      visitBody();
    });
    // The closure is made here and now: what is not set yet has to be passed as a box.
    for (const variable of func.captures) {
      if (variable.owner === scope.func && !this.#set.has(variable)) variable.capturedUnset = true;
    }
  }

  #bindLiteral(expr: FnExpr | ClassExpr, scope: Scope): void {
    const variable = this.#named.get(expr);
    if (variable === undefined) return;
    if (variable.owner !== scope.func) variable.boundInside = true;
    this.#markSet(variable);
  }

  /** The variables that a name may mean, innermost first, up to the first that is certainly set. */
  #refer(name: string, scope: Scope): Reference {
    const variables: Variable[] = [];
    for (let at: Scope | null = scope; at !== null; at = at.parent) {
      const found = this.#selfName(name, at, scope.func) ?? at.variables.get(name);
      if (found === undefined) continue;
      const certain = found.kind === 'param' || found.kind === 'self' || this.#set.has(found);
      if (!certain) found.readUnset = true;
      this.#capture(found, scope.func);
      if (certain && variables.length === 0) return found.alone;
      variables.push(found);
      if (certain) return { variables, mayBeUnset: false };
      if (found.kind === 'module') return { variables, mayBeUnset: true };
    }
    const unbound = this.#module.declare(name); // a builtin, or set from outside by an importing module
    unbound.readUnset = true;
    variables.push(unbound);
    return { variables, mayBeUnset: true };
  }

  /** The variable of the running function itself, if this name in this scope is just that. */
  #selfName(name: string, scope: Scope, from: Func): Variable | undefined {
    const variable = scope.variables.get(name);
    const literal = variable?.literal;
    if (variable === undefined || literal == null || literal.kind !== 'fn' || variable.kind !== 'local') return undefined;
    if (variable.bindings !== 1 || this.#overwritten.has(name)) return undefined;
    const func = this.#funcs.get(literal) as Func; // made above
    for (let inside: Func | null = from; inside !== null; inside = inside.parent) {
      if (inside !== func) continue;
      let self = this.#selves.get(literal);
      if (self === undefined) {
        self = new Variable(name, func, 'self');
        self.bindings = 1;
        this.#selves.set(literal, self);
      }
      return self;
    }
    return undefined;
  }

  #capture(variable: Variable, from: Func): void {
    if (variable.kind === 'module' || variable.owner === from) return;
    variable.captured = true;
    for (let func: Func | null = from; func !== null && func !== variable.owner; func = func.parent) func.captures.add(variable);
  }

  #markSet(variable: Variable): void {
    if (this.#set.has(variable)) return;
    this.#set.add(variable);
    this.#log.push(variable);
  }

  /** Visits what may not be evaluated: what it sets is not certainly set afterwards. */
  #maybe(visit: () => void): void {
    const mark = this.#log.length;
    visit();
    this.#forget(mark);
  }

  #forget(mark: number): void {
    for (const variable of this.#log.splice(mark)) this.#set.delete(variable);
  }
}
