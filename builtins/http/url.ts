/**
 * Addresses of requests, read as the reference reads them (Go's net/url): what it refuses is refused with its words, and what it
 * sends is sent.
 */

export interface Url {
  /** Small letters; '' for none. */
  readonly scheme: string;
  /** Name and password, decoded; null for none. */
  readonly user: { readonly name: string; readonly password: string | null } | null;
  /** As it was written, without the brackets of an IPv6 address. */
  readonly host: string;
  /** Digits or ''. */
  readonly port: string;
  /** Encoded; may be ''. */
  readonly path: string;
  /** With its question mark; '' for none. */
  readonly query: string;
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})[\s\S]{0,2}/;
/** What a path may contain unescaped; `%` is an escape. */
const NOT_IN_PATHS = /[^A-Za-z0-9\-._~!$&'()*+,;=:@[\]/%]/g;
const NOT_IN_HOSTS = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\x80-\xff]/;

/** Reads an address. A string is what is wrong with it, without `parse "URL": `. */
export function parseUrl(text: string): Url | string {
  if (CONTROL.test(text)) return 'net/url: invalid control character in URL';
  const fragment = text.indexOf('#');
  let rest = fragment < 0 ? text : text.slice(0, fragment);

  let scheme = '';
  const colon = rest.search(/[:/?]/);
  if (colon === 0 && rest[0] === ':') return 'missing protocol scheme';
  if (colon > 0 && rest[colon] === ':') {
    const before = rest.slice(0, colon);
    if (SCHEME.test(before)) {
      scheme = before.toLowerCase();
      rest = rest.slice(colon + 1);
    } else if (/^[A-Za-z]/.test(before) || !/^[0-9+.-]/.test(before) || before.includes(':')) {
      return 'first path segment in URL cannot contain colon';
    }
  }
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (scheme === '' && !rest.startsWith('/') && (rest.split('/')[0] ?? '').includes(':')) {
    return 'first path segment in URL cannot contain colon';
  }

  let authority = '';
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    authority = rest.slice(2, slash < 0 ? rest.length : slash);
    rest = slash < 0 ? '' : rest.slice(slash);
  }
  const place = parseAuthority(authority);
  if (typeof place === 'string') return place;
  const badEscape = BAD_ESCAPE.exec(rest);
  if (badEscape !== null) return `invalid URL escape ${quoted(badEscape[0])}`;
  return { scheme, ...place, path: rest.replace(NOT_IN_PATHS, percent), query };
}

function parseAuthority(authority: string): Pick<Url, 'user' | 'host' | 'port'> | string {
  const at = authority.lastIndexOf('@');
  const userText = at < 0 ? null : authority.slice(0, at);
  const hostText = authority.slice(at + 1);
  let user: Url['user'] = null;
  if (userText !== null) {
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userText)) return 'net/url: invalid userinfo';
    const badEscape = BAD_ESCAPE.exec(userText);
    if (badEscape !== null) return `invalid URL escape ${quoted(badEscape[0])}`;
    const split = userText.indexOf(':');
    user = {
      name: percentDecoded(split < 0 ? userText : userText.slice(0, split)),
      password: split < 0 ? null : percentDecoded(userText.slice(split + 1)),
    };
  }

  let host = hostText;
  let port = '';
  if (hostText.startsWith('[')) {
    const close = hostText.lastIndexOf(']');
    if (close < 0) return "missing ']' in host";
    const after = hostText.slice(close + 1);
    if (after !== '' && !/^:\d*$/.test(after)) return `invalid port ${quoted(after)} after host`;
    host = hostText.slice(1, close);
    port = after.slice(1);
  } else {
    const colon = hostText.lastIndexOf(':');
    if (colon >= 0) {
      if (!/^:\d*$/.test(hostText.slice(colon))) return `invalid port ${quoted(hostText.slice(colon))} after host`;
      host = hostText.slice(0, colon);
      port = hostText.slice(colon + 1);
    }
  }
  const wrong = NOT_IN_HOSTS.exec(host);
  if (wrong !== null) return `invalid character ${quoted(wrong[0])} in host name`;
  const badEscape = BAD_ESCAPE.exec(host);
  if (badEscape !== null) return `invalid URL escape ${quoted(badEscape[0])}`;
  return { user, host, port };
}

/** `%C3` for a byte. */
function percent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A text in quotes, on one line. */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\r/g, '\\r').replace(/\n/g, '\\n').replace(/\t/g, '\\t');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return `"${escaped.replace(/[\x00-\x1f\x7f]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

/**
 * The target of a request as programs see it: what does not belong in a path is percent-encoded, the query stays as it is. Null for
 * a target that is none.
 */
export function targetOf(url: string): string | null {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (!path.startsWith('/') && !/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path)) return null;
  if (BAD_ESCAPE.test(path)) return null;
  const encoded = path.replace(NOT_IN_PATHS, percent);
  return mark < 0 ? encoded : encoded + url.slice(mark);
}

/** The address that a redirect leads to, relative to the one that was asked; null when it makes no sense. */
export function resolveUrl(base: Url, location: string): string | null {
  const origin = `${base.scheme}://${base.host.includes(':') ? `[${base.host}]` : base.host}${base.port === '' ? '' : `:${base.port}`}`;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(location)) return location;
  if (location.startsWith('//')) return `${base.scheme}:${location}`;
  if (location.startsWith('/')) return origin + withoutDots(location);
  if (location === '') return null;
  if (location.startsWith('?')) return origin + (base.path || '/') + location;
  return origin + withoutDots(`${base.path.slice(0, base.path.lastIndexOf('/') + 1) || '/'}${location}`);
}

/** A path without `.` and `..` (RFC 3986, section 5.2.4); the query stays. */
function withoutDots(target: string): string {
  const mark = target.search(/[?#]/);
  const path = mark < 0 ? target : target.slice(0, mark);
  const parts: string[] = [];
  const all = path.split('/').slice(1);
  for (const [i, part] of all.entries()) {
    if (part === '..') parts.pop();
    if ((part === '.' || part === '..') && i === all.length - 1) parts.push('');
    else if (part !== '.' && part !== '..') parts.push(part);
  }
  return `/${parts.join('/')}${mark < 0 ? '' : target.slice(mark)}`;
}
