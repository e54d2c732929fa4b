/**
 * Runs one Magnolia program with the bundle for browsers and the sockets of a gateway. The program sees the files that it was given, in
 * memory; what it prints comes back as text of one character for each byte.
 */

const OUTPUT_LIMIT_BYTES = 32 * 1024 * 1024;

/** A job is `{ gateway: { url, token }, file, env, text, files }`; without `text`, `file` is one of `sources`. Returns `{ out, err, code }`. */
export async function runProgram(bundle, sources, { bare, gateway, file, env = {}, text, files = {} }) {
  if (bare !== undefined) return { out: String(await useSocket(bare)), err: '', code: 0 };
  const { createRuntime, gatewayNetwork, MagnoliaError, MemoryFiles } = bundle;
  const all = Object.entries({ ...sources, ...files }).map(([path, content]) => [path, toBytes(content)]);
  const network = gatewayNetwork(gateway.url, { token: gateway.token });
  let out = '';
  let err = '';
  const runtime = createRuntime({
    files: new MemoryFiles(Object.fromEntries(all), file.slice(0, file.lastIndexOf('/'))),
    env,
    network,
    limits: { outputBytes: OUTPUT_LIMIT_BYTES },
    outputBytes: (bytes) => {
      out += toText(bytes);
    },
    onProblem: (error) => {
      err += error.report;
    },
  });
  try {
    const { status } = await runtime.run(text === undefined ? { file } : { text, file });
    return { out, err, code: status };
  } catch (error) {
    return { out, err: err + (error instanceof MagnoliaError ? error.report : `${error.stack}\n`), code: 1 };
  } finally {
    await network.close();
  }
}

/** What a WebSocket itself can (bare.ts): takes or sends so many bytes, or asks so many questions. Returns the milliseconds that took. */
function useSocket({ url, what, count, credit, step, frame }) {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  return new Promise((done, failed) => {
    let started = 0;
    let left = count;
    let given = credit;
    const over = () => {
      done(performance.now() - started);
      socket.close();
    };
    const more = () => {
      for (; left > 0 && given > 0; given -= frame, left -= frame) socket.send(new Uint8Array(frame));
    };
    const ask = () => (left-- > 0 ? socket.send(new Uint8Array(15)) : over());
    socket.onerror = () => failed(new Error('the WebSocket has failed'));
    socket.onopen = () => {
      started = performance.now();
      if (what === 'up') more();
      if (what === 'ask') ask();
    };
    socket.onclose = over; // has taken all
    socket.onmessage = ({ data }) => {
      if (what === 'ask') ask();
      else if (what === 'up') {
        given += step;
        more();
      } else {
        left -= data.byteLength;
        if (left % step === 0) socket.send(new Uint8Array(9));
        if (left === 0) over();
      }
    };
  });
}

function toBytes(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** `TextDecoder('latin1')` means windows-1252, which is another thing. */
function toText(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
