/**
 * `mime.parse` beside the parsers of others: postal-mime and mailparser are the judges over a corpus of our own. Where both differ from
 * us, the difference is in a list here, with its reason.
 */
import { createRequire } from 'node:module';
import PostalMime from 'postal-mime';
import { createRuntime } from '../../runtime-native/index.ts';
import { corpus, type Sample } from './mime-corpus.ts';
import type { Case } from './table.ts';

interface Read {
  readonly subject: string;
  readonly to: string;
  readonly name: string;
  readonly date: number | null;
  readonly words: string;
  readonly files: string;
}

type Addresses = readonly { name?: string | undefined; address?: string | undefined; group?: Addresses | undefined }[];

/** What is used of mailparser, which has no declarations. */
const { simpleParser } = createRequire(import.meta.url)('mailparser') as {
  simpleParser(
    raw: Buffer,
    options: object,
  ): Promise<{
    subject?: string;
    from?: { value: Addresses };
    to?: { value: Addresses } | readonly { value: Addresses }[];
    headers: Map<string, unknown>;
    date?: Date;
    text?: string;
    attachments: readonly { filename?: string }[];
  }>;
};

const flat = (list: Addresses = []): Addresses => list.flatMap((one) => (one.group === undefined ? [one] : flat(one.group)));
const addressesOf = (list: Addresses | undefined) =>
  flat(list)
    .map((one) => one.address ?? '')
    .join(' ');
const blanks = (text: string | null | undefined) => (text ?? '').replace(/\s+/g, ' ').trim();
const seconds = (date: Date | undefined) => (date === undefined || Number.isNaN(date.getTime()) ? null : date.getTime() / 1000);

async function byPostal(raw: Buffer): Promise<Read> {
  const m = await PostalMime.parse(raw, { forceRfc822Attachments: true });
  const from = m.from === undefined ? [] : [m.from];
  return {
    subject: blanks(m.subject),
    to: addressesOf(m.to),
    name: blanks(flat(from)[0]?.name),
    date: m.date === undefined ? null : seconds(new Date(m.date)),
    words: blanks(m.text),
    files: m.attachments.map((one) => one.filename ?? '').join(' '),
  };
}

async function byMailparser(raw: Buffer): Promise<Read> {
  const m = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
  const to = m.to === undefined ? [] : 'value' in m.to ? m.to.value : m.to.flatMap((one) => one.value);
  return {
    subject: blanks(m.subject),
    to: addressesOf(to),
    name: blanks(m.from?.value[0]?.name),
    date: m.headers.has('date') ? seconds(m.date) : null,
    words: blanks(m.text),
    files: m.attachments.map((one) => one.filename ?? '').join(' '),
  };
}

const OURS = `
mime := import('mime')
std := import('std')
str := import('str')
fn blanks(s) std.filter(str.split(str.replace(str.replace(std.default(s, ''), '\\r', ' '), '\\n', ' '), ' '), fn(word) word != '') |> str.join(' ')
fn read(raw) {
	m := mime.parse(raw)
	{
		subject: blanks(m.subject)
		to: str.join(std.map(m.to, fn(one) one.address), ' ')
		name: std.default(m.from.0, {name: ''}).name
		date: m.date
		words: blanks(m.text)
		files: str.join(std.map(m.attachments, fn(one) std.default(one.name, '')), ' ')
	}
}
`;

/** Where we differ from both judges, on purpose: which samples, which field, and why. */
const DIFFERENCES: readonly { readonly samples: RegExp; readonly field: keyof Read; readonly reason: string }[] = [
  { samples: /^alternative of plain and plain/, field: 'words', reason: 'Of alternatives one is shown.' },
  { samples: /^mixed of alternative of it and plain,/, field: 'words', reason: 'Of alternatives one is shown.' },
  { samples: /^mixed of alternative of it and plain,/, field: 'files', reason: 'The other alternative is not lost.' },
  { samples: /^To: A <a@x.test> B <b@x.test>/, field: 'to', reason: 'Both of two people are read where the comma is missing.' },
  { samples: /^To: jane @ x/, field: 'to', reason: 'Blanks around @ and . are not part of an address (RFC 5322, section 4.4).' },
  {
    samples: /^Date: Fri, 31 Feb|^Date: .*\+9999/,
    field: 'date',
    reason: 'There is no such time: ? is better than a wrong one.',
  },
  {
    samples: /^Content-Type: text(?:, with LF)?$/,
    field: 'words',
    reason: 'An invalid type is text/plain (RFC 2045, section 5.2).',
  },
];

function allowed(sample: Sample, field: keyof Read): boolean {
  return DIFFERENCES.some((one) => one.field === field && one.samples.test(sample.name));
}

const judged: Case = {
  peer: 'postal-mime, mailparser',
  name: `a corpus of ${corpus().length} messages is read as by one of them, or the difference has a reason`,
  short: true,
  async run() {
    const runtime = createRuntime();
    const program = await runtime.load(OURS);
    const problems: string[] = [];
    for (const sample of corpus()) {
      const ours = (await program.call('read', new Uint8Array(sample.raw))) as unknown as Read; // what OURS returns
      const judges = [await byPostal(sample.raw), await byMailparser(sample.raw)];
      for (const field of Object.keys(ours) as (keyof Read)[]) {
        if (judges.some((judge) => judge[field] === ours[field]) || allowed(sample, field)) continue;
        const said = judges.map((judge) => JSON.stringify(judge[field])).join(', ');
        problems.push(`${sample.name}: ${field} is ${JSON.stringify(ours[field])}, for the others ${said}`);
      }
    }
    runtime.stop();
    if (problems.length > 0) throw new Error(problems.join('\n'));
  },
};

export const mimeCases: readonly Case[] = [judged];
