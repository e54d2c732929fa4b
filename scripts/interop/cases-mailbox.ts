/**
 * One mailbox in Dovecot and in ours: what both say to the same FETCH and SEARCH lines, side by side. Where we differ, the difference is in
 * a list here, with its reason. And a mailbox of 20,000 messages in both.
 */
import { chmodSync, chownSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { imapValues } from '../../builtins/lib-support/imap-text.ts';
import { whole } from '../../builtins/time-slices.ts';
import { Str, type Value } from '../../language/values/values.ts';
import { accounts } from './configs.ts';
import { corpus } from './mime-corpus.ts';
import { type Case, same, type World } from './table.ts';

const LARGE = 20_000;
const FLAGS = ['', 'S', 'F', 'FS', 'RS', 'D', 'ST'];
const ARRIVED = 1_700_000_000;

/** Messages as files of a maildir: with LF, in the order of their names. Names of files and messages. */
function writeMaildir(world: World, user: string, messages: readonly string[]): string {
  const dir = join(world.servers.dir, 'mail', user);
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(dir, part), { recursive: true });
  const owner = statSync(join(world.servers.dir, 'mail'));
  for (const [i, text] of messages.entries()) {
    const file = join(dir, 'cur', `${ARRIVED + i}.m${i}:2,${FLAGS[i % FLAGS.length]}`);
    writeFileSync(file, text, 'latin1');
    utimesSync(file, ARRIVED, ARRIVED);
    chmodSync(file, 0o644);
    chownSync(file, owner.uid, owner.gid);
  }
  for (const part of ['', 'cur', 'new', 'tmp']) chownSync(join(dir, part), owner.uid, owner.gid);
  return join(dir, 'cur');
}

/** A session that sends lines as they are. */
class Session {
  readonly #socket;
  #held = '';
  #look = () => {};
  #count = 0;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setEncoding('latin1');
    this.#socket.on('data', (piece: string) => {
      this.#held += piece;
      this.#look();
    });
    this.#socket.on('error', () => {});
  }

  /** The untagged answers to a command, and the word behind its tag. */
  async command(line: string): Promise<{ readonly answers: readonly string[][]; readonly status: string }> {
    const tag = `zq${++this.#count}`;
    const end = new RegExp(`(?:^|\r\n)${tag} ([A-Z]+)[^\r\n]*\r\n$`);
    this.#held = this.#count === 1 ? this.#held : '';
    this.#socket.write(`${tag} ${line}\r\n`, 'latin1');
    const status = await new Promise<string>((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`No answer to ${line}: ${this.#held.slice(-300)}`)), 20_000);
      this.#look = () => {
        const found = end.exec(this.#held.slice(-1000))?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        done(found);
      };
      this.#look();
    });
    return { answers: partsOf(this.#held).filter(([first]) => first?.startsWith('* ')), status };
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Answers as parts: lines, with a literal between each two of them. */
function partsOf(text: string): string[][] {
  const answers: string[][] = [];
  let parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    parts.push(line);
    at += line.length + 2;
    const size = /\{(\d+)\}$/.exec(line)?.[1];
    if (size === undefined) {
      answers.push(parts);
      parts = [];
    } else {
      parts.push(text.slice(at, at + Number(size)));
      at += Number(size);
    }
  }
  return answers;
}

function plain(value: Value): unknown {
  if (value instanceof Str) return value.text;
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Structures are the same in any case of letters (RFC 3501, section 7.4.2). */
function folded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(folded);
  return typeof value === 'string' ? value.toUpperCase() : value;
}

/** A value without what need not be the same: the order of flags, and `\\Recent`, which no message of ours ever is. */
function comparable(name: string, value: unknown): unknown {
  if (name === 'BODY' || name === 'BODYSTRUCTURE') return folded(value);
  const isFlags = Array.isArray(value) && value.every((one) => typeof one === 'string' && one.startsWith('\\'));
  return isFlags ? value.filter((flag) => flag !== '\\Recent').toSorted() : value;
}

/** Items of FETCH by the number of their message and their name, as JSON. */
function itemsOf(answers: readonly string[][]): Map<string, string> {
  const found = new Map<string, string>();
  for (const parts of answers) {
    const read = plain(whole(imapValues(parts, 1e6))) as [[string, string, string, unknown[]], number] | null;
    if (read === null) throw new Error(`Not an answer: ${parts.join('|').slice(0, 300)}`);
    const [[, number, word, items]] = read;
    if (word !== 'FETCH') continue;
    for (let i = 0; i < items.length; i += 2) {
      const name = String(items[i]).toUpperCase();
      found.set(`${number} ${name}`, JSON.stringify(comparable(name, items[i + 1])));
    }
  }
  return found;
}

const ITEMS = [
  ...[
    'FLAGS',
    'UID',
    'INTERNALDATE',
    'RFC822.SIZE',
    'ENVELOPE',
    'BODY',
    'BODYSTRUCTURE',
    'RFC822',
    'RFC822.HEADER',
    'RFC822.TEXT',
  ],
  ...['', 'HEADER', 'TEXT', '1', '1.MIME', '2', '1.1', '2.1', '2.MIME', '2.HEADER', '2.TEXT', '1.HEADER', '1.2', '9'].map(
    (section) => `BODY.PEEK[${section}]`,
  ),
  ...['(Subject)', '(subject TO)', '(X-None)'].map((names) => `BODY.PEEK[HEADER.FIELDS ${names}]`),
  'BODY.PEEK[HEADER.FIELDS.NOT (Subject From)]',
  ...['BODY.PEEK[]<0.20>', 'BODY.PEEK[TEXT]<5.10>', 'BODY.PEEK[1]<3.4>', 'BODY.PEEK[]<99999.5>'],
];
const SETS = ['1', '*', '2:4', '4:2', '1,3,5:6', '2,4:*', '*:3'];

const TEXTS = [
  'body',
  'words',
  'WORDS',
  'Gr\u00fc\u00df',
  'gr\u00dc\u00df',
  'x.test',
  'multipart',
  'nowhere',
  'Content',
  'b',
  'ann',
  '',
];
const CRITERIA = [
  ...[
    'ALL',
    'ANSWERED',
    'DELETED',
    'DRAFT',
    'FLAGGED',
    'SEEN',
    'UNANSWERED',
    'UNDELETED',
    'UNDRAFT',
    'UNFLAGGED',
    'UNSEEN',
    'NEW',
    'OLD',
  ],
  ...[
    'KEYWORD $X',
    'UNKEYWORD $X',
    'LARGER 300',
    'SMALLER 300',
    'LARGER 0',
    'SMALLER 100000',
    '1:5',
    '*',
    '3,9:7',
    'UID 2:4',
    'UID *',
  ],
  ...['FROM', 'TO', 'CC', 'BCC', 'SUBJECT', 'BODY', 'TEXT'].flatMap((key) => TEXTS.map((text) => `${key} "${text}"`)),
  ...['X-None ""', 'Subject ""', 'Content-Type multipart', 'content-type "plain"', 'Date 2014'].map((one) => `HEADER ${one}`),
  ...['BEFORE', 'ON', 'SINCE', 'SENTBEFORE', 'SENTON', 'SENTSINCE'].flatMap((key) =>
    ['14-Nov-2023', '13-Nov-2023', '14-Feb-2014'].map((day) => `${key} ${day}`),
  ),
  ...[
    'NOT SEEN',
    'NOT NOT SEEN',
    'OR SEEN FLAGGED',
    'OR (SEEN 1:9) UID 20:22',
    '(SEEN)',
    'SEEN FLAGGED',
    '1:9 NOT (OR SEEN DRAFT)',
  ],
];

/** Where we differ from Dovecot on purpose: which line, which messages, and why. */
const DIFFERENCES: readonly { readonly line: RegExp; readonly message?: RegExp; readonly reason: string }[] = [
  { line: /PEEK\[[12]\.1\]/, reason: 'A part that is not a multipart has no parts (RFC 3501, section 6.4.5).' },
  {
    line: /PEEK\[1\]\)/,
    message: /^mixed of \w+ of it/,
    reason: 'The line end in front of a boundary belongs to it (RFC 2046, section 5.1.1).',
  },
  {
    line: /\(BODY(?:STRUCTURE)?\)/,
    message: /html|^Content-Type: text(?:, with LF)?$/,
    reason: 'A character set that is not told is not made up.',
  },
  { line: /ENVELOPE/, message: /^name in|^From: =\?utf-8/, reason: 'Encoded words are read, and written in UTF-8.' },
  { line: /ENVELOPE| TO /, message: /^To: =\?utf-8\?Q\?Doe,/, reason: 'A comma in an encoded word ends nothing.' },
  {
    line: /ENVELOPE| TO /,
    message: /^To: A <a@x.test> B|^To: Ann jane/,
    reason: 'Addresses are found without commas and brackets, too.',
  },
  {
    line: /ENVELOPE| TO /,
    message: /^To: jane @ x/,
    reason: 'Blanks around @ and . are not part of an address (RFC 5322, section 4.4).',
  },
  { line: /ENVELOPE/, message: /^To: <@relay/, reason: 'The route of an address is dropped (RFC 5322, section 4.4).' },
  { line: /ENVELOPE/, message: /^To: support@x.test </, reason: 'A name that looks like the address is a name.' },
  { line: /(?:BODY|TEXT) "/, message: /^Content-Transfer-Encoding: X/, reason: 'What cannot be decoded is searched as it is.' },
  {
    line: /(?:BODY|TEXT) "/,
    message: /^Content-Type: text(?:, with LF)?$/,
    reason: 'An invalid type is text/plain (RFC 2045, section 5.2).',
  },
  { line: /BODY/, message: /--b--x/, reason: 'A line that only begins like a boundary is text.' },
  { line: /SENT/, message: /^Date: yesterday|^Date: Fri, 31 Feb/, reason: 'What is not a date is on no day.' },
  { line: /ENVELOPE/, message: /^Subject: a\r\n folded/, reason: 'Of a fold only the line end goes (RFC 5322, section 2.2.3).' },
  {
    line: /BODYSTRUCTURE/,
    message: /filename\*/,
    reason: 'Parameters in pieces are put together, and written as encoded words where they are not ASCII.',
  },
  { line: /BODYSTRUCTURE/, message: /filename=b/, reason: 'Of two parameters with one name the first counts.' },
  { line: /OLD|NEW/, reason: 'No message is recent: which session is the first to see it is not known.' },
];

/** The messages of the table: those of the corpus that a maildir keeps as they are. */
const samples = corpus()
  .map(({ name, raw }) => ({ name, text: raw.toString('latin1').replaceAll('\r\n', '\n') }))
  .filter(({ text }) => !/[\r\0]/.test(text));

function allowed(line: string, message: string): boolean {
  return DIFFERENCES.some((one) => one.line.test(line) && (one.message === undefined || one.message.test(message)));
}

async function compared(world: World): Promise<string[]> {
  const mail = writeMaildir(
    world,
    'table',
    samples.map(({ text }) => text),
  );
  const port = world.servers.ports.ours.imap;
  const server = await world.serve('table-server.oak', { MAIL: mail, PORT: port });
  const [theirs, ours] = [new Session(world.servers.ports.imap), new Session(port)];
  const problems: string[] = [];
  try {
    for (const session of [theirs, ours]) {
      for (const line of [`LOGIN table ${accounts.table}`, 'EXAMINE INBOX'])
        same(line, (await session.command(line)).status, 'OK');
    }
    for (const [set, item] of [...ITEMS.map((one) => ['1:*', one]), ...SETS.map((one) => [one, 'UID'])]) {
      const line = `FETCH ${set} (${item})`;
      const [their, our] = [itemsOf((await theirs.command(line)).answers), itemsOf((await ours.command(line)).answers)];
      for (const key of new Set([...their.keys(), ...our.keys()])) {
        const name = samples[Number.parseInt(key, 10) - 1]?.name ?? '';
        if (their.get(key) === our.get(key) || allowed(line, name)) continue;
        problems.push(`${line}, ${name}: ${our.get(key)}, Dovecot ${their.get(key)}`);
      }
    }
    for (const criteria of CRITERIA) {
      const line = Buffer.from(`SEARCH CHARSET UTF-8 ${criteria}`).toString('latin1');
      const found = async (session: Session) => {
        const { answers, status } = await session.command(line);
        return `${status} ${answers.map(([first]) => first).find((first) => first?.startsWith('* SEARCH')) ?? ''}`.trim();
      };
      const [their, our] = [await found(theirs), await found(ours)];
      const numbers = (text: string) => text.split(' ').slice(3);
      const [those, these] = [numbers(their), numbers(our)];
      const different = [...those.filter((n) => !these.includes(n)), ...these.filter((n) => !those.includes(n))].map(
        (n) => samples[Number(n) - 1]?.name ?? n,
      );
      if (their.split(' ')[0] !== our.split(' ')[0]) different.push(`${our.slice(0, 20)}, Dovecot ${their.slice(0, 20)}`);
      problems.push(...different.filter((name) => !allowed(line, name)).map((name) => `${line}: ${name}`));
    }
  } finally {
    theirs.end();
    ours.end();
    await server.stop();
  }
  return problems;
}

const sideBySide: Case = {
  peer: 'Dovecot beside our IMAP',
  name: `${samples.length} messages, ${ITEMS.length + SETS.length} FETCH lines and ${CRITERIA.length} SEARCH lines: the same, or the difference has a reason`,
  short: true,
  needs: ['dovecot'],
  async run(world) {
    const problems = await compared(world);
    if (problems.length > 0) throw new Error(`${problems.length} differences\n${problems.slice(0, 100).join('\n')}`);
  },
};

const LARGE_RESULT = { exists: LARGE, found: LARGE, messages: LARGE, same: true, next: true };

const largeThere: Case = {
  peer: 'Dovecot IMAP',
  name: `a mailbox of ${LARGE} messages: all uids and flags`,
  needs: ['dovecot'],
  async run(world) {
    writeMaildir(
      world,
      'large',
      Array.from({ length: LARGE }, (_, i) => `From: ann@example.test\nSubject: ${i}\n\nx\n`),
    );
    const found = (await world.magnolia('large-reader.oak', {
      PORT: world.servers.ports.imap,
      USER: 'large',
      PASSWORD: accounts.large,
    })) as { seen: number };
    same('read', found, { ...LARGE_RESULT, seen: found.seen });
    same('some are seen', found.seen > LARGE / 2, true);
  },
};

const largeHere: Case = {
  peer: 'Dovecot beside our IMAP',
  name: `a mailbox of ${LARGE} messages in ours: all uids and flags`,
  async run(world) {
    const port = world.servers.ports.ours.imap;
    const server = await world.serve('table-server.oak', { PORT: port, COUNT: LARGE });
    try {
      const found = await world.magnolia('large-reader.oak', { PORT: port, USER: 'u', PASSWORD: 'p' });
      same('read', found, { ...LARGE_RESULT, seen: 11429 });
    } finally {
      await server.stop();
    }
  },
};

export const mailboxCases: readonly Case[] = [sideBySide, largeThere, largeHere];
