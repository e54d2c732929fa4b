import { Obj, Str, str } from '../../language/values/values.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const NOT_IN_VALUES = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Names that peers make up are not all remembered. */
const MOST_REMEMBERED = 2000;
const canonical = new Map<string, string>();

/** Whether a text can be the name of a header, or a method (RFC 9110, section 5.6.2). */
export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/** Whether a text can be the value of a header: no control characters but the tab. */
export function isFieldValue(value: string): boolean {
  return !NOT_IN_VALUES.test(value);
}

/** `x-foo` as `X-Foo`: a capital at the start and after each hyphen, all else small. Other texts than names stay as they are. */
export function canonicalName(name: string): string {
  let known = canonical.get(name);
  if (known === undefined) {
    known = isToken(name) ? name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()) : name;
    if (canonical.size < MOST_REMEMBERED) canonical.set(name, known);
  }
  return known;
}

/** Headers that programs never see: the message's own framing, and for requests the host. */
const HIDDEN_IN_REQUESTS = new Set(['Host', 'Transfer-Encoding', 'Trailer']);
const HIDDEN_IN_ANSWERS = new Set(['Transfer-Encoding', 'Trailer']);

/** The headers of a request as an object. Lines of cookies are joined by `; `, others of one name by `,`. */
export function requestHeaders(list: readonly string[]): Obj {
  return headerObject(list, HIDDEN_IN_REQUESTS, true);
}

/** The headers of an answer as an object; `without` some that do not fit the unpacked body. */
export function answerHeaders(list: readonly string[], unpacked: boolean): Obj {
  const headers = headerObject(list, HIDDEN_IN_ANSWERS, false);
  if (unpacked) {
    delete headers['Content-Encoding'];
    delete headers['Content-Length'];
  }
  return headers;
}

function headerObject(list: readonly string[], hidden: ReadonlySet<string>, isRequest: boolean): Obj {
  const headers = new Obj();
  for (let i = 0; i < list.length; i += 2) {
    const name = canonicalName(list[i] as string); // the list is flat
    if (hidden.has(name)) continue;
    const value = trimmed(list[i + 1] as string);
    const before = headers[name];
    const separator = isRequest && name === 'Cookie' ? '; ' : ',';
    headers[name] = str(before instanceof Str ? before.text + separator + value : value);
  }
  return headers;
}

/** Without blanks and tabs at both ends. */
export function trimmed(value: string): string {
  return /^[ \t]|[ \t]$/.test(value) ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value;
}

/** The values of all lines with this canonical name. */
export function allValues(list: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < list.length; i += 2)
    if (canonicalName(list[i] as string) === name) values.push(trimmed(list[i + 1] as string));
  return values;
}

/** The value of the first line with this canonical name; undefined if there is none. */
export function firstValue(list: readonly string[], name: string): string | undefined {
  for (let i = 0; i < list.length; i += 2) if (canonicalName(list[i] as string) === name) return trimmed(list[i + 1] as string);
  return undefined;
}

/** Whether there is a line with this canonical name. */
export function hasHeader(list: readonly string[], name: string): boolean {
  return firstValue(list, name) !== undefined;
}
