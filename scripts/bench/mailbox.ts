/**
 * A mailbox of 20,000 messages of 4 KB in our IMAP server: how long opening and searching take, as a client without its own cost
 * sees it, and how long another session waits for the answer to NOOP meanwhile.
 */
import { connect, type Socket } from 'node:net';

export const MESSAGES = 20_000;
/** Another session waits at most so long. */
export const MOST_WAIT_MS = 20;

/** What a command took in milliseconds, and the longest that NOOP in another session took meanwhile. */
export interface Took {
  readonly ms: number;
  readonly otherMs: number;
  /** How many numbers `* SEARCH` had. */
  readonly found: number;
}

/** The commands, each with the numbers that are to be found and the most milliseconds that it may take. */
export const COMMANDS: readonly { readonly line: string; readonly found: number; readonly mostMs: number }[] = [
  { line: 'SELECT INBOX', found: 0, mostMs: 50 },
  { line: 'SEARCH UNSEEN', found: 6667, mostMs: 100 },
  { line: 'SEARCH SUBJECT "invoice 1999"', found: 11, mostMs: 1000 },
  { line: 'SEARCH SINCE 1-Jan-2019', found: 7138, mostMs: 1000 },
  { line: 'SEARCH SENTSINCE 1-Jan-2019', found: 7138, mostMs: 1000 },
  { line: 'SEARCH LARGER 4000', found: 10000, mostMs: 500 },
  { line: 'SEARCH TEXT "no such words"', found: 0, mostMs: 3000 },
  { line: 'SEARCH CHARSET UTF-8 BODY "GR\u00dcSSE"', found: 15000, mostMs: 3000 },
];

class Session {
  readonly #socket: Socket;
  #held = '';
  #wanted = '';
  #arrived: ((answer: string) => void) | null = null;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay(true);
    this.#socket.on('data', (piece: string) => {
      this.#held += piece;
      const at = this.#held.indexOf(this.#wanted);
      if (this.#arrived === null || at < 0 || !this.#held.endsWith('\r\n')) return;
      const answer = this.#held;
      this.#held = '';
      this.#arrived(answer);
    });
  }

  /** Sends a command; the lines up to its tagged one. */
  async command(line: string): Promise<string> {
    this.#wanted = 'a OK ';
    const came = new Promise<string>((done) => {
      this.#arrived = done;
    });
    this.#socket.write(`a ${line}\r\n`, 'latin1');
    return await came;
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Runs the commands one after the other. */
export async function openAndSearch(port: number): Promise<Took[]> {
  const [reader, other] = [new Session(port), new Session(port)];
  await reader.command('LOGIN u p');
  const took: Took[] = [];
  for (const { line } of COMMANDS) {
    let [over, otherMs] = [false, 0];
    const watching = (async () => {
      while (!over) {
        const start = performance.now();
        await other.command('NOOP');
        otherMs = Math.max(otherMs, performance.now() - start);
        await new Promise((done) => setTimeout(done, 2));
      }
    })();
    const start = performance.now();
    const answer = await reader.command(Buffer.from(line).toString('latin1'));
    const ms = performance.now() - start;
    over = true;
    await watching;
    took.push({ ms, otherMs, found: /^\* SEARCH(.*)\r$/m.exec(answer)?.[1]?.split(' ').filter(Boolean).length ?? 0 });
  }
  reader.end();
  other.end();
  return took;
}
