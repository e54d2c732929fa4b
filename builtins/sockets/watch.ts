/**
 * What happens to a program's sockets, reported to observers: logs, measurements, tests.
 *
 * Addresses, sizes and verdicts are reported, never data, keys or secrets. A runtime decides where it goes: Node publishes it with
 * `diagnostics_channel`, and the command line writes it to standard error (`MAGNOLIA_TRACE=net`).
 */
import type { ErrorCode } from './backend.ts';

/** One thing that happened; `id` is the socket's number. */
export type SocketEvent =
  | { readonly kind: 'connect'; readonly id: number; readonly remote: string; readonly local: string; readonly tls: boolean }
  | { readonly kind: 'connect-failed'; readonly address: string; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'listen'; readonly local: string }
  | { readonly kind: 'listen-failed'; readonly address: string; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'listen-closed'; readonly local: string }
  | { readonly kind: 'accept'; readonly id: number; readonly remote: string; readonly local: string; readonly tls: boolean }
  | { readonly kind: 'accept-failed'; readonly local: string; readonly code: ErrorCode; readonly reason: string }
  /** A handshake is done. */
  | {
      readonly kind: 'tls';
      readonly id: number;
      readonly protocol: string;
      readonly cipher: string;
      readonly verified: boolean;
      readonly resumed: boolean;
    }
  | { readonly kind: 'tls-failed'; readonly id: number; readonly code: ErrorCode; readonly reason: string }
  /** The connection broke; `close` follows at once. */
  | { readonly kind: 'broken'; readonly id: number; readonly code: ErrorCode; readonly reason: string }
  /** The program or the network has ended the socket. */
  | { readonly kind: 'close'; readonly id: number; readonly bytesIn: number; readonly bytesOut: number };

/** Who looks on. Nothing that it does may fail, and it must not call into the program. */
export interface SocketWatch {
  tell(event: SocketEvent): void;
  /** Bytes arrived, or were given to the system; called for each piece. */
  bytes(id: number, direction: 'in' | 'out', count: number): void;
}
