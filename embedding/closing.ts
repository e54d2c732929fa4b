/**
 * What a program may leave open, noted so that it can be closed when the program ends. Backends and what they open are wrapped: their
 * own objects stay as they are.
 */
import type { FileBackend, FileOutcome, OpenFile, Outcome } from '../builtins/files.ts';
import type { ProcessBackend } from '../builtins/processes.ts';
import {
  type Breakdown,
  type Connection,
  type ConnectionEvents,
  type Encryption,
  Failure,
  type Listener,
  type ListenerEvents,
  type ProxyPeer,
  type SocketBackend,
  type TlsOptions,
  writeTo,
} from '../builtins/sockets/backend.ts';

/** The files of a system, of which each that a program opens and does not close is closed by `closeAll`. */
export function closableFiles(backend: FileBackend): { readonly backend: FileBackend; closeAll(): void } {
  const open = new Set<OpenFile>();
  const { realPath, rename, sync, replace } = backend;
  return {
    backend: {
      list: (path, done) => backend.list(path, done),
      stat: (path, done) => backend.stat(path, done),
      makeDirectory: (path, done) => backend.makeDirectory(path, done),
      remove: (path, done) => backend.remove(path, done),
      ...(realPath === undefined ? {} : { realPath: realPath.bind(backend) }),
      ...(rename === undefined ? {} : { rename: rename.bind(backend) }),
      ...(sync === undefined ? {} : { sync: sync.bind(backend) }),
      ...(replace === undefined ? {} : { replace: replace.bind(backend) }),
      open(path, mode, permissions, done) {
        backend.open(path, mode, permissions, (outcome) =>
          done(outcome.kind === 'done' ? { kind: 'done', value: new NotedFile(outcome.value, open) } : outcome),
        );
      },
    },
    closeAll() {
      for (const file of [...open]) file.close(() => {});
    },
  };
}

class NotedFile implements OpenFile {
  readonly #file: OpenFile;
  readonly #open: Set<OpenFile>;

  constructor(file: OpenFile, open: Set<OpenFile>) {
    this.#file = file;
    this.#open = open;
    open.add(this);
  }

  read(offset: number, length: number, done: (outcome: FileOutcome<string>) => void): void {
    this.#file.read(offset, length, done);
  }

  write(offset: number | 'end', bytes: string, done: (outcome: FileOutcome) => void): void {
    this.#file.write(offset, bytes, done);
  }

  close(done: (outcome: Outcome) => void): void {
    this.#open.delete(this);
    this.#file.close(done);
  }
}

/** Programs that a program starts, of which each that still runs is ended by `closeAll`. */
export function closableExec(exec: ProcessBackend['exec']): { readonly exec: ProcessBackend['exec']; closeAll(): void } {
  const running = new Set<() => void>();
  return {
    exec(command, done) {
      let end = (): void => {};
      const stop = (): void => end();
      running.add(stop);
      end = exec(command, (execution) => {
        running.delete(stop);
        done(execution);
      });
      return stop;
    },
    closeAll() {
      for (const stop of running) stop();
    },
  };
}

/** What a program has open of a network. */
class OpenEnds {
  readonly #open = new Set<{ close(hasPromised: boolean): void }>();
  readonly dialling = new Set<() => void>();
  over = false;

  /** What comes when the program is over is closed at once. */
  add(one: { close(hasPromised: boolean): void }): void {
    if (this.over) one.close(false);
    else this.#open.add(one);
  }

  delete(one: { close(hasPromised: boolean): void }): void {
    this.#open.delete(one);
  }

  closeAll(): void {
    this.over = true;
    for (const giveUp of this.dialling) giveUp();
    for (const one of [...this.#open]) one.close(true);
  }
}

/** A network, of which each listener and connection that a program leaves open is closed by `closeAll`. */
export function closableSockets(backend: SocketBackend): { readonly backend: SocketBackend; closeAll(): void } {
  const ends = new OpenEnds();
  const wrapped: SocketBackend = {
    loadCredentials: (sources) => backend.loadCredentials(sources),
    connect(target, tls, done) {
      let giveUp = (): void => {};
      const stop = (): void => giveUp();
      ends.dialling.add(stop);
      giveUp = backend.connect(target, tls, (outcome) => {
        if (!ends.dialling.delete(stop)) return; // it has answered before
        const noted = outcome instanceof Failure ? outcome : new NotedConnection(outcome, ends);
        if (!ends.over) done(noted);
      });
      return stop;
    },
    listen(target, tls, events, done) {
      const noted: Required<ListenerEvents> = {
        connection(connection: Connection) {
          const one = new NotedConnection(connection, ends);
          if (!ends.over) events.connection(one);
        },
        failed: events.failed.bind(events),
        handshake: (event, isHanded) => events.handshake?.(event, isHanded),
      };
      backend.listen(target, tls, noted, (outcome) => {
        const one = outcome instanceof Failure ? outcome : notedListener(outcome, ends);
        if (!ends.over) done(one);
      });
    },
  };
  return { backend: wrapped, closeAll: () => ends.closeAll() };
}

function notedListener(listener: Listener, ends: OpenEnds): Listener {
  const noted: Required<Listener> = {
    local: listener.local,
    close() {
      ends.delete(noted);
      listener.close();
    },
    hold: (isHeld) => listener.hold(isHeld),
    waiting: () => listener.waiting(),
    reload: (tls) => listener.reload?.(tls),
  };
  ends.add(noted);
  return noted;
}

class NotedConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  readonly takeStream?: () => unknown;
  readonly #connection: Connection;
  readonly #ends: OpenEnds;

  constructor(connection: Connection, ends: OpenEnds) {
    this.local = connection.local;
    this.remote = connection.remote;
    this.#connection = connection;
    this.#ends = ends;
    if (connection.takeStream !== undefined) this.takeStream = () => connection.takeStream?.();
    ends.add(this);
  }

  get encrypted(): boolean {
    return this.#connection.encrypted;
  }

  get handshaking(): boolean {
    return this.#connection.handshaking === true;
  }

  get proxy(): ProxyPeer | null {
    return this.#connection.proxy ?? null;
  }

  get cleanEnd(): boolean {
    return this.#connection.cleanEnd === true;
  }

  attach(events: ConnectionEvents): void {
    this.#connection.attach(new NotedEvents(events, () => this.#ends.delete(this)));
  }

  write(text: string): boolean {
    return this.#connection.write(text);
  }

  writeBytes(bytes: Uint8Array): boolean {
    return writeTo(this.#connection, bytes);
  }

  unsent(): number {
    return this.#connection.unsent();
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  close(hasPromised: boolean): boolean {
    this.#ends.delete(this);
    return this.#connection.close(hasPromised);
  }

  reset(): boolean {
    this.#ends.delete(this);
    return this.#connection.reset();
  }

  upgrade(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void {
    this.#connection.upgrade(options, unread, done);
  }

  encryption(): Encryption | null {
    return this.#connection.encryption();
  }
}

/** `Required`, so that an event which is added to the interface cannot be forgotten here. */
class NotedEvents implements Required<ConnectionEvents> {
  readonly #events: ConnectionEvents;
  readonly #onFailed: () => void;

  constructor(events: ConnectionEvents, onFailed: () => void) {
    this.#events = events;
    this.#onFailed = onFailed;
  }

  data(bytes: Uint8Array, isGiven?: boolean): void {
    this.#events.data(bytes, isGiven);
  }

  ended(): void {
    this.#events.ended();
  }

  drained(): void {
    this.#events.drained();
  }

  secured(): void {
    this.#events.secured?.();
  }

  unsentPromised(): number {
    return this.#events.unsentPromised?.() ?? 0;
  }

  failed(breakdown: Breakdown): void {
    this.#onFailed();
    this.#events.failed(breakdown);
  }

  gone(): void {
    this.#events.gone?.();
  }
}
