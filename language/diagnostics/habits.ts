/** Names and methods of other languages, and what they are called here. */

/** Names of other languages. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...entries('the value for nothing is `?`', 'null nil None undefined NULL nullptr'),
  ...entries('true and false have small letters', 'True False TRUE FALSE'),
  ['console', 'to print, write println(x)'],
  ['echo', 'to print, write println(x)'],
  ['puts', 'to print, write println(x)'],
  ['printf', "it is in fmt: import('fmt').printf('{{0}}', x)"],
  ['sprintf', "text is made by format of fmt: import('fmt').format('{{0}}', x)"],
  ['this', 'the fields of a class are used by their names alone; there is no this'],
  ['self', 'the fields of a class are used by their names alone'],
  ['super', 'the parents of a class are called in front of its own part: cs B(x) { (A(x)) -> { … } }'],
  ['Math', "mathematics is a library: math := import('math')"],
  ['JSON', "JSON is a library: json := import('json'), then json.parse(text) and json.serialize(x)"],
  ['Object', 'the keys of an object are keys(object); entries and values are in std'],
  ['Array', "a list is written [1, 2, 3]; std.range(n) makes one of n ints: std := import('std')"],
  ['Number', 'to make a number of a string, write int(s) or float(s)'],
  ['parseInt', 'to make an int of a string, write int(s)'],
  ['parseFloat', 'to make a float of a string, write float(s)'],
  ['tonumber', 'to make a number of a string, write int(s) or float(s)'],
  ['String', 'to make a string of a value, write string(x)'],
  ['tostring', 'to make a string of a value, write string(x)'],
  ['toString', 'to make a string of a value, write string(x)'],
  ['repr', "to show a value, write import('debug').inspect(x)"],
  ['chr', 'the string of one byte is char(code)'],
  ['ord', 'the byte of a string of one byte is codepoint(c)'],
  ['isinstance', 'the type of a value is type(x), an atom: type(x) = :int'],
  ['require', "a module is imported: name := import('name')"],
  ['include', "a module is imported: name := import('name')"],
  ['setTimeout', 'wait(seconds) waits, and other threads go on meanwhile: go(fn() { wait(1), f() })'],
  ['setInterval', 'a thread that waits again and again: go(fn tick() { wait(1), f(), tick() })'],
  ['sleep', 'to wait, write wait(seconds)'],
  ['Promise', 'there are no promises: a call waits by itself, and go(fn() …) runs a thread beside this one'],
  ['fetch', "TCP and TLS are in socket, HTTP in http: import('socket')"],
  ['Error', 'what fails returns an error value: { type: :error, error: text }'],
  ['panic', 'what fails returns an error value: { type: :error, error: text }'],
  ['assert', "a test is a suite of the library test: import('test').new('…')"],
  ['enumerate', 'std.each(xs, fn(x, i) …) also gives the index'],
  ['sorted', "sorting is in sort: import('sort').sort(xs)"],
  ['length', 'the length is a function: len(x)'],
  ['size', 'the length is a function: len(x)'],
  ['pass', 'a function that does nothing is fn() ?'],
  ['break', 'there are no loops; a function that calls itself ends by not calling itself'],
  ['continue', 'there are no loops; a function goes on by calling itself'],
]);

/** Methods of lists and strings in other languages, with X for what they are called on. */
const OF_BOTH: ReadonlyMap<string, string> = new Map([
  ...entries('the length is a function: len(X)', 'length size count len'),
  ...entries("write std.slice(X, from, to): std := import('std')", 'slice substring substr sub subarray'),
  ...entries("write std.reverse(X): std := import('std')", 'reverse reversed'),
]);

const OF_LISTS: ReadonlyMap<string, string> = new Map([
  ...OF_BOTH,
  ...entries('an item is added to a list with X << item', 'push append add insert push_back unshift'),
  ...entries('the last item is X.(len(X) - 1); std.slice(X, 0, len(X) - 1) is the list without it', 'pop shift remove'),
  ...entries('the first item is X.0', 'first head'),
  ...entries('the last item is std.last(X)', 'last'),
  ...['map', 'filter', 'reduce', 'find', 'some', 'every', 'each', 'flatten', 'uniq', 'zip', 'partition', 'take'].map(
    (name): [string, string] => [name, `it is a function of std: std.${name}(X, …), or X |> std.${name}(…)`],
  ),
  ...entries('it is a function of std: std.each(X, fn(x) …)', 'forEach foreach each_with_index'),
  ...entries('it is a function of std: std.reduce(X, start, fn(sum, x) …)', 'fold inject foldl'),
  ...entries("it is a function of str: str.join(X, ', ')", 'join'),
  ...entries('it is a function of std: std.join(X, others)', 'concat extend'),
  ...entries('it is a function of std: std.contains?(X, item)', 'includes contains include? has'),
  ...entries('it is a function of std: std.indexOf(X, item)', 'indexOf index findIndex'),
  ...entries('it is a function of sort: sort.sort(X)', 'sort sorted sort_by'),
  ...entries('keys(X) are the indexes of a list', 'keys'),
]);

const OF_STRINGS: ReadonlyMap<string, string> = new Map([
  ...OF_BOTH,
  ...entries('it is a function of str: str.upper(X)', 'toUpperCase upper upcase to_upper ToUpper'),
  ...entries('it is a function of str: str.lower(X)', 'toLowerCase lower downcase to_lower ToLower'),
  ...entries('it is a function of str: str.trim(X)', 'trim strip'),
  ...entries("it is a function of str: str.split(X, ',')", 'split'),
  ...entries('it is a function of str: str.replace(X, old, new)', 'replace replaceAll gsub'),
  ...entries('it is a function of str: str.contains?(X, part)', 'includes contains include? has'),
  ...entries('it is a function of str: str.indexOf(X, part)', 'indexOf index find'),
  ...entries('it is a function of str: str.startsWith?(X, part)', 'startsWith startswith start_with? hasPrefix'),
  ...entries('it is a function of str: str.endsWith?(X, part)', 'endsWith endswith end_with? hasSuffix'),
  ...entries('it is a function of str: str.padStart(X, n, mark)', 'padStart rjust zfill'),
  ...entries('it is a function of str: str.padEnd(X, n, mark)', 'padEnd ljust'),
  ...entries('a character is read by its index: X.(i)', 'charAt at'),
  ...entries('the byte at an index is codepoint(X.(i))', 'charCodeAt codePointAt'),
  ...entries('strings are joined with +: X + other', 'concat append'),
  ...entries("text is made by format of fmt: import('fmt').format(X, …)", 'format'),
  ...entries('a string is changed in place: X << more', 'push add'),
]);

const OF_NUMBERS: ReadonlyMap<string, string> = new Map([
  ...entries('to make a string of it, write string(X)', 'toString to_s String'),
  ...entries("it is a function of math: import('math').round(X, 2)", 'toFixed round'),
  ...entries('int(X) rounds down', 'floor toInt to_i'),
]);

const OF_OBJECTS: ReadonlyMap<string, string> = new Map([
  ...entries('they are a function: keys(X)', 'keys'),
  ...entries('they are a function of std: std.values(X)', 'values'),
  ...entries('they are a function of std: std.entries(X)', 'entries items'),
  ...entries('a key that is not there is ?: X.key != ?', 'hasOwnProperty has has_key? containsKey contains'),
  ...entries('the length is a function: len(X)', 'length size count'),
  ...entries('a key is read with X.(key), and X.(key) = ? when it is not there', 'get'),
  ...entries('a key is written with X.(key) := value', 'set put'),
  ...entries('a key is taken away with X.(key) := _', 'delete remove'),
  ...entries('to make a string of it, write string(X)', 'toString'),
]);

function entries(lesson: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, lesson]);
}

/** Functions of other languages whose names mean something else here. */
const CALLS: ReadonlyMap<string, string> = new Map([['str', 'to make a string of a value, write string(x)']]);

/** How to write here a call of a function of another language; null for any other. */
export function callLesson(name: string): string | null {
  return CALLS.get(name) ?? null;
}

/** How to write here what another language has under a name; null if none has. */
export function nameLesson(name: string): string | null {
  return NAMES.get(name) ?? null;
}

const METHODS = { list: OF_LISTS, string: OF_STRINGS, number: OF_NUMBERS, object: OF_OBJECTS } as const;

/** How to write here a method of another language; `written` is what it is called on. */
export function methodLesson(kind: keyof typeof METHODS, method: string, written: string | null): string | null {
  const lesson = METHODS[kind].get(method);
  return lesson === undefined ? null : lesson.replaceAll('X', written ?? 'x');
}
