/** The examples of the menu, in its order. The build puts the text of each file in the place of its import. */
import httpMemory from './examples/http-memory.oak';
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
import helloProse from './tour/01-hello.md';
import valuesProse from './tour/02-values.md';
import functionsProse from './tour/03-functions.md';
import choicesProse from './tour/04-if.md';
import namesProse from './tour/05-names.md';
import loopsProse from './tour/06-loops.md';
import textProse from './tour/07-text.md';
import classesProse from './tour/08-classes.md';
import errorsProse from './tour/09-errors.md';
import inputProse from './tour/10-input.md';

export interface Example {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly text: string;
  /** Whether it gets the network in memory. */
  readonly network: boolean;
  /** Markdown to read beside a step of the tour; null for other examples. */
  readonly prose: string | null;
}

const tour = 'Tour of the language';

const example = (group: string, id: string, title: string, source: string, network = false): Example => ({
  group,
  id,
  title,
  text: source,
  network,
  prose: null,
});

const step = (id: string, title: string, source: string, prose: string): Example => ({
  ...example(tour, id, title, source),
  prose,
});

const concurrency = 'Threads and channels';
const sockets = 'Sockets';

export const examples: readonly Example[] = [
  step('hello', '1 · Hello', hello, helloProse),
  step('values', '2 · Values', values, valuesProse),
  step('functions', '3 · Functions', functions, functionsProse),
  step('if', '4 · If', choices, choicesProse),
  step('names', '5 · Names', names, namesProse),
  step('loops', '6 · Loops', loops, loopsProse),
  step('text', '7 · Text', text, textProse),
  step('classes', '8 · Classes', classes, classesProse),
  step('errors', '9 · Errors', errors, errorsProse),
  step('input', '10 · Input', input, inputProse),
  example(concurrency, 'threads', 'A thousand threads', threads),
  example(concurrency, 'ping-pong', 'Ping-pong', pingPong),
  example(concurrency, 'pipeline', 'Workers and a queue', pipeline),
  example(sockets, 'socket-error', 'No network: the error value', socketHello),
  example(sockets, 'socket-hello', 'The same, on a network in memory', socketHello, true),
  example(sockets, 'socket-memory', 'A conversation in memory', socketMemory, true),
  example(sockets, 'http-memory', 'A web server and its client, in memory', httpMemory, true),
];
