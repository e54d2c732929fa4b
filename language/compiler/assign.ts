/** Assignments on their way to JavaScript: to names, to properties, and to several names at once. */
import type { AssignExpr, Expr, ListExpr, NameExpr, ObjectExpr, PropertyExpr } from '../syntax/ast.ts';
import { CallEmitter } from './calls.ts';
import { isPlainKey, literal, member } from './emit-nodes.ts';
import { base, NULL, type Operand } from './emit-steps.ts';
import type { Reference } from './resolver.ts';
import { type Code, js, type Step } from './steps.ts';

/** Writes assignments. */
export abstract class AssignEmitter extends CallEmitter {
  /** Evaluates an expression for what it does. */
  protected abstract effect(expr: Expr): void;

  /** The value of an assignment, when it is `wanted`. The right side is evaluated first. */
  protected assign(expr: AssignExpr, wanted: boolean): Operand {
    const { target } = expr;
    switch (target.kind) {
      case 'name':
        return this.assignName(expr, target, wanted);
      case 'property':
        return this.assignProperty(expr, target);
      case 'list':
        return this.destructureList(expr, target);
      case 'object':
        return this.destructureObject(expr, target, wanted);
      default:
        this.effect(expr.value);
        this.do(null, js`${this.unit.helper('invalidTarget')}(${this.position(expr.at)})`);
        return NULL;
    }
  }

  protected assignName(expr: AssignExpr, target: NameExpr, wanted: boolean): Operand {
    let value = this.value(expr.value);
    if (wanted) {
      value = this.simple(value);
      if (!value.stable) value = this.hold(value);
    }
    this.bind(target, value, this.position(expr.at));
    return value;
  }

  /** Binds or overwrites the variable that a name in a target means. */
  protected bind(target: NameExpr, value: Operand, at: number): void {
    const { definitions, references } = this.unit.resolution;
    const defined = definitions.get(target);
    if (defined !== undefined) {
      this.write(defined, value);
      return;
    }
    const { variables, mayBeUnset } = references.get(target) as Reference; // what is not defined is referred to
    const [only] = variables;
    if (variables.length === 1 && !mayBeUnset && only !== undefined) {
      this.write(only, value);
      return;
    }
    const held = this.simple(value);
    const clean = this.clean(held);
    let steps: Step[] = [
      { kind: 'do', sets: null, code: js`${this.unit.helper('undefinedName')}(${literal(target.name)}, ${at})` },
    ];
    [...variables].reverse().forEach((variable, i) => {
      const body = this.aside(() => this.write(variable, { ...held, code: clean, unset: false }));
      if (i === 0 && !mayBeUnset) {
        steps = body;
        return;
      }
      const sites = { after: this.sites, upTo: this.sites };
      const set = js`${this.look(variable)} !== undefined`;
      steps = [{ kind: 'choose', label: ++this.labels, arms: [{ steps: [], test: set, body, sites }], otherwise: steps, sites }];
    });
    this.steps.push(...steps);
  }

  protected assignProperty(expr: AssignExpr, target: PropertyExpr): Operand {
    const at = this.position(expr.at);
    const parts = target.key.kind === 'name' ? [expr.value, target.object] : [expr.value, target.object, target.key];
    const [value, container, key] = this.operands(parts) as [Operand, Operand, Operand | undefined]; // one for each
    const object = base(container);
    const clean = this.clean(value);
    if (target.key.kind === 'name') {
      const { name } = target.key;
      const slow = js`${this.unit.helper('setNamed')}(${object.code}, ${literal(name)}, ${clean}, ${at})`;
      const there = isPlainKey(name)
        ? js`(${object.code} != null && ${object.code}${member(name)} !== undefined || ${object.code} instanceof $Obj)`
        : js`${object.code} instanceof $Obj`;
      this.do(null, js`if (${there} && ${value.code} !== $E) ${object.code}${member(name)} = ${clean}; else ${slow}`);
    } else {
      const k = (key as Operand).code; // a computed key is among the parts
      const slow = js`${this.unit.helper('setProperty')}(${object.code}, ${k}, ${clean}, ${at})`;
      this.do(
        null,
        js`if (Array.isArray(${object.code}) && typeof ${k} === 'number' && ${k} >= 0 && ${k} < ${object.code}.length) ${object.code}[${k}] = ${clean}; else ${slow}`,
      );
    }
    return object;
  }

  protected destructureList(expr: AssignExpr, target: ListExpr): Operand {
    const at = this.position(expr.at);
    const value = this.hold(this.value(expr.value));
    this.do(null, js`${this.unit.helper('destructureList')}(${value.code}, ${at})`);
    target.items.forEach((item, i) => {
      if (item.kind === 'empty') return;
      if (item.kind !== 'name') {
        this.do(null, js`${this.unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.bind(item, this.fresh(js`(${value.code}[${i}] ?? null)`), expr.define ? at : -1);
    });
    return value;
  }

  protected destructureObject(expr: AssignExpr, target: ObjectExpr, wanted: boolean): Operand {
    const at = this.position(expr.at);
    const value = this.hold(this.value(expr.value));
    this.do(null, js`${this.unit.helper('destructureObject')}(${value.code}, ${at})`);
    const copy = wanted ? this.temporary(js`${this.unit.helper('positional')}(${value.code})`) : null;
    target.entries.forEach(({ key, value: name }, i) => {
      let text: Code;
      if (key.kind === 'name') {
        text = js`${literal(key.name)}`;
      } else {
        const operand = this.simple(this.value(key));
        text = [this.temporary(js`${this.unit.helper('keyText')}(${operand.code})`)];
      }
      const part = this.temporary(js`${this.unit.helper('pick')}(${value.code}, ${text}, ${i})`);
      if (copy !== null) this.do(null, js`${this.unit.helper('putPositional')}(${value.code}, ${copy}, ${text}, ${part})`);
      if (name.kind === 'empty') return;
      if (name.kind !== 'name') {
        this.do(null, js`${this.unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.bind(name, { code: [part], simple: true, stable: true }, expr.define ? at : -1);
    });
    return copy === null ? value : { code: [copy], simple: true, stable: true };
  }
}
