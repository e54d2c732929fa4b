/** A listener at the gateway, as programs of the page have it. */
import {
  Failure,
  type Listener,
  type ListenerEvents,
  type ListenerOptions,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { closeFrame, encodeFrame, type Frame } from '../../builtins/sockets/tunnel/frames.ts';
import { type AcceptedMessage, isMessage, readMessage, writeTls } from '../../builtins/sockets/tunnel/messages.ts';
import { WaitingRoom } from '../../builtins/sockets/waiting-room.ts';
import { browserClock } from '../host.ts';
import { TunnelConnection } from './connection.ts';
import { tlsMessage } from './credentials.ts';
import type { Holder, Link, Loss } from './link.ts';

/** A connection that was accepted, and what its handshake was then. */
interface Accepted {
  readonly connection: TunnelConnection;
  readonly handshake: AcceptedMessage['handshake'];
}

export class TunnelListener implements Listener, Holder {
  readonly local: string;
  readonly reload?: (tls: TlsOptions) => void;
  readonly #link: Link;
  readonly #number: number;
  readonly #options: ListenerOptions;
  readonly #events: ListenerEvents;
  readonly #room: WaitingRoom<Accepted>;
  #isClosed = false;

  constructor(link: Link, number: number, local: string, options: ListenerOptions, events: ListenerEvents) {
    this.#link = link;
    this.#number = number;
    this.local = local;
    this.#options = options;
    this.#events = events;
    this.#room = new WaitingRoom(options.backlog, {
      admit: (accepted) => this.#admit(accepted),
      turnAway: ({ connection }) => connection.close(false),
      defer: browserClock.defer,
    });
    if (options.tls !== null) {
      this.reload = (tls) => {
        if (!this.#isClosed) link.send(encodeFrame(number, 'upgrade', writeTls(tlsMessage(tls))));
      };
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#link.send(closeFrame(this.#number));
    this.#room.close();
  }

  hold(isHeld: boolean): void {
    this.#room.hold(isHeld);
  }

  waiting(): number {
    return this.#room.size;
  }

  receive({ kind, payload }: Frame): string | null {
    if (kind === 'accepted') {
      const message = readMessage(payload, isMessage.accepted);
      return message === null ? 'an accepted that makes no sense' : this.#accept(message);
    }
    if (kind === 'failed') {
      const message = readMessage(payload, isMessage.failed);
      if (message === null) return 'a failure that makes no sense';
      if (!this.#isClosed) this.#events.failed(new Failure(message.code, message.detail), message.temporary);
      return null;
    }
    if (kind !== 'close' || !this.#isClosed) return `a frame ${kind} on a listener`;
    this.#link.remove(this.#number);
    return null;
  }

  lost({ breakdown: { code, words } }: Loss): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room.close();
    this.#events.failed(new Failure(code, `accept tcp ${this.local}: ${words}`), false);
  }

  #accept({ stream, local, remote, encryption, handshake }: AcceptedMessage): string | null {
    const ends = { local, remote, handshake, encryption };
    const connection = new TunnelConnection(this.#link, stream, ends, this.#options.lingerMs);
    const problem = this.#link.take(stream, connection);
    if (problem !== null) return problem;
    if (this.#isClosed) connection.close(false);
    else this.#room.enter({ connection, handshake });
    return null;
  }

  #admit({ connection, handshake }: Accepted): void {
    const { handshake: tell } = this.#events;
    if (handshake === 'done' || handshake === 'failed') {
      tell?.call(this.#events, 'begun', false);
      tell?.call(this.#events, handshake, false);
    }
    if (handshake === 'running') {
      tell?.call(this.#events, 'begun', true);
      connection.onHandshake = (isFine) => tell?.call(this.#events, isFine ? 'done' : 'failed', true);
    }
    this.#events.connection(connection);
  }
}
