/** `SSLKEYLOGFILE=F`: the keys of all TLS connections are appended to a file, with which Wireshark decrypts what it has recorded. */
import { appendFileSync, writeSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { errnoText } from '../errno.ts';

let isAnnounced = false;
let hasFailed = false;

/** Has the keys of this connection written, if the variable asks for it. */
export function logKeys(stream: TLSSocket): void {
  const { SSLKEYLOGFILE: file = '' } = process.env;
  if (file === '' || hasFailed) return;
  if (!isAnnounced) {
    isAnnounced = true;
    say(`TLS keys are written to ${file} (SSLKEYLOGFILE): whoever reads it can read the connections`);
  }
  stream.on('keylog', (line: Buffer) => {
    if (hasFailed) return;
    try {
      appendFileSync(file, line, { mode: 0o600 });
    } catch (error) {
      hasFailed = true;
      say(`Could not write TLS keys to ${file}: ${errnoText(error)}`);
    }
  });
}

function say(text: string): void {
  try {
    writeSync(2, `magnolia: ${text}\n`);
  } catch {
    // there is nowhere to report it
  }
}
