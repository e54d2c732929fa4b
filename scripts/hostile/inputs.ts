/**
 * Everything that takes input from outside, and what costs it much: a row is a program, and a pattern that is repeated until the input
 * has its size.
 */

export interface Row {
  readonly name: string;
  /**
   * Who sends the pattern: nobody, and it is the value of `input()`; a server, to which the program connects; or a client, which
   * connects to where the program listens, and after whose end the program is stopped. `address()` is the place.
   */
  readonly from: 'text' | 'server' | 'client';
  readonly program: string;
  /** Sent before the pattern. */
  readonly head?: string;
  readonly pattern: string;
}

const texts = (program: string, patterns: { readonly [name: string]: string }, head = ''): Row[] =>
  Object.entries(patterns).map(([name, pattern]) => ({ name, from: 'text', program, head, pattern }));

const servers = (program: string, head: string, patterns: { readonly [name: string]: string }): Row[] =>
  Object.entries(patterns).map(([name, pattern]) => ({ name, from: 'server', program, head, pattern }));

const clients = (program: string, head: string, patterns: { readonly [name: string]: string }): Row[] =>
  Object.entries(patterns).map(([name, pattern]) => ({ name, from: 'client', program, head, pattern }));

const CONNECT = "socket := import('socket')\nc := socket.connect(address()).socket\n";
const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
  'Sec-WebSocket-Version: 13\r\n\r\n';
const WEBSOCKET =
  "ws := import('websocket'), ws.listen(address(), '/ws', fn(e) { fn loop if ws.recv(e.socket).type { :message -> loop(), _ -> ? }, loop() })";

export const ROWS: readonly Row[] = [
  // texts
  ...texts("import('json').parse(input())", {
    'json brackets': '[',
    'json braces': '{"a":',
    'json escapes': '\\u00e9\\n',
    'json digits': '9',
  }),
  ...texts("import('json').parse('[' + input() + '1]')", { 'json numbers': '1,', 'json texts': '"a",', 'json keys': '{"a":1},' }),
  ...texts("import('json').parse('\"' + input() + '\"')", { 'json text': 'a', 'json text of escapes': '\\u00e9\\n' }),
  ...texts("url := import('url'), url.parse(input()), url.decode(input()), url.decodeQuery(input())", {
    'url slashes': '/',
    'url percents': '%41',
    'url broken percents': '%f',
    'url query': 'a=b&',
    'url colons': 'a:b@',
    'url ats': '@',
  }),
  ...texts("mime := import('mime'), mime.parse(input())", {
    'mime headers': 'A: b\r\n',
    'mime folded': ' a\r\n',
    'mime words': '=?a?B?x',
    'mime colons': ':',
  }),
  ...texts(
    "import('mime').parse(input())",
    { 'mime boundaries': '--b\r\n', 'mime false boundaries': '--b-\r\n', 'mime dashes': '\r\n-' },
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
  ),
  ...texts("import('mime').addresses(input())", {
    addresses: 'a@b, ',
    'addresses quotes': '"\\',
    'addresses groups': 'a:;',
    'addresses comments': '(',
  }),
  ...texts("import('mime').parameters(input())", {
    parameters: 'a;b*0=c;',
    'parameters quotes': '"',
    'parameters continued': 'a*1*=x%41;',
  }),
  ...texts("mime := import('mime'), mime.decodeWords(input()), mime.fromBase64(input()), mime.fromQuotedPrintable(input())", {
    words: '=?utf-8?Q?=41?= ',
    'words begun': '=?',
    'quoted lines': '=\r\n',
  }),
  ...texts(
    `mime := import('mime'), text := input()
    mime.compose({from: 'a@b', to: 'c@d', subject: text, text: text, html: text, attachments: [{name: text, data: text}]})
    mime.compose({from: 'a@b', to: 'c@d', headers: {'X-A': text}}), mime.compose({from: text, to: text}), mime.encodeWords(text)`,
    {
      'compose words': 'gr\xc3\xbcn ',
      'compose ASCII': 'a',
      'compose lines': 'a\r\n',
      'compose addresses': 'ann.of.the.house.of.magnolias@b, ',
      'compose quotes': '"\\',
    },
  ),
  ...texts(
    `str := import('str'), s := '' + input()
    fn change(i) if i < len(s) { true -> { s.(i) := 'y', str.indexOf(s, 'y'), str.rindexOf(s, 'b'), s << 'b', str.endsWith?(s, 'xb'), change(i + 32) } }
    change(0)`,
    { 'text that is changed and searched in turn': 'x' },
  ),
  ...texts("import('mime').parseDate(input())", { 'date blanks': ' ', 'date comments': '(' }),
  ...texts("import('datetime').parse(input())", { 'datetime digits': '2026-' }),
  ...texts("md := import('md'), md.transform(input())", {
    'md stars': '*a ',
    'md brackets': '[',
    'md links': '[a](',
    'md quotes': '>',
    'md lists': '- a\n',
    'md ticks': '`a``',
    'md html': '!html <',
  }),
  ...texts("import('path').clean(input())", { 'path dots': '../a/', 'path slashes': '/' }),
  ...texts(
    "import('socket').connect('[::1]:1', {tls: true, ca: input(), timeout: 1})",
    {
      'pem begins': '-----BEGIN CERTIFICATE-----\n',
      'pem body': 'AAAA\n',
    },
    '-----BEGIN CERTIFICATE-----\n',
  ),
  ...texts("import('socket').connect(input(), {timeout: 1})", {
    'address colons': ':',
    'address brackets': '[',
    'address name': 'a.',
  }),
  ...texts("import('http').queryDecode(input())", { 'http query': 'a=b&' }),
  ...texts("http := import('http'), http.cookies({headers: {Cookie: input()}})", {
    'http cookies': 'a=b; ',
    'http cookie quotes': '"',
  }),
  ...texts(
    "http := import('http'), http.multipart({headers: {'Content-Type': 'multipart/form-data; boundary=b'}, body: input()})",
    { 'http parts': '\r\n--b\r\n', 'http part headers': 'a: b\r\n' },
    '--b\r\n',
  ),
  ...texts("http := import('http'), http.multipart({headers: {'Content-Type': 'multipart/form-data; ' + input()}, body: ''})", {
    'http form parameters': 'xboundary=c ',
    'http form quotes': 'x="boundary=c";',
  }),
  ...texts(
    "http := import('http'), jar := http.jar(), jar.store('http://a/', import('str').split(input(), ';')), jar.header('http://a/')",
    {
      'http jar': 'a=b;',
    },
  ),

  // servers
  ...servers(`${CONNECT}fn loop if socket.recvLine(c).type { :data -> loop(), _ -> ? }\nloop()`, '', {
    'line without end': 'a',
    'short lines': '\n',
    'carriage returns': '\r',
  }),
  ...servers(`${CONNECT}fn loop if socket.recvUntil(c, 'aab').type { :data -> loop(), _ -> ? }\nloop()`, '', {
    'false delimiters': 'aa',
  }),
  ...servers(`${CONNECT}socket.recvAll(c)`, '', { 'whole stream': 'a' }),
  ...servers(`${CONNECT}fn loop if socket.recvPacket(c).type { :data -> loop(), _ -> ? }\nloop()`, '', { 'empty packets': '\0' }),
  ...servers("import('socket').connect(address(), {tls: true, timeout: 5})", '', {
    'tls nothing': '\0',
    'tls records': `\x16\x03\x03\x40\x00${'\x02'.repeat(0x4000)}`,
    'tls alerts': '\x15\x03\x03\x00\x02\x01\x00',
  }),
  ...servers("c := import('pop').connect(address()).client\nc.list(), c.uidl(), c.retr(1)", '+OK\r\n+OK\r\n', {
    'pop lines': '1 1\r\n',
    'pop empty lines': '\r\n',
    'pop line': 'a',
    'pop replies': '+OK\r\n',
  }),
  ...servers(
    "c := import('imap').connect(address()).client\nblocks := [c.select('a'), c.fetch('1:*', 'ALL'), c.search('ALL')], ?",
    '* OK a\r\n',
    {
      'imap lines': '* X\r\n',
      'imap fetches': '* 1 FETCH (FLAGS (a b))\r\n',
      'imap empty messages': '* 1 FETCH ()\r\n',
      'imap flags': '* 1 FETCH (UID 1 FLAGS (\\Seen $ab cd))\r\n',
      'imap items': '* 1 FETCH (A a B b C c D d E e F f G g)\r\n',
      'imap envelopes': '* 1 FETCH (ENVELOPE (() () () () () ()))\r\n',
      'imap brackets': '* 1 FETCH (((((',
      'imap one line': '(',
      'imap literals': '* 1 FETCH (BODY[] {1}\r\na)\r\n',
      'imap empty literals': '* X {0}\r\n',
      'imap lists': '* LIST () "/" a\r\n',
      'imap numbers': '* SEARCH 1 2 3 4 5\r\n',
      'imap quotes': '"\\"',
    },
  ),
  ...servers("c := import('smtp').connect(address()).client\nc.ehlo(), c.noop()", '220 a\r\n', {
    'smtp lines': '250-a\r\n',
    'smtp replies': '250 a\r\n',
    'smtp line': 'a',
  }),
  ...servers("import('http').client().get('http://' + address() + '/')", '', {
    'http status': 'HTTP/1.1 200 a ',
    'http continues': 'HTTP/1.1 100 Continue\r\n\r\n',
  }),
  ...servers("import('http').client().get('http://' + address() + '/')", 'HTTP/1.1 200 OK\r\n', {
    'http headers': 'a: b\r\n',
    'http header': 'a',
  }),
  ...servers(
    "import('http').client().get('http://' + address() + '/')",
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    {
      'http chunks': '1\r\na\r\n',
      'http chunk extensions': '1;a=b',
      'http chunk size': '0',
    },
  ),

  // clients
  ...clients(
    "socket := import('socket'), socket.listen(address(), fn(e) { fn loop if socket.recvLine(e.socket).type { :data -> loop(), _ -> socket.close(e.socket) }, loop() })",
    '',
    {
      'served line': 'a',
      'served lines': '\n',
    },
  ),
  ...clients(
    "socket := import('socket'), socket.listen(address(), fn(e) socket.recvAll(e.socket), {proxyProtocol: :require, trusted: ['127.0.0.1']})",
    'PROXY ',
    { 'proxy header': 'TCP4 ' },
  ),
  ...clients("import('http').serve(address(), fn(evt) (evt.end)({status: 200, body: 'a'}))", 'GET / HTTP/1.1\r\nHost: a\r\n', {
    'http request headers': 'a: b\r\n',
    'http request header': 'a',
  }),
  ...clients("import('http').serve(address(), fn(evt) ?)", '', {
    'http requests without answers': 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  }),
  ...clients("import('http').serve(address(), fn(evt) (evt.end)({status: 200, body: 'a'}))", '', {
    'http empty lines': '\r\n',
    'http path': 'GET /',
  }),
  ...clients(WEBSOCKET, UPGRADE, {
    'websocket pings': '\x89\x80\0\0\0\0',
    'websocket empty messages': '\x81\x80\0\0\0\0',
    'websocket pieces': '\x01\x80\0\0\0\0',
  }),
  ...clients("import('smtp').listen(address(), {})", 'EHLO a\r\n', {
    'smtp commands': 'NOOP\r\n',
    'smtp recipients': 'RCPT TO:<a@b>\r\n',
    'smtp command': 'a',
  }),
  ...clients("import('smtp').listen(address(), {})", 'EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n', {
    'smtp data': 'a',
    'smtp data lines': '\r\n',
    'smtp data dots': '..\r\n',
  }),
  ...clients("import('imap').listen(address(), {})", '', {
    'imap commands': 'a NOOP\r\n',
    'imap command': 'a NOOP ',
    'imap command literals': 'a LOGIN {1}\r\na',
  }),
  ...clients("import('pop').listen(address(), {})", '', { 'pop commands': 'NOOP\r\n', 'pop command': 'a' }),
];
