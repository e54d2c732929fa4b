/** `magnolia lsp`: the language server. This file knows the texts and answers; lsp-connection.ts speaks the protocol. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Source } from '../../language/syntax/source.ts';
import { utf8Encode } from '../../language/values/bytes.ts';
import { rangeOf } from '../../tools/check/range.ts';
import { Editor } from '../../tools/editor/editor.ts';
import type { Knowledge } from '../../tools/editor/knowledge.ts';
import { libraryManifest } from '../library.ts';
import { nativeLibrary } from '../modules.ts';
import type { Settings } from './arguments.ts';
import { describeBuiltin } from './builtin-help.ts';
import { nativeCheckWorld } from './check.ts';
import { readFlags, usageError } from './flags.ts';
import { INSTALLED } from './installed.ts';
import type { LanguageHandlers } from './lsp-connection.ts';
import { programFiles } from './program-files.ts';
import { commandWorld } from './world.ts';

/** Serves the editor on standard input and output until it ends the process. */
export async function serveEditor(words: readonly string[], settings: Settings): Promise<number> {
  const read = readFlags('lsp', words, { stdio: 'boolean' }); // editors say --stdio, which is all there is
  if (read === null) return 2;
  if (read.rest.length > 0) {
    usageError(`lsp takes nothing more, but got ${read.rest.join(' ')}`);
    return 2;
  }
  const { serve } = await import('./lsp-connection.ts');
  serve(handlers(settings));
  return await new Promise(() => {});
}

/** The answers about the texts that an editor has open; other files are read from the disk. */
export function handlers(settings: Settings): LanguageHandlers {
  const open = new Map<string, Source>(); // by path
  const editor = new Editor(knowledge(settings, open));
  const of = (uri: string): Source => open.get(pathOf(uri)) ?? new Source(pathOf(uri), '');

  return {
    changed(uri, text) {
      open.set(pathOf(uri), new Source(pathOf(uri), text));
      return [...open.keys()].map((path) => uriOf(path));
    },
    closed: (uri) => void open.delete(pathOf(uri)),
    diagnostics: (uri) =>
      editor.diagnostics(of(uri)).map(({ range, severity, code, message, hint }) => ({
        range,
        severity: severity === 'error' ? 1 : 2,
        code,
        source: 'magnolia',
        message: hint === null ? message : `${message}\n${hint}`,
        ...(hint === null ? {} : { data: { hint } }),
      })),
    hover(uri, at) {
      const found = editor.hover(of(uri), at);
      return found === null ? null : { contents: { kind: 'markdown', value: found.text }, range: found.range };
    },
    complete: (uri, at) => [...editor.complete(of(uri), at)],
    signature(uri, at) {
      const found = editor.signature(of(uri), at);
      if (found === null) return null;
      const { label, parameters, active, text } = found;
      const documentation = { kind: 'markdown', value: text } as const;
      const signature = { label, documentation, parameters: parameters.map((one) => ({ label: one })) };
      return { signatures: [signature], activeSignature: 0, activeParameter: active };
    },
    definition(uri, at) {
      const found = editor.definition(of(uri), at);
      return found === null ? null : { uri: uriOf(found.source.file), range: found.range };
    },
    references: (uri, at, withDeclaration) => [...editor.references(of(uri), at, withDeclaration)],
    renameable: (uri, at) => editor.renameable(of(uri), at),
    rename: (uri, at, name) => [...editor.rename(of(uri), at, name)],
    symbols: (uri) => [...editor.symbols(of(uri))],
    format(uri) {
      const source = of(uri);
      const text = editor.format(source);
      if (text === null || text === source.text) return [];
      return [{ range: rangeOf(source, 0, [...source.text].length), newText: text }];
    },
  };
}

function knowledge(settings: Settings, open: ReadonlyMap<string, Source>): Knowledge {
  const library = nativeLibrary(settings.lib);
  const { registry } = commandWorld(settings, []).world;
  const read = new Map<string, { readonly changed: number; readonly source: Source }>();
  /** An open text, else the file as it is on the disk: the same object until it changes. */
  const sourceOf = (path: string, load: () => Source): Source => {
    const here = open.get(path);
    if (here !== undefined) return here;
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const known = read.get(path);
    if (known?.changed === changed) return known.source;
    const source = load();
    read.set(path, { changed, source });
    return source;
  };
  return {
    ...nativeCheckWorld(settings, sourceOf),
    builtinHelp(name) {
      const one = registry.get(name);
      return one === undefined ? null : describeBuiltin(one);
    },
    librarySource(name) {
      const found = library.find(utf8Encode(name));
      const module = libraryManifest().modules.find(({ names }) => names.includes(name));
      if (found === null) return null;
      if (!found.key.startsWith('lib:')) return sourceOf(found.key, () => found.load() as Source); // a file of --lib
      const path = join(INSTALLED, 'lib', `${module?.file}.oak`);
      return sourceOf(path, () => new Source(path, readFileSync(path, 'utf8')));
    },
    filesAround(source) {
      try {
        const folder = dirname(resolve(source.file));
        const names = readdirSync(folder).filter((name) => programFiles([name]).length > 0 && /\.(oak|ok|mag|mg)$/.test(name));
        return names.map((name) => `./${name.replace(/\.\w+$/, '')}`);
      } catch {
        return []; // a text that is in no folder yet
      }
    },
  };
}

function pathOf(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
}

function uriOf(path: string): string {
  return /^[a-z][\w+.-]+:/i.test(path) ? path : pathToFileURL(path).href;
}
