/** A name server of a few lines, for tests (RFC 1035, section 4.1). */
import { createSocket } from 'node:dgram';

/** A name in a record. */
export function nameBytes(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((part) => Buffer.from(`${String.fromCharCode(part.length)}${part}`)),
    Buffer.of(0),
  ]);
}
/** Numbers of 16 bits in a record. */
export function numbers(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.of(value >> 8, value & 255)));
}

/** What a server knows: the data of records, by name and number of the type, `host.test/1`. */
export interface Records {
  readonly [question: string]: readonly Buffer[];
}

/** A record of the type 16. */
export function txt(text: string): Buffer {
  const strings = text.match(/[\s\S]{1,255}/g) ?? [''];
  return Buffer.concat(strings.flatMap((one) => [Buffer.of(one.length), Buffer.from(one, 'latin1')]));
}

function answer(query: Buffer, records: Records): Buffer {
  const parts: string[] = [];
  let at = 12;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    parts.push(query.subarray(at + 1, at + 1 + size).toString());
    at += 1 + size;
  }
  const name = parts.join('.').toLowerCase();
  const found = records[`${name}/${query.readUInt16BE(at + 1)}`] ?? [];
  const isKnown = Object.keys(records).some((key) => key.startsWith(`${name}/`));
  return Buffer.concat([
    query.subarray(0, 2),
    numbers(isKnown ? 0x8180 : 0x8183, 1, found.length, 0, 0),
    query.subarray(12, at + 5),
    ...found.map((data) =>
      Buffer.concat([Buffer.of(0xc0, 12), query.subarray(at + 1, at + 5), numbers(0, 60, data.length), data]),
    ),
  ]);
}

/** Starts it; `address` is where it answers. */
export async function startNameServer(records: Records): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const server = createSocket('udp4');
  server.on('message', (query, { port }) => server.send(answer(query, records), port, '127.0.0.1'));
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done));
  return {
    address: `127.0.0.1:${server.address().port}`,
    stop: () => new Promise<void>((done) => server.close(done)),
  };
}
