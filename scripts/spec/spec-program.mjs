/**
 * Runs one Magnolia program with the bundle for browsers: the same in a worker of Node and in one of a browser.
 *
 * The program sees the Magnolia files of its own folder, in memory; what it prints comes back as text of one character for each byte.
 */

const OUTPUT_LIMIT_BYTES = 32 * 1024 * 1024;

/** `bundle` is the module; `sources` are all files there are, by path; a job is `{ file, fuel }`. Gives `{ out, err, code }`. */
export async function runProgram({ createRuntime, MagnoliaError, MemoryFiles }, sources, { file, fuel }) {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const near = Object.entries(sources).filter(([path]) => path.startsWith(folder));
  const files = Object.fromEntries(near.map(([path, text]) => [path, Uint8Array.from(text, (char) => char.charCodeAt(0))]));
  let out = '';
  let err = '';
  const runtime = createRuntime({
    files: new MemoryFiles(files, '/scratch'),
    limits: { outputBytes: OUTPUT_LIMIT_BYTES },
    outputBytes: (bytes) => {
      out += byteText(bytes);
    },
    onProblem: (error) => {
      err += error.report;
    },
    ...(fuel === undefined ? {} : { fuel }),
  });
  try {
    const { status } = await runtime.run({ file });
    return { out, err, code: status };
  } catch (error) {
    return { out, err: err + (error instanceof MagnoliaError ? error.report : `${error.stack}\n`), code: 1 };
  }
}

/** `TextDecoder('latin1')` means windows-1252, which is another thing. */
function byteText(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
