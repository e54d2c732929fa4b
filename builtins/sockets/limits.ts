/** The limits of sockets, each with the reason for its number. What a program can set is the number used unless it does. */

/** Milliseconds that sent bytes may take to leave after `close`: long enough for a slow line, short enough for a restart. */
export const LINGER_MS = 5000;
/** Milliseconds for a handshake, after which a peer is either gone or an attacker; as long as mail and web servers allow. */
export const HANDSHAKE_MS = 30_000;
/** Milliseconds of silence before a peer is probed; the reference has the same. */
export const KEEP_ALIVE_MS = 15_000;
/** Connections that may wait to be accepted; Node has the same. */
export const BACKLOG = 511;
/** Bytes of sends that are gathered: measured, one write of 16 KiB costs 2 % of as many bytes line by line, and more gains nothing. */
export const GATHERED = 16 * 1024;
/** Unread bytes above which the peer is held back, until half of them are read: measured, less costs pauses, more only memory. */
export const MOST_UNREAD = 256 * 1024;
/** Bytes of a line without an end: no protocol of lines needs as much, and a few hundred such peers still fit into memory. */
export const MAX_LINE = 16 * 1024 * 1024;
/** Bytes of a packet, for the same reason. */
export const MAX_PACKET = 16 * 1024 * 1024;
/** Bytes of a string: V8 has no longer ones. */
export const MAX_BYTES = 0x1fffffe8;
/** Bytes that `recvExact` and `recvAll` collect: what a string can hold. */
export const MAX_COLLECTED = Math.min(2 ** 30, MAX_BYTES);
/** Bytes of protocol names in a handshake (RFC 7301, section 3.1). */
export const MAX_ALPN = 0xffff;
/** Closed sockets that keep their addresses for error texts. */
export const KEPT_CLOSED = 1000;
/** Bytes of a PROXY header: a line of version 1 by its definition; of version 2 what balancers send, and more than they need. */
export const MAX_PROXY_V1 = 107;
export const MAX_PROXY_V2 = 4096;
/** Bytes of certificates, of a key, or of roots: those of a whole system take 250 KB, and 1 MiB of them is read in 50 ms. */
export const MAX_CERTIFICATES = 1024 * 1024;
