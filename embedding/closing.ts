/** What a program may leave open, noted so that it can be closed when the program ends. */
import type { FileBackend, OpenFile } from '../builtins/files.ts';
import type { ProcessBackend } from '../builtins/processes.ts';
import { type Connection, Failure, type Listener, type SocketBackend } from '../builtins/sockets/backend.ts';

/** The files of a system, of which each that a program opens and does not close is closed by `closeAll`. */
export function closableFiles(backend: FileBackend): { readonly backend: FileBackend; closeAll(): void } {
  const open = new Set<OpenFile>();
  return {
    backend: {
      list: (path, done) => backend.list(path, done),
      stat: (path, done) => backend.stat(path, done),
      makeDirectory: (path, done) => backend.makeDirectory(path, done),
      remove: (path, done) => backend.remove(path, done),
      rename: (from, to, done) => backend.rename?.(from, to, done),
      sync: (path, done) => backend.sync?.(path, done),
      replace: (path, bytes, done) => backend.replace?.(path, bytes, done),
      open(path, mode, permissions, done) {
        backend.open(path, mode, permissions, (outcome) => {
          if (outcome.kind === 'done') {
            const file = outcome.value;
            open.add(file);
            const close = file.close.bind(file);
            file.close = (closed) => {
              open.delete(file);
              close(closed);
            };
          }
          done(outcome);
        });
      },
    },
    closeAll() {
      for (const file of [...open]) file.close(() => {});
    },
  };
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

/** A network, of which each listener and connection that a program leaves open is closed by `closeAll`. */
export function closableSockets(backend: SocketBackend): { readonly backend: SocketBackend; closeAll(): void } {
  const open = new Set<Connection | Listener>();
  const dialling = new Set<() => void>();
  let over = false;

  /** What comes when the program is over is closed at once. */
  const note = (one: Connection | Listener): void => {
    if (over) {
      one.close(false);
      return;
    }
    open.add(one);
    const close = one.close.bind(one);
    one.close = (owed) => {
      open.delete(one);
      close(owed);
    };
  };
  const noteConnection = (connection: Connection): void => {
    note(connection);
    const attach = connection.attach.bind(connection);
    connection.attach = (events) => {
      const failed = events.failed.bind(events);
      attach({
        data: (bytes) => events.data(bytes),
        ended: () => events.ended(),
        drained: () => events.drained(),
        secured: () => events.secured?.(),
        owed: () => events.owed?.() ?? 0,
        failed(breakdown) {
          open.delete(connection);
          failed(breakdown);
        },
      });
    };
  };

  const wrapped: SocketBackend = {
    loadCredentials: (sources) => backend.loadCredentials(sources),
    connect(target, tls, done) {
      const giveUp = backend.connect(target, tls, (outcome) => {
        dialling.delete(giveUp);
        if (!(outcome instanceof Failure)) noteConnection(outcome);
        if (!over) done(outcome);
      });
      dialling.add(giveUp);
      return giveUp;
    },
    listen(target, tls, events, done) {
      const noted = {
        connection(connection: Connection) {
          noteConnection(connection);
          if (!over) events.connection(connection);
        },
        failed: events.failed.bind(events),
      };
      backend.listen(target, tls, noted, (outcome) => {
        if (!(outcome instanceof Failure)) note(outcome);
        if (!over) done(outcome);
      });
    },
  };
  return {
    backend: wrapped,
    closeAll() {
      over = true;
      for (const giveUp of dialling) giveUp();
      for (const one of [...open]) one.close(true);
    },
  };
}
