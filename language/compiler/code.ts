/** JavaScript text in pieces, in which variables stay visible until it is printed. */

/**
 * A variable of the emitted function, or one of the module, which all functions share and no frame saves. Temporaries share JavaScript
 * variables where their uses do not overlap.
 */
export class Local {
  /** Its first and last use, as positions in the printed text (liveness.ts); -1 while it has none. */
  first = -1;
  last = -1;
  constructor(
    public name: string,
    readonly kind: 'variable' | 'temporary' | 'module' = 'temporary',
  ) {}
}

export type Code = readonly (string | Local)[];

export type Part = string | number | Local | Code;

/** Builds code from a template. */
export function js(texts: TemplateStringsArray, ...parts: Part[]): Code {
  const code: (string | Local)[] = [];
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string; // in range
    if (text !== '') code.push(text);
    const part = parts[i];
    if (part === undefined) continue;
    if (typeof part === 'number') code.push(part < 0 ? `(${part})` : String(part));
    else if (typeof part === 'string' || part instanceof Local) code.push(part);
    else for (let k = 0; k < part.length; k++) code.push(part[k] as string | Local); // in range
  }
  return code;
}

/** Code pieces with something between them. */
export function joined(codes: readonly Code[], separator: string): Code {
  const [first = []] = codes;
  if (codes.length <= 1) return first;
  const code = [...first];
  for (let i = 1; i < codes.length; i++) {
    code.push(separator);
    for (const one of codes[i] as Code) code.push(one); // in range; a spread would put all of it on the native stack
  }
  return code;
}

/** The text of code whose variables have their names. */
export function printed(code: Code): string {
  let out = '';
  for (const part of code) out += typeof part === 'string' ? part : part.name;
  return out;
}

/** A statement that evaluates code, and keeps its value in a variable unless that is null. */
export function assignment(sets: Local | null, code: Code): string {
  return sets === null ? `${printed(code)};` : `${sets.name} = ${printed(code)};`;
}
