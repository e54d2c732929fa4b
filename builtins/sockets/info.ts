import { type Obj, obj, Str, str, type Value } from '../../language/values/values.ts';
import type { PeerCertificate, ProxyPeer } from './backend.ts';
import { okResult } from './results.ts';
import type { Socket } from './socket.ts';

/** All that is known; what is not known, or not there, is `?`. */
export function infoOf(socket: Socket): Obj {
  const { connection } = socket;
  const encryption = connection.encryption();
  const result = okResult();
  result.open = socket.open;
  result.remote = str(connection.remote);
  result.local = str(connection.local);
  result.tls = connection.encrypted;
  result.server = socket.accepted;
  result.protocol = text(encryption?.protocol);
  result.cipher = text(encryption?.cipher);
  result.alpn = text(encryption?.alpn);
  result.serverName = text(encryption?.serverName);
  result.cleanEnd = connection.cleanEnd === true;
  result.verified = encryption?.verified ?? false;
  result.peer = encryption?.peer == null ? null : peer(encryption.peer);
  result.proxy = connection.proxy == null ? null : proxy(connection.proxy);
  result.bytesIn = socket.bytesIn;
  result.bytesOut = socket.bytesOut;
  result.buffered = socket.receiver.unread;
  return result;
}

function peer({ subject, issuer, names, validFrom, validTo, fingerprint }: PeerCertificate): Obj {
  return obj({
    subject: str(subject),
    issuer: str(issuer),
    names: names.map((name) => str(name)),
    validFrom: str(validFrom),
    validTo: str(validTo),
    fingerprint: str(fingerprint),
  });
}

/** `{peer, version, destination?, authority?, alpn?, tls?}`, without what the header does not say. */
function proxy({ peer, header }: ProxyPeer): Obj {
  const result = obj({ peer: str(peer), version: header.version });
  if (header.destination !== null) result.destination = str(header.destination);
  if (header.authority !== null) result.authority = new Str(header.authority);
  if (header.alpn !== null) result.alpn = new Str(header.alpn);
  if (header.tls !== null) {
    const { version, verified, name } = header.tls;
    const tls = obj({ verified });
    if (version !== null) tls.version = new Str(version);
    if (name !== null) tls.name = str(name);
    result.tls = tls;
  }
  return result;
}

function text(given: string | null | undefined): Value {
  return given == null ? null : str(given);
}
