/** List and object literals on their way to JavaScript. */
import type { Expr, ObjectExpr } from '../syntax/ast.ts';
import { type Code, joined, js, type Local } from './code.ts';
import type { Expressions } from './expressions.ts';
import { literal, MANY_PARTS, member, staticKey } from './nodes.ts';
import { computed, type Operand, orNull, stored } from './operands.ts';
import type { StepWriter } from './step-writer.ts';

type Entries = ObjectExpr['entries'];

export class Literals {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
  ) {}

  /** A list; `known` are the values of its first items, if they have been evaluated. */
  list(items: readonly Expr[], known: readonly Operand[] = []): Operand {
    const { writer, expressions } = this;
    if (items.length > MANY_PARTS && !items.every((item) => writer.unit.cannotRebind(item))) {
      const made = writer.temporary(js`[]`);
      items.forEach((item, i) => {
        writer.run(js`${made}.push(${orNull(known[i] ?? expressions.value(item))})`);
      });
      return stored(made);
    }
    const codes = expressions.operands(items, known).map(orNull);
    return computed(js`[${joined(codes, ', ')}]`);
  }

  object({ entries }: ObjectExpr): Operand {
    const { writer, expressions } = this;
    const values = entries.flatMap(({ key, value }) => (staticKey(key) === null ? [key, value] : [value]));
    const keys = new Set(entries.map(({ key }) => key));
    const cannotRebind = values.every((value) => writer.unit.cannotRebind(value));
    if (!cannotRebind && values.length > MANY_PARTS) return this.#largeObject(entries);
    const operands = values.map((value) => {
      const operand = writer.repeatable(expressions.value(value));
      if (keys.has(value)) return writer.spill(computed(this.#keyText(operand, value)));
      return cannotRebind ? operand : writer.spill(operand);
    });
    const made = writer.temporary(js`new $Obj()`);
    const table = mayBecomeTable(entries);
    let at = 0;
    for (const { key } of entries) {
      const name = staticKey(key);
      const text = name === null ? (operands[at++] as Operand).code : null; // one for each key that is not static
      this.#store(made, name, text, orNull(operands[at++] as Operand), table); // and one for each value
    }
    return stored(made);
  }

  /** Stores each entry as soon as it is evaluated: temporaries for all values would be part of the frame saved at every call. */
  #largeObject(entries: Entries): Operand {
    const { writer, expressions } = this;
    const made = writer.temporary(js`new $Obj()`);
    const table = mayBecomeTable(entries);
    for (const { key, value } of entries) {
      const name = staticKey(key);
      let text: Code | null = null;
      if (name === null) text = [writer.temporary(this.#keyText(writer.repeatable(expressions.value(key)), key))];
      this.#store(made, name, text, orNull(expressions.value(value)), table);
    }
    return stored(made);
  }

  #keyText(operand: Operand, key: Expr): Code {
    return js`${this.writer.unit.helper('literalKey')}(${operand.code}, ${this.writer.position(key.start)})`;
  }

  /** Stores an entry of a literal, under a static name or under a text. */
  #store(made: Local, name: string | null, text: Code | null, value: Code, table: boolean): void {
    const { writer } = this;
    if (name !== null && !table) writer.run(js`${made}${member(name)} = ${value}`);
    else writer.run(js`${writer.unit.helper('setKey')}(${made}, ${text ?? literal(name ?? '')}, ${value})`);
  }
}

/** Whether a computed key may make a table of the object while it is made: then no name in it can be set directly. */
function mayBecomeTable(entries: Entries): boolean {
  return entries.length > MANY_PARTS && entries.some(({ key }) => staticKey(key) === null);
}
