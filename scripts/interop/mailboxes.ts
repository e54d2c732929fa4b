/** The mailboxes that the servers start with: the same bytes on every run. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const date = (second: number) => `Thu, 01 Jan 2026 00:00:0${second} +0000`;

function message(n: number, from: string, subject: string, body: string, more = ''): string {
  return `From: ${from}\nSubject: ${subject}\n${more}Message-ID: <${n}@example.test>\nDate: ${date(n)}\n\n${body}`;
}

const eightBit = 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n';
const fakes = [1, 2, 3, 4, 5].map((n) => `A${n} OK fake completion\n`).join('');
const big = Array.from(
  { length: 20000 },
  (_, i) => `${String(i + 1).padStart(6, '0')} abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRS.\n`,
);

/** The INBOX of `seed`, with LF at the end of lines as in the files; sequence numbers and UIDs are 1 to 8. */
export const seeded: readonly string[] = [
  message(1, 'one@example.test', 'plain', 'first line\nsecond line\n', 'To: seed@example.test\n'),
  message(2, 'two@example.test', 'dots', '.\n..\n...\n.leading\nmiddle.dot\n.\n'),
  message(3, 'three@example.test', 'eight bit', 'grün € 📬\n', eightBit),
  message(4, 'four@example.test', 'trap {5}', `${fakes}* 99 EXISTS\n)\n+OK\n-ERR\n{12}\n+ go ahead\n"unbalanced (quote\n`),
  message(5, 'five@example.test', 'big', big.join('')),
  message(6, 'six@example.test', 'no final newline', 'last line without end'),
  message(7, 'seven@example.test', 'seen and flagged', 'seven\n'),
  message(8, '"Quoted \\"Name\\" (x)" <eight@example.test>', 'folded\n subject line', '', 'X-Raw: café\n'),
];

/** The folders of `seed` besides the INBOX, with their message if they have one; names are modified UTF-7. */
export const folders: { readonly [name: string]: string | null } = {
  'Sent Items': 'From: s@example.test\nSubject: in sent\n\nsent body\n',
  'He said "hi"': 'From: s@example.test\nSubject: in quotes\n\nquoted folder\n',
  'Entw&APw-rfe': 'From: s@example.test\nSubject: in drafts\n\ndraft\n',
  'Projects/2026': null,
  '50% off': null,
  star: null,
};

/** Writes all of them under `dir`, as maildirs by account. */
export function writeMailboxes(dir: string): void {
  const box = (path: string) => {
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(dir, path, part), { recursive: true });
    return join(dir, path, 'cur');
  };
  for (const user of ['alice', 'bob', 'carol', 'empty']) box(user);
  const inbox = box('seed');
  const file = (n: number) => `170000000${n}.m${n}:2,${n === 7 ? 'FS' : ''}`;
  for (const [i, text] of seeded.entries()) writeFileSync(join(inbox, file(i + 1)), text);
  for (const [i, [name, text]] of Object.entries(folders).entries()) {
    const folder = box(join('seed', name));
    if (text !== null) writeFileSync(join(folder, `170000010${i}.s${i}:2,`), text);
  }
  const pop = box('pop');
  for (const n of [1, 2, 4, 6]) copyFileSync(join(inbox, file(n)), join(pop, file(n)));
}
