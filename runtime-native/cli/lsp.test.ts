/** The answers of the language server, asked as lsp-connection.ts asks; and the server itself, driven by a client library. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createProtocolConnection,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { handlers } from './lsp.ts';
import { NO_SETTINGS } from './no-settings.ts';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-lsp-'));
const uriOf = (name: string): string => pathToFileURL(join(folder, name)).href;

beforeAll(() => {
  writeFileSync(join(folder, 'geo.oak'), '// The area of a rectangle.\nfn area(w, h) w * h\n');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const server = handlers(NO_SETTINGS);

/** Opens a text in which `|` marks a position. */
function opened(marked: string, name = 'main.oak'): { uri: string; at: { line: number; character: number }; text: string } {
  const before = marked.slice(0, marked.indexOf('|'));
  const text = marked.replace('|', '');
  const lines = before.split('\n');
  const uri = uriOf(name);
  server.changed(uri, text);
  return { uri, text, at: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 } };
}

function labels(marked: string): string[] {
  const { uri, at } = opened(marked);
  return server.complete(uri, at).map(({ label }) => label);
}

function hover(marked: string): string | null {
  const { uri, at } = opened(marked);
  const found = server.hover(uri, at);
  return found === null ? null : (found.contents as { value: string }).value;
}

/** The text with each range that is returned in brackets. */
function marked(
  text: string,
  ranges: readonly { start: { line: number; character: number }; end: { character: number } }[],
): string {
  const lines = text.split('\n');
  for (const { start, end } of [...ranges].sort((a, b) => b.start.character - a.start.character)) {
    const line = lines[start.line] ?? '';
    lines[start.line] =
      `${line.slice(0, start.character)}[${line.slice(start.character, end.character)}]${line.slice(end.character)}`;
  }
  return lines.join('\n');
}

describe('completion', () => {
  it('knows the members of library modules, files and literal objects, and only these', () => {
    expect(labels("socket := import('socket')\nsocket.recvL|")).toContain('recvLine');
    expect(labels("socket := import('socket')\nsocket.recvL|")).not.toContain('print');
    expect(labels("geo := import('./geo')\ngeo.|")).toEqual(['area']);
    expect(labels('point := {x: 1, y: 2}\npoint.|')).toEqual(['x', 'y']);
    expect(labels('fn f(o) o.|')).toEqual([]);
  });

  it('knows names, builtins, words, modules and options', () => {
    const names = labels('fn add(first, second) first\ntotal := 1\n|');
    for (const name of ['add', 'total', 'first', 'print', 'if']) expect(names).toContain(name);
    expect(names.filter((name) => name.startsWith('__'))).toEqual([]);
    expect(labels("x := import('so|")).toEqual(expect.arrayContaining(['socket', 'sort', './geo']));
    expect(labels("socket_connect('a:1', { ti|")).toContain('timeout');
  });

  it('is silent in strings, comments and atoms', () => {
    expect(labels("x := 'so|me'")).toEqual([]);
    expect(labels('// so|')).toEqual([]);
    expect(labels('x := :o|')).toEqual([]);
  });
});

describe('hover', () => {
  it('explains library functions, those of files, builtins and own functions', () => {
    expect(hover("socket := import('socket')\nsocket.con|nect('a:1')")).toMatch(
      /socket\.connect\(address[\s\S]*timeout[\s\S]*:ok/,
    );
    expect(hover("{ connect: dial } := import('socket')\nd|ial('a:1')")).toContain('socket.connect(');
    expect(hover("geo := import('./geo')\ngeo.a|rea(1, 2)")).toMatch(/geo\.area|area\(w, h\)[\s\S]*The area of a rectangle/);
    expect(hover('str|ing(1)')).toContain('string(');
    expect(hover('// Doubles.\nfn twice(n) n * 2\ntw|ice(1)')).toMatch(/fn twice\(n\)[\s\S]*Doubles\./);
    expect(hover('nobody|Knows')).toBeNull();
    expect(hover('1 + |2')).toBeNull();
  });
});

describe('signatures', () => {
  it('name the parameters and the one at hand', () => {
    const active = (text: string) => {
      const { uri, at } = opened(text);
      const found = server.signature(uri, at);
      return found === null ? null : [found.signatures[0]?.label, found.activeParameter];
    };
    expect(active("std := import('std')\nstd.slice([1, 2], |")).toEqual([expect.stringContaining('std.slice('), 1]);
    expect(active('fn add(a, b) a + b\nadd(f(1, 2), |')).toEqual(['add(a, b)', 1]);
    expect(active('pow(|')).toEqual([expect.stringContaining('pow('), 0]);
    expect(active('x := |1')).toBeNull();
  });
});

describe('definitions, references and renaming', () => {
  const program = `geo := import('./geo')
fn twice(n) {
	sum := n + n
	sum
}
sum := twice(3)
print(string(sum + geo.area(1, 2)))
`;

  it('follow imports into files and the library', () => {
    const at = (text: string) => {
      const { uri, at } = opened(text);
      const found = server.definition(uri, at);
      return found === null ? null : [found.uri.replace(/.*\//, ''), found.range.start];
    };
    expect(at(program.replace('geo.area', 'geo.ar|ea'))).toEqual(['geo.oak', { line: 1, character: 3 }]);
    expect(at(program.replace('= twice', '= tw|ice'))).toEqual(['main.oak', { line: 1, character: 3 }]);
    expect(at(program.replace('n + n', 'n + n|'))).toEqual(['main.oak', { line: 1, character: 9 }]);
    expect(at("std := import('std')\nstd.ma|p([], 1)")?.[0]).toBe('std.oak');
    expect(at("x := import('./ge|o')")).toEqual(['geo.oak', { line: 0, character: 0 }]);
    expect(at('pri|nt(1)')).toBeNull();
  });

  it('tell variables of the same name apart', () => {
    const inner = opened(program.replace('\tsum\n', '\ts|um\n'));
    expect(marked(program, server.references(inner.uri, inner.at, true))).toBe(
      program.replace('\tsum := n', '\t[sum] := n').replace('\tsum\n', '\t[sum]\n'),
    );
    const outer = opened(program.replace('(sum +', '(s|um +'));
    const want = program.replace('\nsum :=', '\n[sum] :=').replace('(sum +', '([sum] +');
    expect(marked(program, server.rename(outer.uri, outer.at, 'total'))).toBe(want);
    expect(marked(program, server.references(outer.uri, outer.at, false))).toBe(program.replace('(sum +', '([sum] +'));
  });

  it('rename functions with their recursive calls, and parameters', () => {
    const text = 'fn fact(n) if n { 0 -> 1, _ -> n * fact(n - 1) }\nfact(3)\n';
    const name = opened(text.replace('fact(3)', 'fa|ct(3)'));
    expect(marked(text, server.rename(name.uri, name.at, 'f'))).toBe(text.replaceAll('fact', '[fact]'));
    const param = opened(text.replace('fact(n)', 'fact(|n)'));
    expect(server.rename(param.uri, param.at, 'count')).toHaveLength(4);
  });

  it('refuse what would change the program', () => {
    const refused = (text: string, name: string) => {
      const { uri, at } = opened(text);
      return () => server.rename(uri, at, name);
    };
    expect(refused('pri|nt(1)', 'show')).toThrow('builtin');
    expect(refused("std := import('std')\nstd.m|ap([], 1)", 'x')).toThrow('module std');
    expect(refused('a|a := 1', 'not a name')).toThrow('not a name');
    expect(refused('a|a := 1', 'if')).toThrow('not a name');
    expect(refused('a|a := 1\nbb := 2', 'bb')).toThrow('something else');
  });
});

describe('symbols and formatting', () => {
  it('list what a text defines', () => {
    const { uri } = opened("|std := import('std')\nfn f() 1\ncs C { x := 1 }\ny := 2\n");
    expect(server.symbols(uri).map(({ name, kind }) => [name, kind])).toEqual([
      ['std', 'module'],
      ['f', 'function'],
      ['C', 'class'],
      ['y', 'variable'],
    ]);
  });

  it('format as magnolia fmt does, and leave broken texts alone', () => {
    expect(server.format(opened('|x:=1').uri)[0]?.newText).toBe('x := 1\n');
    expect(server.format(opened('|x := 1\n').uri)).toEqual([]);
    expect(server.format(opened('|x := := 1').uri)).toEqual([]);
  });
});

describe('positions', () => {
  it('count UTF-16 units', () => {
    const { uri, at, text } = opened("x := '😀😀' + na|me\nname := 1\n");
    expect(at.character).toBe(16);
    expect(marked(text, server.references(uri, at, true))).toBe("x := '😀😀' + [name]\n[name] := 1\n");
  });
});

describe('magnolia lsp', () => {
  let child: ChildProcessWithoutNullStreams;
  let client: ProtocolConnection;

  async function start(): Promise<void> {
    child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), 'lsp', '--stdio'], { cwd: folder });
    client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    client.listen();
    await client.sendRequest('initialize', { processId: process.pid, rootUri: uriOf(''), capabilities: {} });
    await client.sendNotification('initialized', {});
  }

  it('pushes diagnostics while the user types, and ends with status 0', async () => {
    await start();
    const seen: PublishDiagnosticsParams[] = [];
    let news = (): void => {};
    client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      seen.push(params);
      news();
    });
    const next = async (): Promise<(string | number | undefined)[][]> => {
      while (seen.length === 0) await new Promise<void>((done) => (news = done));
      return (seen.shift()?.diagnostics ?? []).map(({ code, range }) => [code, range.start.line]);
    };
    const uri = uriOf('typed.oak');
    const change = (version: number, text: string) =>
      client.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] });

    await client.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'magnolia', version: 1, text: "print('a')\n" },
    });
    expect(await next()).toEqual([]);
    await change(2, "print('a')\nprnt('b')\n");
    expect(await next()).toEqual([['undefined-name', 1]]);
    await change(3, 'const x = 1\nlocal y = 2\n');
    expect(await next()).toEqual([
      ['syntax', 0],
      ['syntax', 1],
    ]);
    await change(4, `${'['.repeat(10_000)}`);
    expect((await next()).length).toBeGreaterThan(0);
    await change(5, "print('a')\n");
    expect(await next()).toEqual([]);

    await client.sendRequest('shutdown');
    await client.sendNotification('exit');
    expect(await once(child, 'exit')).toEqual([0, null]);
    client.dispose();
  }, 60_000);

  it('ends with status 1 when standard input ends suddenly', async () => {
    await start();
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([1, null]);
    client.dispose();
  }, 60_000);
});
