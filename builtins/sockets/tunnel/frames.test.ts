import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReceiveCredit, SendCredit } from './credit.ts';
import {
  CREDIT,
  closeFrame,
  decodeFrame,
  encodeFrame,
  endFrame,
  isCleanEnd,
  type Kind,
  MOST_CONTROL,
  MOST_DATA,
  StreamNumbers,
  wayToClose,
  windowFrame,
  windowOf,
} from './frames.ts';
import { isMessage, readMessage, readUpgrade, type TlsMessage, writeMessage, writeUpgrade } from './messages.ts';

const stream = fc.integer({ min: 1, max: 0xffff_ffff });
const controls: readonly Kind[] = ['open', 'opened', 'failed', 'upgrade', 'upgraded', 'accepted'];
const tls: TlsMessage = {
  role: 'client',
  serverName: 'localhost',
  verify: true,
  clientAuth: 'none',
  credentials: { cert: null, key: null, ca: 'roots \xff', caName: 'ca.pem' },
  sni: [],
  minVersion: '1.2',
  alpn: ['imap'],
  timeoutMs: 1000,
};
const streamOptions = { tls, noDelay: true, keepAliveMs: 15_000, lingerMs: 5000 };
const encryption = { protocol: 'TLSv1.3', cipher: 'x', alpn: null, serverName: null, verified: true, resumed: false, peer: null };
const messages = {
  open: { connect: 'localhost:993', ...streamOptions },
  opened: { local: '127.0.0.1:1', remote: '127.0.0.1:2', encryption },
  failed: { code: 'refused', detail: 'dial tcp \xe4: connection refused', call: null, temporary: false },
  accepted: { stream: 2, local: '127.0.0.1:1', remote: '127.0.0.1:2', handshake: 'running', encryption: null },
  upgraded: { encryption },
} as const;

describe('a frame', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        stream,
        fc.constantFrom<Kind>('data', ...controls),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (number, kind, payload) => {
          expect(decodeFrame(encodeFrame(number, kind, payload))).toEqual({ stream: number, kind, payload });
        },
      ),
    );
    fc.assert(
      fc.property(stream, fc.integer({ min: 0, max: 0xffff_ffff }), fc.boolean(), (number, bytes, flag) => {
        const window = decodeFrame(windowFrame(number, bytes));
        expect(typeof window === 'string' ? window : [window.kind, windowOf(window.payload)]).toEqual(['window', bytes]);
        const end = decodeFrame(endFrame(number, flag));
        expect(typeof end === 'string' ? end : isCleanEnd(end.payload)).toBe(flag);
        for (const way of ['send', 'drop', 'reset'] as const) {
          const close = decodeFrame(closeFrame(number, way));
          expect(typeof close === 'string' ? close : wayToClose(close.payload)).toBe(way);
        }
      }),
    );
  });

  it('is refused when it is torn: what says something in full says it to the last byte', () => {
    const whole = [
      ...Object.entries(messages).map(([kind, message]) => encodeFrame(7, kind as Kind, writeMessage(message))),
      windowFrame(7, 65_536),
    ];
    for (const frame of whole) {
      for (let size = 0; size < frame.length; size++) {
        const torn = decodeFrame(frame.subarray(0, size));
        const isRefused =
          typeof torn === 'string' ||
          readMessage<unknown>(torn.payload, isMessage[torn.kind as keyof typeof messages] as never) === null;
        expect([size, isRefused]).toEqual([size, true]);
      }
    }
  });

  it('is never anything but a frame or a reason, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const frame = decodeFrame(bytes);
        if (typeof frame === 'string') return;
        for (const is of Object.values(isMessage)) readMessage<unknown>(frame.payload, is as never);
        readUpgrade(frame.payload);
      }),
      { numRuns: 5000 },
    );
  });

  it('has a stream, a known kind, and no more payload than its kind may have', () => {
    expect(decodeFrame(encodeFrame(0, 'data', Uint8Array.of(1)))).toBe('a frame of stream 0');
    expect(decodeFrame(Uint8Array.of(0, 0, 0, 1, 200, 1))).toBe('a frame of the unknown kind 200');
    expect(decodeFrame(encodeFrame(1, 'data'))).toBe('a frame data of 0 bytes');
    expect(decodeFrame(encodeFrame(1, 'data', new Uint8Array(MOST_DATA + 1)))).toBe(`a frame data of ${MOST_DATA + 1} bytes`);
    expect(decodeFrame(encodeFrame(1, 'open', new Uint8Array(MOST_CONTROL + 1)))).toBe(
      `a frame open of ${MOST_CONTROL + 1} bytes`,
    );
    expect(decodeFrame(encodeFrame(1, 'window', new Uint8Array(5)))).toBe('a frame window of 5 bytes');
    expect(decodeFrame(encodeFrame(1, 'end', new Uint8Array(2)))).toBe('a frame end of 2 bytes');
  });
});

describe('a message', () => {
  it('is read as it was written', () => {
    for (const [kind, message] of Object.entries(messages)) {
      expect(readMessage<unknown>(writeMessage(message), isMessage[kind as keyof typeof messages] as never)).toEqual(message);
    }
  });

  it('is refused when a field is missing or something else', () => {
    for (const [kind, message] of Object.entries(messages)) {
      for (const field of Object.keys(message)) {
        for (const wrong of [undefined, [], -1, 'no such word']) {
          const isText =
            typeof (message as { [name: string]: unknown })[field] === 'string' && field !== 'code' && field !== 'handshake';
          if (wrong === 'no such word' && isText) continue;
          const bytes = new TextEncoder().encode(JSON.stringify({ ...message, [field]: wrong }));
          expect([kind, field, wrong, readMessage<unknown>(bytes, isMessage[kind as keyof typeof messages] as never)]).toEqual([
            kind,
            field,
            wrong,
            null,
          ]);
        }
      }
    }
  });

  it('of an upgrade has its options and the unread bytes, however those were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.nat(), (pieces, cut) => {
        const payload = writeUpgrade(tls, pieces);
        const unread = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        expect(readUpgrade(payload)).toEqual({ tls, unread });
        const torn = readUpgrade(payload.subarray(0, cut % payload.length));
        expect(torn === null || torn.unread.length < unread.length).toBe(true);
      }),
    );
  });
});

describe('stream numbers', () => {
  it('of the page are odd, those of the gateway even, and none comes twice', () => {
    const page = new StreamNumbers('page');
    const gateway = new StreamNumbers('gateway');
    expect([page.next(), page.next(), gateway.next(), gateway.next()]).toEqual([1, 3, 2, 4]);
    expect([page.has(1), page.has(3), page.has(2), page.has(5), gateway.has(2), gateway.has(6)]).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
    const checked = new StreamNumbers('page');
    expect([2, 1, 1, 7, 5, 9].map((number) => checked.take(number))).toEqual([false, true, false, true, false, true]);
  });
});

describe('credit', () => {
  it('is never more than there was, and nothing is lost of it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: MOST_DATA }), { maxLength: 200 }), (sizes) => {
        const sends = new SendCredit();
        const receives = new ReceiveCredit();
        for (const wanted of sizes) {
          const size = Math.min(wanted, sends.left);
          expect(size).toBeGreaterThan(0); // an end that uses what arrives always returns credit
          sends.left -= size;
          expect(receives.arrived(size)).toBe(true);
          const given = receives.used(size);
          if (given > 0) expect(sends.give(given)).toBe(true);
        }
      }),
    );
  });

  it('that was not given is noticed by both ends', () => {
    const receives = new ReceiveCredit();
    expect([receives.arrived(CREDIT), receives.arrived(1)]).toEqual([true, false]);
    const sends = new SendCredit();
    sends.left -= 10;
    expect([sends.give(11), sends.give(0), sends.give(10), sends.give(1)]).toEqual([false, false, true, false]);
  });
});
