/** What the HTTP builtins of one program share. */
import type { ProgramError } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import type { ReadCertificates } from '../sockets/certificate-files.ts';
import type { NetworkAccess } from '../sockets/network.ts';
import type { HttpEngine, LoadHttp } from './backend.ts';
import type { ProxyFor } from './proxy.ts';

export class HttpContext {
  readonly network: NetworkAccess;
  readonly readCertificates: ReadCertificates;
  readonly proxyFor: ProxyFor;
  readonly #load: LoadHttp;
  #engine: HttpEngine | null = null;
  #isClosed = false;
  #connections = 0;

  constructor(network: NetworkAccess, load: LoadHttp, readCertificates: ReadCertificates, proxyFor: ProxyFor) {
    this.network = network;
    this.proxyFor = proxyFor;
    this.readCertificates = readCertificates;
    this.#load = load;
  }

  /** Calls `use` with the engine: at once when it is loaded. */
  withEngine(use: (engine: HttpEngine) => void): void {
    if (this.#engine !== null) {
      use(this.#engine);
      return;
    }
    void this.#load().then((engine) => {
      if (this.#isClosed) return;
      this.#engine ??= engine;
      use(this.#engine);
    });
  }

  /** The program has ended. */
  close(): void {
    this.#isClosed = true;
    this.#engine?.close();
  }

  /** Numbers for the connections that are traced. */
  nextId(): number {
    return this.#connections++;
  }
}

/** Reports a mistake of the program that no call can return: on standard error, as the error of a thread. */
export function reportMistake(machine: Machine, error: ProgramError): void {
  machine.spawn(() => {
    throw error;
  }, []);
}
