/** What the mail libraries leave to JavaScript: messages, headers, character sets and answers of IMAP. As all of lib-support, for lib/ alone. */
import type { Machine } from '../../language/runtime/machine.ts';
import { compactObject } from '../../language/values/compact.ts';
import { heavyWork, Obj, Str, type Suspended, str, type Value } from '../../language/values/values.ts';
import { any, int, nonNegativeInt, object, optional, text } from '../params.ts';
import { type Builtin, builtin } from '../registry.ts';
import { inSlices, textOf, type Work } from '../time-slices.ts';
import { isUtf8, toUtf8 } from './charsets.ts';
import { encodedWordValue, headerTokens, headOf, shownFields, usualDate } from './header-text.ts';
import { imapNumbers, imapValues, openLists } from './imap-text.ts';
import { hasText, lacksText } from './mail-search.ts';
import * as mail from './mail-text.ts';
import { inPieces, oneBlank } from './pieces.ts';

/** The parts of an answer of IMAP, see imap-text.ts. */
function partsOf(answer: Value): string[] {
  return (Array.isArray(answer) ? answer : [answer]).map((part) => (part instanceof Str ? part.text : ''));
}

/** Does work on a text in slices. Reading the text costs the thread as much fuel as copying it. */
function worked(machine: Machine, text: string, work: Work<Value>): Value | Suspended {
  heavyWork.charge(text.length);
  return inSlices(machine, work);
}

/** A builtin that converts a string. */
function mailText(name: string, form: string, change: (text: string) => string): Builtin {
  return builtin({
    name,
    group: 'text',
    help: `a string ${form}`,
    params: [text('s')],
    run: (_machine, s) => str(change(s.text)),
  });
}

/** A builtin that does long work on a string. */
function longWork(name: string, help: string, work: (text: string) => Work<Value>): Builtin {
  return builtin({
    name,
    group: 'text',
    help,
    params: [text('s')],
    suspends: true,
    run: (machine, s) => worked(machine, s.text, work(s.text)),
  });
}

/** A builtin that converts a string, in slices. */
function slicedText(name: string, form: string, change: (text: string) => Work<string>): Builtin {
  return longWork(name, `a string ${form}`, (text) => textOf(change(text)));
}

/** A builtin that answers a question about a string, in slices. */
function textCheck(name: string, question: string, check: (text: string) => Work<boolean>): Builtin {
  return longWork(name, `whether a string ${question}`, check);
}

export const mailBuiltins: readonly Builtin[] = [
  textCheck('__line_safe', 'has no CR, LF or NUL', mail.isLineSafe),
  textCheck('__bare_line_end', 'has a CR or LF that is not part of a CRLF', mail.hasBareLineEnd),
  textCheck('__control', 'has control characters other than tabs', mail.hasControl),
  textCheck('__eight_bit', 'has bytes beyond ASCII', mail.hasEightBit),
  textCheck('__plain_lines', 'is ASCII without NUL, in lines of at most 998 bytes', mail.isPlainLines),
  textCheck('__short_lines', 'is without NUL, in lines of at most 998 bytes', mail.isShortLines),
  textCheck('__base64_like', 'has nothing but digits and padding of base64, and blanks', mail.isBase64Like),
  textCheck('__is_utf8', 'is valid UTF-8', isUtf8),
  builtin({
    name: '__to_utf8',
    group: 'text',
    help: 'the UTF-8 of text in a character set, ? if that is not known; with lf = true, CRLF becomes LF',
    params: [text('s'), text('charset'), optional(any('lf'), false)],
    suspends: true,
    run: (machine, s, charset, lf) => worked(machine, s.text, textOf(toUtf8(s.text, charset.text, lf === true))),
  }),
  builtin({
    name: '__imap_values',
    group: 'text',
    help: 'the list of the values of an answer of IMAP, a line or a list of parts, ? if they are over a limit, and of how many are kept; ? if it is malformed',
    params: [any('answer'), nonNegativeInt('limit')],
    suspends: true,
    run: (machine, answer, limit) => inSlices(machine, imapValues(partsOf(answer), limit)),
  }),
  builtin({
    name: '__compact',
    group: 'text',
    help: 'a copy of an object that nobody has seen yet, in as little memory as it needs',
    params: [object('o')],
    run: (_machine, made) => (made instanceof Obj ? compactObject(made) : made),
  }),
  builtin({
    name: '__imap_numbers',
    group: 'text',
    help: 'the numbers among the words of a line; ? if there are more than the limit',
    params: [text('line'), nonNegativeInt('limit')],
    suspends: true,
    run: (machine, line, limit) => worked(machine, line.text, imapNumbers(line.text, limit)),
  }),
  builtin({
    name: '__imap_open',
    group: 'text',
    help: 'how many lists of IMAP are open behind a line that begins in so many',
    params: [text('line'), int('depth')],
    run: (_machine, line, depth) => openLists(line.text, Number(depth)),
  }),
  builtin({
    name: '__mail_lacks',
    group: 'text',
    help: 'whether a message certainly lacks some text from an index on, in UTF-8, whatever the case of letters',
    params: [text('message'), nonNegativeInt('from'), text('sought')],
    suspends: true,
    run: (machine, message, from, sought) => worked(machine, message.text, lacksText(message.text, from, sought.text)),
  }),
  builtin({
    name: '__mail_head',
    group: 'text',
    help: 'the header of a message, read a little further than a limit: the names and values in it, and where the body begins',
    params: [text('raw'), nonNegativeInt('most'), nonNegativeInt('mostName')],
    suspends: true,
    run: (machine, raw, most, mostName) => inSlices(machine, headOf(raw.text, most, mostName)),
  }),
  builtin({
    name: '__mail_fields',
    group: 'text',
    help: 'the fields of a header with CRLF, in order, each as {name, value, raw}',
    params: [text('header')],
    suspends: true,
    run: (machine, header) => worked(machine, header.text, shownFields(header.text)),
  }),
  builtin({
    name: '__mail_tokens',
    group: 'text',
    help: 'the tokens of a structured header, with characters that are tokens, and the limits of an encoded word',
    params: [text('header'), text('specials'), nonNegativeInt('word'), nonNegativeInt('charset')],
    suspends: true,
    run: (machine, header, specials, word, charset) =>
      worked(machine, header.text, headerTokens(header.text, specials.text, { word, charset })),
  }),
  builtin({
    name: '__mail_word',
    group: 'text',
    help: 'the encoded word at an index of a header, within limits; ? if there is none',
    params: [text('header'), nonNegativeInt('at'), nonNegativeInt('word'), nonNegativeInt('charset')],
    run: (_machine, header, at, word, charset) => encodedWordValue(header.text, at, { word, charset }),
  }),
  builtin({
    name: '__usual_date',
    group: 'text',
    help: 'the seconds since 1970 of a date in the form that most mail has; ? for any other',
    params: [text('date')],
    run: (_machine, date) => usualDate(date.text),
  }),
  builtin({
    name: '__has_text',
    group: 'text',
    help: 'whether there is some text in another one, both in UTF-8, whatever the case of letters',
    params: [text('s'), text('sought')],
    suspends: true,
    run: (machine, s, sought) => worked(machine, s.text, hasText(s.text, sought.text)),
  }),
  mailText('__saslprep', 'prepared to be compared (RFC 4013): in UTF-8, normalized; otherwise as it is', mail.saslPrep),
  slicedText('__one_blank', 'with one blank in place of each run of blanks and tabs', (text) => inPieces(text, oneBlank())),
  slicedText('__crlf', 'with CRLF as every line end', mail.withCrlf),
  slicedText('__dot_stuff', 'with a second dot where a line begins with one', mail.dotStuff),
  slicedText('__dot_unstuff', 'without the first dot where a line begins with one', mail.dotUnstuff),
  slicedText('__base64_lines', 'in base64, in lines of 76 characters', mail.base64Lines),
  slicedText('__base64_read', 'out of base64, whatever else is between its digits', mail.base64Read),
  slicedText('__qp_encode', 'in quoted-printable', mail.qpEncode),
  slicedText('__qp_decode', 'out of quoted-printable', mail.qpDecode),
];
