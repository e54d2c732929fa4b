/** Assignments on their way to JavaScript: to names, to properties, and to several names at once. */
import type { AssignExpr, ListExpr, NameExpr, ObjectExpr, PropertyExpr } from '../syntax/ast.ts';
import { canBeBare } from './bare-floats.ts';
import { type Code, js } from './code.ts';
import type { Expressions } from './expressions.ts';
import { isPlainKey, literal, member } from './nodes.ts';
import { base, computed, NULL, type Operand, orNull, stored } from './operands.ts';
import type { Reference } from './resolver.ts';
import type { StepWriter } from './step-writer.ts';
import { arm, chooseStep, type Step } from './steps.ts';

export class Assignments {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
  ) {}

  /** The value of an assignment, when it is `wanted`. The right side is evaluated first. */
  assign(expr: AssignExpr, wanted: boolean): Operand {
    const { target } = expr;
    switch (target.kind) {
      case 'name':
        return this.#toName(expr, target, wanted);
      case 'property':
        return this.#toProperty(expr, target);
      case 'list':
        return this.#toList(expr, target);
      case 'object':
        return this.#toObject(expr, target, wanted);
      default:
        this.expressions.effect(expr.value);
        this.writer.run(js`${this.writer.unit.helper('invalidTarget')}(${this.writer.position(expr.at)})`);
        return NULL;
    }
  }

  #toName(expr: AssignExpr, target: NameExpr, wanted: boolean): Operand {
    const { writer } = this;
    const defined = writer.unit.resolution.definitions.get(target);
    if (!wanted && defined !== undefined && canBeBare(defined, expr.value)) {
      const value = this.expressions.number(expr.value);
      if (value.bare === undefined) writer.write(defined, value);
      else writer.bindBare(defined, value.bare);
      return NULL;
    }
    let value = this.expressions.value(expr.value);
    if (wanted) value = this.writer.spill(value);
    this.#bind(target, value, this.writer.position(expr.at));
    return value;
  }

  /** Binds or overwrites the variable that a name in a target means. */
  #bind(target: NameExpr, value: Operand, at: number): void {
    const { writer } = this;
    const { definitions, references } = writer.unit.resolution;
    const defined = definitions.get(target);
    if (defined !== undefined) {
      writer.write(defined, value);
      return;
    }
    const { variables, mayBeUnset } = references.get(target) as Reference; // what is not defined is referred to
    const [only] = variables;
    if (variables.length === 1 && !mayBeUnset && only !== undefined) {
      writer.write(only, value);
      return;
    }
    const held = writer.repeatable(value);
    const known: Operand = { ...held, code: orNull(held), unset: false };
    let steps: Step[] = [
      { kind: 'do', sets: null, code: js`${writer.unit.helper('undefinedName')}(${literal(target.name)}, ${at})` },
    ];
    [...variables].reverse().forEach((variable, i) => {
      const body = writer.captureSteps(() => writer.write(variable, known));
      steps = i === 0 && !mayBeUnset ? body : [chooseStep([arm(js`${writer.load(variable)} !== undefined`, body)], steps)];
    });
    writer.steps.push(...steps);
  }

  #toProperty(expr: AssignExpr, target: PropertyExpr): Operand {
    const { writer } = this;
    const at = writer.position(expr.at);
    const parts = target.key.kind === 'name' ? [expr.value, target.object] : [expr.value, target.object, target.key];
    const [value, container, key] = this.expressions.operands(parts) as [Operand, Operand, Operand | undefined]; // one for each
    const object = base(container);
    const clean = orNull(value);
    if (target.key.kind === 'name') {
      const { name } = target.key;
      const slow = js`${writer.unit.helper('setNamed')}(${object.code}, ${literal(name)}, ${clean}, ${at})`;
      const there = isPlainKey(name)
        ? js`(${object.code} != null && ${object.code}${member(name)} !== undefined || ${object.code} instanceof $Obj)`
        : js`${object.code} instanceof $Obj`;
      writer.run(js`if (${there} && ${value.code} !== $E) ${object.code}${member(name)} = ${clean}; else ${slow}`);
    } else {
      const k = (key as Operand).code; // a computed key is among the parts
      const slow = js`${writer.unit.helper('setProperty')}(${object.code}, ${k}, ${clean}, ${at})`;
      const there = js`Array.isArray(${object.code}) && typeof ${k} === 'number' && ${k} >= 0 && ${k} < ${object.code}.length`;
      writer.run(js`if (${there}) ${object.code}[${k}] = ${clean}; else ${slow}`);
    }
    return object;
  }

  #toList(expr: AssignExpr, target: ListExpr): Operand {
    const { writer } = this;
    const at = writer.position(expr.at);
    const value = writer.spill(this.expressions.value(expr.value));
    writer.run(js`${writer.unit.helper('destructureList')}(${value.code}, ${at})`);
    target.items.forEach((item, i) => {
      if (item.kind === 'empty') return;
      if (item.kind === 'name') this.#bind(item, computed(js`(${value.code}[${i}] ?? null)`), expr.define ? at : -1);
      else writer.run(js`${writer.unit.helper('badElement')}(${at}, ${i})`);
    });
    return value;
  }

  #toObject(expr: AssignExpr, target: ObjectExpr, wanted: boolean): Operand {
    const { writer } = this;
    const { unit } = writer;
    const at = writer.position(expr.at);
    const value = writer.spill(this.expressions.value(expr.value));
    writer.run(js`${unit.helper('destructureObject')}(${value.code}, ${at})`);
    const copy = wanted ? writer.temporary(js`${unit.helper('positional')}(${value.code})`) : null;
    target.entries.forEach(({ key, value: name }, i) => {
      let text: Code;
      if (key.kind === 'name') {
        text = js`${literal(key.name)}`;
      } else {
        const operand = writer.repeatable(this.expressions.value(key));
        text = [writer.temporary(js`${unit.helper('keyText')}(${operand.code})`)];
      }
      const part = writer.temporary(js`${unit.helper('pick')}(${value.code}, ${text}, ${i})`);
      if (copy !== null) writer.run(js`${unit.helper('putPositional')}(${value.code}, ${copy}, ${text}, ${part})`);
      if (name.kind === 'empty') return;
      if (name.kind === 'name') this.#bind(name, stored(part), expr.define ? at : -1);
      else writer.run(js`${unit.helper('badElement')}(${at}, ${i})`);
    });
    return copy === null ? value : stored(copy);
  }
}
