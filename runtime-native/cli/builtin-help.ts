/** A builtin as text, from its description in the registry. */
import type { Builtin, Param } from '../../builtins/registry.ts';
import { wording } from '../../language/runtime/mistakes.ts';
import { display } from '../../language/runtime/render.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import { RESULTS } from './builtin-results.ts';

/** How it is called, what it does, what it takes and which errors it makes of what it does not take. */
export function describeBuiltin(one: Builtin): string {
  const { name, params, rest, callback, backend, unchecked } = one;
  const shown = params.map(({ name: param, defaultValue }) =>
    defaultValue === undefined ? param : `${param} = ${display(defaultValue)}`,
  );
  const lines = [`${name}(${[...shown, ...(rest === true ? ['more...'] : [])].join(', ')})`, `    ${utf8Decode(one.help)}`];

  if (params.length > 0) {
    const width = Math.max(...params.map((param) => param.name.length));
    lines.push('', ...params.map((param) => `    ${param.name.padEnd(width)}  ${param.expected}`));
  }
  if (callback === true) {
    lines.push(
      '',
      '    With a function as the last argument it returns ? at once, works in the background',
      '    and calls the function with the result.',
    );
  }
  const results = RESULTS[name];
  if (results !== undefined) lines.push('', '    Returns', ...results.map((result) => `      ${result}`));
  if (backend !== undefined)
    lines.push('', `    Needs ${backend}: where there are none (in browsers) it returns an error value.`);

  const required = params.filter(({ defaultValue }) => defaultValue === undefined).length;
  const errors: string[] = [];
  if (unchecked !== true && required > 0) errors.push(`${one.missing ?? name} requires ${required} arguments, got 0`);
  if (unchecked !== true) errors.push(...new Set(params.flatMap((param) => errorTexts(one, param))));
  if (errors.length > 0) lines.push('', '    Errors', ...errors.map((error) => `      ${utf8Decode(error)}`));
  return `${lines.join('\n')}\n`;
}

/** The error for an argument that is none of what the parameter takes; none when it takes everything. */
function errorTexts(one: Builtin, param: Param): string[] {
  if (param.read(null) !== undefined) return [];
  if (param.mistake === undefined)
    return [`Mismatched types in call ${one.name}(${one.params.map(({ name }) => name).join(', ')})`];
  return [wording(param.mistake(one.name, null).mistake).replace(/\?$/, '...')];
}
