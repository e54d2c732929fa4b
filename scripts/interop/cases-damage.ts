/** Messages and answers of servers with random damage, the same each time: no error, no overrun. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRuntime, memoryNetwork } from '../../runtime-native/index.ts';
import { corpus, mutated, numbers } from './mime-corpus.ts';
import { type Case, here } from './table.ts';

/** The most time that one message or one session may take on the processor. */
const MOST_MS = 1000;

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** Does something `count` times, each time within the limit; `one` returns what went wrong, or null. */
async function repeatedly(count: number, one: (i: number) => Promise<{ readonly wrong: string | null; readonly input: string }>) {
  for (let i = 0; i < count; i++) {
    const began = process.cpuUsage();
    const { wrong, input } = await one(i);
    const ms = process.cpuUsage(began).user / 1000;
    const said = wrong ?? (ms > MOST_MS ? `${ms} ms` : null);
    if (said !== null) throw new Error(`${said} for number ${i}: ${JSON.stringify(input)}`);
  }
}

function messages(count: number, short: boolean): Case {
  return {
    peer: 'damage',
    name: `${count} messages with random damage are read without an error`,
    short,
    async run() {
      const runtime = createRuntime();
      const program = await runtime.load("mime := import('mime')\nfn type(raw) mime.parse(raw).type");
      const random = numbers(15);
      const samples = corpus().map(({ raw }) => raw.toString('latin1'));
      await repeatedly(count, async (i) => {
        const input = mutated(samples[i % samples.length] as string, random); // in range
        const type = await program.call('type', bytes(input));
        return { wrong: type === null ? 'no result' : null, input };
      });
      runtime.stop();
    },
  };
}

const ENVELOPE =
  '("Tue, 14 Nov 2023 22:13:20 +0000" "Hi" (("Ann" NIL "ann" "x.test")) NIL NIL ((NIL NIL "b" "x")) NIL NIL NIL "<1@x>")';
const STRUCTURE =
  '(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)("IMAGE" "PNG" NIL NIL NIL "BASE64" 4) "MIXED")';

/** What servers say, one text for each piece that a client sends. */
const SESSIONS: { readonly [protocol: string]: readonly (readonly string[])[] } = {
  smtp: [
    [
      '220-mx\r\n220 hello\r\n',
      '250-mx\r\n250-SIZE 1000000\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n250 8BITMIME\r\n',
      '235 2.7.0 in\r\n',
      '250 ok\r\n250 ok\r\n550-no\r\n550 such user\r\n',
      '354 go\r\n',
      '250 2.0.0 queued\r\n',
      '221 bye\r\n',
    ],
    [
      '220 old\r\n',
      '500 what?\r\n',
      '250 old\r\n',
      '250-old\r\n250 AUTH=LOGIN SCRAM-SHA-256\r\n',
      '334 VXNlcm5hbWU6\r\n',
      '334 cj1hYmMscz1jMkZzZEE9PSxpPTQwOTY=\r\n',
      '535 no\r\n',
    ],
  ],
  pop: [
    [
      '+OK hi <1.2@x>\r\n',
      '+OK\r\nSASL PLAIN CRAM-MD5\r\nUSER\r\nUIDL\r\n.\r\n',
      '+OK\r\nSASL PLAIN CRAM-MD5\r\n.\r\n',
      '+ PDEuMkB4Pg==\r\n',
      '+OK in\r\n',
      '+OK 2 300\r\n',
      '+OK\r\n1 100\r\n2 200\r\n.\r\n',
      '+OK\r\n1 abc\r\n2 def\r\n.\r\n',
      '+OK\r\nSubject: x\r\n\r\n..dot\r\ntext\r\n.\r\n',
      '+OK bye\r\n',
    ],
    ['+OK hi\n', '-ERR no\n', '+OK\n', '+OK in\n', '+OK 1 5\n', '+OK\n1 5\n.\n', '+OK\n1 a\n.\n', '+OK\nx\n.\n', '+OK\n'],
  ],
  imap: [
    [
      '* OK [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS] hi\r\n',
      '* CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS ESEARCH\r\nA1 OK done\r\n',
      'A2 OK [CAPABILITY IMAP4rev1] in\r\n',
      '* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST () NIL {5}\r\nfo"o"\r\n* LIST () "/" "a \\"b\\""\r\nA3 OK done\r\n',
      '* FLAGS (\\Seen)\r\n* 2 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 9] x\r\nA4 OK [READ-WRITE] in\r\n',
      '* SEARCH 3 5\r\n* ESEARCH (TAG "A5") UID COUNT 2 ALL 3,5\r\nA5 OK done\r\n',
      `* 1 FETCH (UID 3 FLAGS (\\Seen) ENVELOPE ${ENVELOPE} BODYSTRUCTURE ${STRUCTURE} BODY[] {12}\r\nSubject: x\r\n)\r\n* 3 EXISTS\r\n* 2 FETCH (FLAGS () UID 5)\r\nA6 OK done\r\n`,
      '* OK [ALERT] full\r\nA7 OK [COPYUID 1 3,5 10:11] done\r\n',
      '* BYE bye\r\nA8 OK done\r\n',
    ],
  ],
};

function answers(count: number, short: boolean): Case {
  return {
    peer: 'damage',
    name: `${count} sessions of servers with random damage end in results for each of our clients`,
    short,
    async run() {
      const problems: string[] = [];
      const runtime = createRuntime({ network: memoryNetwork(), onProblem: ({ message }) => problems.push(message) });
      const program = await runtime.load(readFileSync(join(here, 'damaged-answers.oak'), 'utf8'));
      await program.call('listen');
      for (const [protocol, sessions] of Object.entries(SESSIONS)) {
        const random = numbers(16);
        await repeatedly(Math.ceil(count / 3), async (i) => {
          const session = sessions[i % sessions.length] as readonly string[]; // in range
          // One text is damaged, and sometimes another one, or all of them come at once.
          const texts = session.map((text) => (random() < 1.5 / session.length ? mutated(text, random) : text));
          const said = random() < 0.1 ? [texts.join('')] : texts;
          const ended = await program.call('play', protocol, said.map(bytes));
          const wrong = ended === 'ended' ? (problems[0] ?? null) : `${protocol}: ${String(ended)}`;
          return { wrong, input: JSON.stringify(said) };
        });
      }
      runtime.stop();
    },
  };
}

export const damageCases: readonly Case[] = [
  messages(2_000, true),
  messages(100_000, false),
  answers(600, true),
  answers(100_000, false),
];
