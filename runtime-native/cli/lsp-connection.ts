/**
 * The Language Server Protocol on standard input and output, with the package vscode-languageserver. Bundled into its own file,
 * dist/lsp-connection.cjs, which only `magnolia lsp` loads; so it shares no classes with the rest, only plain data.
 */
import {
  type CompletionItem,
  CompletionItemKind,
  createConnection,
  type Diagnostic,
  ErrorCodes,
  type Hover,
  type Location,
  type Position,
  type Range,
  ResponseError,
  type SignatureHelp,
  StreamMessageReader,
  StreamMessageWriter,
  SymbolKind,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

/** What the server answers with. Texts are known by their URIs. A request that throws an Error is answered with its message. */
export interface LanguageHandlers {
  /** A text was opened or changed. Returns the open texts whose mistakes may be others now. */
  changed(uri: string, text: string): readonly string[];
  closed(uri: string): void;
  diagnostics(uri: string): Diagnostic[];
  hover(uri: string, at: Position): Hover | null;
  complete(
    uri: string,
    at: Position,
  ): { readonly label: string; readonly kind: keyof typeof COMPLETIONS; readonly detail: string }[];
  signature(uri: string, at: Position): SignatureHelp | null;
  definition(uri: string, at: Position): Location | null;
  references(uri: string, at: Position, withDeclaration: boolean): Range[];
  renameable(uri: string, at: Position): Range;
  rename(uri: string, at: Position, name: string): Range[];
  symbols(uri: string): { readonly name: string; readonly kind: keyof typeof SYMBOLS; readonly range: Range }[];
  /** The edits that format a text. */
  format(uri: string): TextEdit[];
}

const COMPLETIONS = {
  function: CompletionItemKind.Function,
  variable: CompletionItemKind.Variable,
  member: CompletionItemKind.Method,
  option: CompletionItemKind.Property,
  module: CompletionItemKind.Module,
  keyword: CompletionItemKind.Keyword,
} as const;

const SYMBOLS = {
  function: SymbolKind.Function,
  class: SymbolKind.Class,
  module: SymbolKind.Module,
  variable: SymbolKind.Variable,
} as const;

/** Serves one editor. The process ends when the editor says so, with status 0, or when standard input ends, with status 1. */
export function serve(handlers: LanguageHandlers): void {
  const connection = createConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
  const documents = new TextDocuments(TextDocument);
  const waiting = new Set<string>();
  let isShuttingDown = false;

  /** Mistakes are looked for once a burst of changes has been read. */
  const publishLater = (uris: readonly string[]): void => {
    if (waiting.size === 0) setImmediate(publish);
    for (const uri of uris) waiting.add(uri);
  };
  const publish = (): void => {
    const uris = [...waiting];
    waiting.clear();
    for (const uri of uris) {
      if (documents.get(uri) !== undefined) void connection.sendDiagnostics({ uri, diagnostics: handlers.diagnostics(uri) });
    }
  };

  connection.onInitialize(() => ({
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      completionProvider: { triggerCharacters: ['.', "'"] },
      signatureHelpProvider: { triggerCharacters: ['(', ','] },
      definitionProvider: true,
      referencesProvider: true,
      renameProvider: { prepareProvider: true },
      documentSymbolProvider: true,
      documentFormattingProvider: true,
    },
    serverInfo: { name: 'magnolia' },
  }));
  documents.onDidChangeContent(({ document }) => publishLater(handlers.changed(document.uri, document.getText())));
  documents.onDidClose(({ document }) => {
    handlers.closed(document.uri);
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });

  connection.onHover(({ textDocument, position }) => handlers.hover(textDocument.uri, position));
  connection.onCompletion(({ textDocument, position }): CompletionItem[] =>
    handlers.complete(textDocument.uri, position).map(({ label, kind, detail }) => ({ label, kind: COMPLETIONS[kind], detail })),
  );
  connection.onSignatureHelp(({ textDocument, position }) => handlers.signature(textDocument.uri, position));
  connection.onDefinition(({ textDocument, position }) => handlers.definition(textDocument.uri, position));
  connection.onReferences(({ textDocument: { uri }, position, context }) =>
    handlers.references(uri, position, context.includeDeclaration).map((range) => ({ uri, range })),
  );
  connection.onPrepareRename(({ textDocument, position }) => orRefuse(() => handlers.renameable(textDocument.uri, position)));
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }) =>
    orRefuse(() => ({
      changes: { [uri]: handlers.rename(uri, position, newName).map((range) => ({ range, newText: newName })) },
    })),
  );
  connection.onDocumentSymbol(({ textDocument }) =>
    handlers
      .symbols(textDocument.uri)
      .map(({ name, kind, range }) => ({ name, kind: SYMBOLS[kind], range, selectionRange: range })),
  );
  connection.onDocumentFormatting(({ textDocument }) => handlers.format(textDocument.uri));

  connection.onShutdown(() => {
    isShuttingDown = true;
  });
  connection.onExit(() => process.exit(isShuttingDown ? 0 : 1));
  process.stdin.on('end', () => process.exit(isShuttingDown ? 0 : 1));
  documents.listen(connection);
  connection.listen();
}

function orRefuse<T>(answer: () => T): T | ResponseError<void> {
  try {
    return answer();
  } catch (error) {
    return new ResponseError(ErrorCodes.InvalidRequest, error instanceof Error ? error.message : String(error));
  }
}
