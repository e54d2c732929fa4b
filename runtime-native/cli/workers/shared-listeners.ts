/** The listening sockets of all workers, in the primary process: who listens where, and which worker gets a connection. */
import { unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { Failure } from '../../../builtins/sockets/backend.ts';
import { codeOf } from '../../errno.ts';
import type { ToPrimary, ToWorker, Where } from '../../sockets/shared-server.ts';
import { dialUnix } from '../../sockets/unix.ts';

/** A worker as the listeners see it. */
export interface Member {
  /** Sends a message, with the handle of a connection where that belongs to it. False when the worker is gone. */
  send(message: ToWorker, handle?: unknown): boolean;
}

/** A connection that no worker has taken yet. */
interface Offer {
  readonly stream: Socket;
  readonly listener: SharedListener;
}

interface SharedListener {
  readonly key: string;
  readonly server: Server;
  /** Who listens, with the number that the listener has there, in the order of their turns. */
  readonly members: Map<Member, number>;
  /** Connections for which no worker is there at the moment. */
  readonly waiting: Socket[];
  state: 'opening' | 'open' | 'closed';
  /** Told when it is open, or why it is not. */
  readonly asked: { readonly member: Member; readonly id: number }[];
}

/** Connections that may wait while a worker is replaced. */
const MOST_WAITING = 511;

export class SharedListeners {
  readonly #listeners = new Map<string, SharedListener>();
  readonly #offers = new Map<Member, Map<number, Offer>>();
  readonly #onListening: (member: Member) => void;
  #numbers = 0;

  /** `onListening` is called when a member listens somewhere. */
  constructor(onListening: (member: Member) => void) {
    this.#onListening = onListening;
  }

  /** A message of a worker. */
  receive(member: Member, message: ToPrimary): void {
    switch (message.kind) {
      case 'listen':
        this.#listen(member, message);
        return;
      case 'close':
        this.#close(member, message.id);
        return;
      case 'taken':
        this.#take(member, message.number)?.stream.destroy(); // our copy; the worker has its own
        return;
      case 'refused':
        this.#offerAgain(this.#take(member, message.number));
        return;
      case 'metrics':
        return;
    }
  }

  /** Where a worker listens. */
  keysOf(member: Member): string[] {
    return [...this.#listeners.values()].filter(({ members }) => members.has(member)).map(({ key }) => key);
  }

  /** Sends a worker no more connections; resolves when it has taken or refused all that were sent to it. */
  async retire(member: Member): Promise<void> {
    for (const { members } of this.#listeners.values()) members.delete(member);
    await this.#settled([member]);
  }

  /** A worker has ended: what it had not taken is given to others. The sockets stay open for its replacement. */
  gone(member: Member): void {
    for (const { members } of this.#listeners.values()) members.delete(member);
    const offers = [...(this.#offers.get(member)?.values() ?? [])];
    this.#offers.delete(member);
    for (const offer of offers) this.#offerAgain(offer);
  }

  /** Stops listening everywhere; resolves when the workers have taken what was accepted. */
  async stop(): Promise<void> {
    await new Promise(setImmediate); // what waits to be accepted is accepted in this turn
    for (const { server } of this.#listeners.values()) server.close();
    await this.#settled([...this.#offers.keys()]);
  }

  #listen(member: Member, { id, where, nthOnAnyPort }: Extract<ToPrimary, { kind: 'listen' }>): void {
    const { host, port, path, fd } = where;
    const key = JSON.stringify([host, port, path, fd, nthOnAnyPort]);
    let listener = this.#listeners.get(key);
    if (listener === undefined) {
      listener = this.#open(key, where);
      this.#listeners.set(key, listener);
    }
    if (listener.members.has(member)) member.send({ kind: 'failed', id, code: 'EADDRINUSE' });
    else if (listener.state === 'opening') listener.asked.push({ member, id });
    else this.#join(listener, member, id);
  }

  #join(listener: SharedListener, member: Member, id: number): void {
    listener.members.set(member, id);
    member.send({ kind: 'listening', id, address: listener.server.address() });
    this.#onListening(member);
    for (const stream of listener.waiting.splice(0)) this.#offer(listener, stream);
  }

  #open(key: string, where: Where): SharedListener {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const listener: SharedListener = { key, server, members: new Map(), waiting: [], state: 'opening', asked: [] };
    const fail = (error: unknown): void => {
      this.#listeners.delete(key);
      for (const { member, id } of listener.asked.splice(0)) member.send({ kind: 'failed', id, code: codeOf(error) });
    };
    let isSecond = false;
    server.on('error', (error) => {
      if (listener.state !== 'opening') return; // accept failed; it goes on
      if (where.path === undefined || codeOf(error) !== 'EADDRINUSE' || isSecond) {
        fail(error);
        return;
      }
      isSecond = true;
      removeLeftOver(where.path, (isRemoved) => (isRemoved ? server.listen(where) : fail(error)));
    });
    server.on('listening', () => {
      listener.state = 'open';
      for (const { member, id } of listener.asked.splice(0)) this.#join(listener, member, id);
    });
    server.on('connection', (stream) => this.#offer(listener, stream));
    server.listen(where);
    return listener;
  }

  /** Hands a connection to the worker whose turn it is. */
  #offer(listener: SharedListener, stream: Socket): void {
    for (const [member, id] of listener.members) {
      listener.members.delete(member); // to the end of the line
      listener.members.set(member, id);
      const number = this.#numbers++;
      if (!member.send({ kind: 'connection', id, number }, handleOf(stream))) continue;
      let offers = this.#offers.get(member);
      if (offers === undefined) {
        offers = new Map();
        this.#offers.set(member, offers);
      }
      offers.set(number, { stream, listener });
      return;
    }
    if (listener.state === 'closed' || listener.waiting.length >= MOST_WAITING) stream.destroy();
    else listener.waiting.push(stream);
  }

  #offerAgain(offer: Offer | undefined): void {
    if (offer !== undefined) this.#offer(offer.listener, offer.stream);
  }

  #take(member: Member, number: number): Offer | undefined {
    const offers = this.#offers.get(member);
    const offer = offers?.get(number);
    offers?.delete(number);
    return offer;
  }

  /** A program has closed its listener; the last one closes the socket. */
  #close(member: Member, id: number): void {
    for (const listener of this.#listeners.values()) {
      if (listener.members.get(member) !== id) continue;
      listener.members.delete(member);
      if (listener.members.size > 0) return;
      this.#listeners.delete(listener.key);
      listener.state = 'closed';
      listener.server.close();
      for (const stream of listener.waiting.splice(0)) stream.destroy();
      return;
    }
  }

  /** Resolves when these have taken or refused everything, or after a second: one that is stopped answers nothing. */
  async #settled(members: readonly Member[]): Promise<void> {
    const deadline = Date.now() + 1000;
    while (members.some((member) => (this.#offers.get(member)?.size ?? 0) > 0) && Date.now() < deadline) {
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}

/** Node passes handles between processes; that of a stream has no public name. */
function handleOf(stream: Socket): unknown {
  return (stream as Socket & { _handle?: unknown })._handle;
}

/** Removes the file of a Unix socket without a listener. */
function removeLeftOver(path: string, done: (isRemoved: boolean) => void): void {
  dialUnix(path, (answer) => {
    if (!(answer instanceof Failure)) answer.destroy();
    else if (answer.code === 'refused') {
      try {
        unlinkSync(path);
        done(true);
        return;
      } catch {
        // it stays
      }
    }
    done(false);
  });
}
