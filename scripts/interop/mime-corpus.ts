/** Messages as people, programs and attackers write them: what `mime.parse` and the parsers of others are compared on. */

export interface Sample {
  readonly name: string;
  readonly raw: Buffer;
}

const TEXT = 'Grüße aus Köln, 5 €';
const CHARSETS: readonly (readonly [string, string])[] = [
  ['utf-8', TEXT],
  ['iso-8859-1', 'Gr\xfc\xdfe'],
  ['windows-1252', 'Gr\xfc\xdfe \x80'],
  ['iso-8859-15', 'Gr\xfc\xdfe \xa4'],
  ['koi8-r', '\xf0\xd2\xc9\xd7\xc5\xd4'],
  ['windows-1251', '\xcf\xf0\xe8\xe2\xe5\xf2'],
  ['iso-2022-jp', '\x1b$B$3\x1b(B'],
  ['shift_jis', '\x82\xb1'],
  ['gb18030', '\xc4\xe3'],
  ['euc-kr', '\xb0\xa1'],
  ['big5', '\xa7A'],
];
const bytesOf = (charset: string, text: string) => Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1');

function quotedPrintable(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte > 32 && byte < 127 && byte !== 61 ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
    .replace(/.{60}(?!$)(?<!=.?)/g, '$&=\r\n');
}

/** The ways in which a body can travel. */
const encodings: { readonly [name: string]: (bytes: Buffer) => string } = {
  '8bit': (bytes) => bytes.toString('latin1'),
  base64: (bytes) => bytes.toString('base64'),
  'quoted-printable': quotedPrintable,
};

const HEAD =
  'From: Ann <ann@example.test>\r\nTo: bob@example.test\r\nSubject: sample\r\nDate: Fri, 14 Feb 2014 08:45:07 -0600\r\nMIME-Version: 1.0\r\n';

function* bodies(): Generator<[string, string]> {
  for (const [charset, text] of CHARSETS) {
    for (const [encoding, encode] of Object.entries(encodings)) {
      const head = `Content-Transfer-Encoding: ${encoding}\r\n\r\n`;
      const body = encode(bytesOf(charset, text));
      yield [`text in ${charset}, ${encoding}`, `${HEAD}Content-Type: text/plain; charset=${charset}\r\n${head}${body}\r\n`];
      yield [
        `html in ${charset}, ${encoding}`,
        `${HEAD}Content-Type: text/html; charset="${charset}"\r\n${head}<p>${encode(bytesOf(charset, ''))}</p>\r\n`,
      ];
      const part = `Content-Type: text/csv; charset=${charset}\r\nContent-Disposition: attachment; filename=a.csv\r\n${head}${body}\r\n`;
      yield [
        `attachment in ${charset}, ${encoding}`,
        `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee file\r\n--b\r\n${part}--b--\r\n`,
      ];
    }
    const word = bytesOf(charset, text).toString('base64');
    yield [`subject in ${charset}`, `Subject: =?${charset}?B?${word}?= end\r\n${HEAD.replace(/Subject.*\r\n/, '')}\r\nx\r\n`];
    yield [`name in ${charset}`, `${HEAD.replace('Ann', `=?${charset}?B?${word}?=`)}\r\nx\r\n`];
  }
}

function* trees(): Generator<[string, string]> {
  const plain = '\r\nplain words';
  const html = 'Content-Type: text/html\r\n\r\n<b>html</b>';
  const picture = 'Content-Type: image/png; name=dot.png\r\nContent-ID: <dot>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBO';
  const pdf =
    'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="offer.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==';
  const message = 'Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nSubject: inner\r\n\r\ninner words';
  const leaves = { plain, html, picture, pdf, message };
  const multi = (kind: string, parts: readonly string[], mark: string) =>
    `Content-Type: multipart/${kind}; boundary="${mark}"\r\n\r\n${parts.map((part) => `--${mark}\r\n${part}\r\n`).join('')}--${mark}--`;
  const names = Object.keys(leaves) as (keyof typeof leaves)[];
  for (const kind of ['mixed', 'related', 'alternative']) {
    for (const first of names) {
      for (const second of names) {
        const one = multi(kind, [leaves[first], leaves[second]], 'inner');
        yield [`${kind} of ${first} and ${second}`, `${HEAD}${one}\r\n`];
        if (first === 'plain')
          yield [`mixed of ${kind} of it and ${second}, and a file`, `${HEAD}${multi('mixed', [one, pdf], 'outer')}\r\n`];
        if (second === 'html') yield [`${kind} of ${first} and html, with LF`, `${HEAD}${one}\r\n`.replaceAll('\r\n', '\n')];
      }
    }
  }
  for (const end of ['', '\r\n--b', '\r\n--b--', '\r\n--b--\r\nepilogue', '\r\n--b--x\r\n'])
    yield [
      `multipart that ends in ${JSON.stringify(end)}`,
      `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n${plain}${end}`,
    ];
}

function* headers(): Generator<[string, string]> {
  const lines = [
    'To: "Doe, Jane" <jane@x.test>, bob@x.test',
    'To: Jane (at home) <jane@x.test>',
    'To: jane@x.test (Jane)',
    'To: Team: a@x.test, B <b@x.test>;',
    'To: Undisclosed recipients:;',
    'To: =?utf-8?Q?Doe,_J=C3=BCrgen?= <j@x.test>',
    'To: A <a@x.test> B <b@x.test>',
    'To: <@relay.test:jane@x.test>',
    'To: "quoted \\"name\\"" <q@x.test>',
    'To: support@x.test <support@x.test>',
    'To: a@x.test\r\nTo: b@x.test',
    'Subject: a\r\n folded\r\n\tsubject',
    'Subject: =?utf-8?Q?a?= =?utf-8?Q?b?= c',
    'Subject: =?utf-8?Q?with blanks?=',
    'Subject: =?utf-8?Q?open',
    'Subject: =?iso-8859-1?Q?Gr=FC=DFe?= and =?utf-8?B?R3LDvMOfZQ==?=',
    'Subject: Grüße in UTF-8',
    'Date: Fri, 14 Feb 2014 08:45:07 GMT',
    'Date: 14 Feb 2014 08:45:07 +0100 (CET)',
    'Date: Fri, 14 Feb 2014 08:45:07 EST',
    'Date: yesterday',
    'Content-Type: text/plain (really); charset=utf-8 (of course)',
    'Content-Type: TEXT/PLAIN; CHARSET=UTF-8;',
    'Content-Type: text',
    'Content-Type: application/pdf; name="a b.pdf"',
    "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''gr%C3%BCn.pdf",
    "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=utf-8''gr%C3; filename*1*=%BCn.pdf",
    'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="=?utf-8?B?Z3LDvG4ucGRm?="',
    'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a; filename=b',
    'Content-Transfer-Encoding: X-unknown',
    'To: jane @ x . test',
    'To: Ann jane@x.test',
    'To: ',
    'From: "Ann (not a comment)" <ann@x.test>',
    'From: =?utf-8?B?w7w=?= =?utf-8?B?w7w=?= <ann@x.test>',
    'Date: Fri, 14 Feb 2014 08:45 -0600',
    'Date: Fri, 31 Feb 2014 08:45:07 +0000',
    'Date: Fri, 14 Feb 2014 08:45:07 +9999',
    'Subject: =?utf-8?Q?a=0Ab?=',
    'Content-Type: text/plain; charset=x-nobody-knows',
    'Content-Type: application/octet-stream; name="a\\"b.bin"',
  ];
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':'));
    const rest = HEAD.split('\r\n').filter((one) => !one.startsWith(`${name}:`));
    yield [line, `${rest.slice(0, -1).join('\r\n')}\r\n${line}\r\n\r\nbody words\r\n`];
    yield [`${line}, with LF`, `${line.replaceAll('\r\n', '\n')}\n${rest.slice(0, -1).join('\n')}\n\nbody words\n`];
  }
}

/** All samples, each time the same. */
export function corpus(): Sample[] {
  return [...bodies(), ...trees(), ...headers()].map(([name, raw]) => ({
    name,
    raw: /UTF-8|Köln/.test(raw) && name.includes('UTF-8') ? Buffer.from(raw, 'utf8') : Buffer.from(raw, 'latin1'),
  }));
}

/** A generator of numbers from 0 to below 1 that is the same each time (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PIECES = [
  '\r\n',
  '\n',
  ' ',
  '\t',
  ':',
  ';',
  '"',
  '(',
  ')',
  '<',
  '>',
  '@',
  ',',
  '=?',
  '?=',
  '=',
  '--b',
  '--',
  '\0',
  '\xff',
  '*',
  "'",
  '\r\n\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n',
  '=?utf-8?Q?',
  '%',
  '\\',
];

/** A sample with a few places changed: cut, doubled, swapped, or with a sign put in. */
export function mutated(raw: string, random: () => number): string {
  let text = raw;
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * text.length);
    const size = Math.floor(random() * random() * 60);
    const kind = random();
    if (kind < 0.4) text = text.slice(0, at) + PIECES[Math.floor(random() * PIECES.length)] + text.slice(at);
    else if (kind < 0.6) text = text.slice(0, at) + text.slice(at + size);
    else if (kind < 0.8) text = text.slice(0, at + size) + text.slice(at);
    else text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
  }
  return text;
}
