/** What is measured: the programs of scripts/bench and the rows that they print. */

/** Processor: a program `cpu-NAME.oak`, and `NAME` of peers/cpu.*. */
export const cpuPrograms: Readonly<Record<string, readonly string[]>> = {
  fib: ['cpu-fib'],
  loopsum: ['cpu-loopsum'],
  deep: ['cpu-deep'],
  strbuild: ['cpu-strbuild-push', 'cpu-strbuild-plus'],
  bytescan: ['cpu-bytescan-cmp', 'cpu-bytescan-code'],
  lists: ['cpu-lists-push', 'cpu-lists-hof'],
  objects: ['cpu-objects-insert', 'cpu-objects-read', 'cpu-objects-fields'],
  sort: ['cpu-sort'],
  closures: ['cpu-closures-counters', 'cpu-closures-compose'],
  states: ['cpu-states'],
  parse: ['cpu-parse'],
  sieve: ['cpu-sieve'],
  floats: ['cpu-spectral', 'cpu-nbody'],
  hash64: ['cpu-lcg64', 'cpu-fnv64'],
  threads: ['cpu-chan-pingpong', 'cpu-spawn', 'cpu-chan-buffered'],
  chain: ['cpu-chan-chain'],
};

/** The library: a program `std-NAME.oak`, and `NAME` of peers/stdlib.cjs. */
export const stdlibPrograms: Readonly<Record<string, readonly string[]>> = {
  hof: ['std-map', 'std-filter', 'std-reduce', 'std-each'],
  sort: ['std-sort-ints', 'std-sort-strings', 'std-sort-sorted', 'std-sort-equal', 'std-sort-objects'],
  json: ['std-json-parse', 'std-json-serialize'],
  text: [
    'std-split-lines',
    'std-split-words',
    'std-split-bytes',
    'std-join-lines',
    'std-join-words',
    'std-replace',
    'std-indexOf',
    'std-rindexOf',
  ],
};

/** Sockets: a program `sock-NAME.oak` and `NAME` of peers/sockets.*, and their parameters after the target. */
export interface Workload {
  /** Its row: `sock-` and this without encryption, `tls-` and this with it. */
  readonly row: string;
  readonly program: string;
  readonly params: readonly string[];
  /** Is measured only when it is named. */
  readonly onRequest?: boolean;
  /** Makes sense with encryption only. */
  readonly tlsOnly?: boolean;
}

/** Stands for the file of the certificate among the parameters of a workload. */
export const CERTIFICATE = 'CERTIFICATE';

export const workloads: readonly Workload[] = [
  { row: 'echo', program: 'echo', params: ['100000'] }, // the first few thousand are spent on compiling
  { row: 'lines', program: 'lines', params: [] },
  { row: 'writes', program: 'writes', params: [] },
  { row: 'bulk-down', program: 'bulk', params: ['1024', '65536', 'down'] },
  { row: 'bulk-up', program: 'bulk', params: ['1024', '65536', 'up'] },
  { row: 'conns', program: 'conns', params: [] },
  { row: 'churn', program: 'churn', params: [] },
  { row: 'idle', program: 'idle', params: ['2000', '1'], onRequest: true }, // how fast 2000 connections open
  { row: 'handshakes-full', program: 'handshakes', params: ['3000', 'full', CERTIFICATE], tlsOnly: true },
  { row: 'handshakes-resumed', program: 'handshakes', params: ['3000', 'resumed', CERTIFICATE], tlsOnly: true },
];
