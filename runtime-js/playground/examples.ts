/** The examples of the menu, in its order. The build puts the text of each file in the place of its import. */
import pingPong from './examples/ping-pong.oak';
import pipeline from './examples/pipeline.oak';
import socketHello from './examples/socket-hello.oak';
import socketMemory from './examples/socket-memory.oak';
import threads from './examples/threads.oak';
import hello from './examples/tour-01-hello.oak';
import values from './examples/tour-02-values.oak';
import functions from './examples/tour-03-functions.oak';
import choices from './examples/tour-04-if.oak';
import names from './examples/tour-05-names.oak';
import loops from './examples/tour-06-loops.oak';
import text from './examples/tour-07-text.oak';
import classes from './examples/tour-08-classes.oak';
import errors from './examples/tour-09-errors.oak';
import input from './examples/tour-10-input.oak';

export interface Example {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly text: string;
  /** Whether it gets the network in memory. */
  readonly network: boolean;
}

const example = (group: string, id: string, title: string, source: string, network = false): Example => ({
  group,
  id,
  title,
  text: source,
  network,
});

const tour = 'Tour of the language';
const concurrency = 'Threads and channels';
const sockets = 'Sockets';

export const examples: readonly Example[] = [
  example(tour, 'hello', '1 · Hello', hello),
  example(tour, 'values', '2 · Values', values),
  example(tour, 'functions', '3 · Functions', functions),
  example(tour, 'if', '4 · If', choices),
  example(tour, 'names', '5 · Names', names),
  example(tour, 'loops', '6 · Loops', loops),
  example(tour, 'text', '7 · Text', text),
  example(tour, 'classes', '8 · Classes', classes),
  example(tour, 'errors', '9 · Errors', errors),
  example(tour, 'input', '10 · Input', input),
  example(concurrency, 'threads', 'A thousand threads', threads),
  example(concurrency, 'ping-pong', 'Ping-pong', pingPong),
  example(concurrency, 'pipeline', 'Workers and a queue', pipeline),
  example(sockets, 'socket-error', 'No network: the error value', socketHello),
  example(sockets, 'socket-hello', 'The same, on a network in memory', socketHello, true),
  example(sockets, 'socket-memory', 'A conversation in memory', socketMemory, true),
];
