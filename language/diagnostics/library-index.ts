/**
 * Which function is in which library, for hints: people write `map(xs, f)` and mean the one in `std`.
 *
 * Only what a program would call is listed. A test compares the lists with the library's sources.
 */
const INDEX: { readonly [library: string]: string } = {
  std:
    'identity is constantly default toHex fromHex clamp slice clone range reverse map each filter exclude separate reduce flatten ' +
    'compact some every append join zip partition uniq first last take takeLast find rfind indexOf rindexOf contains? values ' +
    'entries fromEntries merge once loop aloop serial parallel debounce stdin println',
  str:
    'checkRange upper? lower? digit? space? letter? word? join startsWith? endsWith? indexOf rindexOf contains? cut lower upper ' +
    'replace split padStart padEnd trimStart trimEnd trim',
  fmt: 'format printf',
  math: 'sign abs sqrt hypot scale bearing orient sum prod min max clamp mean median stddev round Pi E',
  sort: 'sort! sort psort',
  json: 'serialize parse',
  path: 'abs? rel? dir base cut clean join split resolve',
  fs: 'readFile writeFile appendFile replace rename sync statFile listFiles readFiles statFiles readFilesConcurrent writeFiles',
  cli: 'parseArgv parse',
  debug: 'inspect bar histo',
  datetime: 'leap? describe timestamp format parse',
  random: 'boolean integer number choice normal',
  crypto: 'randomBytes randomInt randomFloat timingSafeEqual uuid sha256',
  b64: 'encodeBytes decodeBytes fromHex toHex',
  thread:
    'spawn makeChannel send recv close Mutex Semaphore WaitGroup Future Pool parallel pmap pmapConcurrent race pipeline retry ' +
    'debounce throttle',
  process: 'awaitSignal onSignal pid worker',
  socket: 'connect send sendLine recv recvExact recvLine startTLS close listen Socket',
};

/** What people import without that its functions are listed above. */
const OTHERS = ['math-base', 'math-geo', 'math-stats', 'test', 'bitwise', 'b64-hex', 'async/event-bus'];

/** The names of the standard libraries, as `import` knows them. */
export const LIBRARIES: readonly string[] = [...Object.keys(INDEX), ...OTHERS];

/** The functions of one library; none when it is not listed. */
export function namesIn(library: string): readonly string[] {
  return Object.hasOwn(INDEX, library) ? (INDEX[library]?.split(' ') ?? []) : [];
}

/** The libraries that have a function of this name, the most common one first. */
export function librariesWith(name: string): readonly string[] {
  return Object.keys(INDEX).filter((library) => namesIn(library).includes(name));
}
