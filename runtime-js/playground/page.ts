/** The playground's page: editor and buttons on one side, a worker with the program on the other. */
import { Editor } from './editor.ts';
import { type Example, examples } from './examples.ts';
import { Language } from './language.ts';
import { LONGEST_PROGRAM, OUTPUT_LIMIT_BYTES } from './messages.ts';
import { NetworkChoice } from './network-choice.ts';
import { Output } from './output.ts';
import { showFact } from './requests.ts';
import { type End, Runner } from './runner.ts';
import { fromFragment, toFragment } from './share.ts';
import { kept } from './storage.ts';
import { Tour } from './tour.ts';

const KEEP_AFTER_MS = 200;
/** Browsers have read what is downloaded by then. */
const REVOKE_AFTER_MS = 60_000;

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`);
  return found;
}

const runButton = element('run', HTMLButtonElement);
const stopButton = element('stop', HTMLButtonElement);
const menu = element('examples', HTMLSelectElement);
const network = new NetworkChoice({
  menu: element('network', HTMLSelectElement),
  bar: element('gateway', HTMLElement),
  link: element('gateway-link', HTMLInputElement),
});
const requests = element('requests', HTMLInputElement);
const themeButton = element('theme', HTMLButtonElement);
const status = element('status', HTMLElement);
const note = element('note', HTMLElement);
const inputForm = element('input-form', HTMLFormElement);
const inputField = element('input', HTMLInputElement);

const output = new Output(element('output', HTMLElement));
const runner = new Runner('worker.js');
const language = new Language('language-worker.js');
let keepTimer: ReturnType<typeof setTimeout> | undefined;
/** The example that the program began as, or ''. */
let begun = '';

const first = examples[0];
const editor = new Editor(element('editor', HTMLElement), kept.program?.text ?? first?.text ?? '', {
  changed(text) {
    if (location.hash !== '') history.replaceState(null, '', location.pathname); // the link is of another text now
    clearTimeout(keepTimer);
    keepTimer = setTimeout(keep, KEEP_AFTER_MS);
    nameExample(text);
  },
  refused(length) {
    const size = (length / 1e6).toFixed(1);
    tell(`That text is too long: ${size} million characters, and the editor takes ${LONGEST_PROGRAM / 1e6} million.`, 'bad');
  },
});

// ---- running ----

function run(): void {
  const { chosen } = network;
  if (typeof chosen === 'string' && chosen !== 'none' && chosen !== 'memory') {
    tell(chosen, 'bad');
    return;
  }
  runner.stop();
  output.clear();
  editor.mark(null);
  let failed = false;
  runner.run(
    editor.text,
    { network: chosen, requests: requests.checked },
    {
      output: (text) => output.print(text),
      asks() {
        inputForm.hidden = false;
        show('The program waits for input', 'running');
        inputField.focus();
      },
      problem(report, mark) {
        output.problem(report);
        if (mark !== null && !failed) editor.mark(mark, true);
        failed = true;
      },
      silent: () => show('No answer: it is busy, or its memory is full. Stop ends it.', 'bad'),
      answers: () => show('Running…', 'running'),
      ended: (end) => ended(end, failed),
    },
  );
  show('Running…', 'running');
  runButton.disabled = true;
  stopButton.disabled = false;
}

function ended(end: End, failed: boolean): void {
  const hadFocus = inputForm.contains(document.activeElement);
  runButton.disabled = false;
  stopButton.disabled = true;
  inputForm.hidden = true;
  if (hadFocus) editor.focus();
  const { text, kind, note: last } = outcome(end, failed);
  if (last !== undefined) output.note(last);
  show(text, kind);
}

/** How the end of a program is shown: in the status line, and, if there is more to say, below its output. */
function outcome(end: End, failed: boolean): { text: string; kind: 'good' | 'bad' | ''; note?: string } {
  switch (end.kind) {
    case 'stopped':
      return { text: 'Stopped', kind: '' };
    case 'silent':
      return {
        text: 'Ended: it gave no answer',
        kind: 'bad',
        note: 'The program was ended: twice it gave no answer for about eight seconds. Its memory was full, or a single step of it takes that long.',
      };
    case 'died':
      return {
        text: 'Ended by the browser',
        kind: 'bad',
        note: `The browser ended the program, which may have filled its memory. ${end.reason}`,
      };
    case 'ended': {
      if (end.cut === 'output') {
        const note = `The output was cut here after ${OUTPUT_LIMIT_BYTES / 2 ** 20} MB, and the program was stopped.`;
        return { text: 'Stopped: too much output', kind: 'bad', note };
      }
      if (end.cut === 'memory') {
        const note = 'The program was stopped: it filled the memory that there is for it.';
        return { text: 'Stopped: too much memory', kind: 'bad', note };
      }
      const after = duration(end.ms);
      if (failed) return { text: `Ended with an error after ${after}`, kind: 'bad' };
      if (end.status !== 0) return { text: `Ended with status ${end.status} after ${after}`, kind: 'bad' };
      return { text: `Done in ${after}`, kind: 'good', ...(output.empty ? { note: 'The program printed nothing.' } : {}) };
    }
  }
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function show(text: string, kind: 'running' | 'good' | 'bad' | ''): void {
  status.textContent = text;
  status.className = kind;
}

runButton.addEventListener('click', run);
stopButton.addEventListener('click', () => {
  runner.stop();
  runButton.focus();
});
inputForm.addEventListener('submit', (event) => {
  event.preventDefault();
  output.print(`${inputField.value}\n`);
  send(inputField.value);
});
inputField.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.key === 'd') {
    event.preventDefault();
    send(null);
  }
});
element('input-end', HTMLButtonElement).addEventListener('click', () => send(null));

function send(line: string | null): void {
  inputField.value = '';
  show('Running…', 'running');
  runner.input(line);
}

addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  } else if (event.altKey && event.shiftKey && event.code === 'KeyF') {
    event.preventDefault();
    void format();
  } else if (event.key === 'Escape' && runner.running) {
    runner.stop();
  }
});

// ---- help while typing, and the one style ----

let helping = false;

/** Help comes with the first use of the editor: most of it is the text of the library's documentation. */
async function startHelp(): Promise<void> {
  if (helping) return;
  helping = true;
  try {
    const { assistance } = await import('./assist.ts');
    editor.extend(assistance(language));
  } catch {
    helping = false; // the network was away; the next use tries again
  }
}

for (const use of ['focusin', 'pointermove']) element('editor', HTMLElement).addEventListener(use, () => void startHelp());

async function format(): Promise<void> {
  const { text } = editor;
  const formatted = await language.ask(text, { kind: 'format' });
  if (editor.text !== text) return;
  if (formatted === null) tell('Only a program without mistakes of syntax can be laid out. Run shows the first one.', 'bad');
  else editor.revise(formatted);
}

element('format', HTMLButtonElement).addEventListener('click', () => {
  void format();
  editor.focus();
});

// ---- examples ----

for (const group of new Set(examples.map((example) => example.group))) {
  const options = document.createElement('optgroup');
  options.label = group;
  for (const example of examples) {
    if (example.group === group) options.append(new Option(example.title, example.id));
  }
  menu.append(options);
}

const tour = new Tour(
  examples,
  {
    pane: element('tour', HTMLElement),
    title: element('tour-title', HTMLElement),
    text: element('tour-text', HTMLElement),
    back: element('back', HTMLButtonElement),
    next: element('next', HTMLButtonElement),
    reset: element('reset', HTMLButtonElement),
  },
  open,
);

/** Shows an example, with its own text or as it was changed. */
function open(example: Example, text: string): void {
  if (keepTimer !== undefined) keep(); // what was written last in the step before
  runner.stop();
  output.clear();
  note.hidden = true;
  network.inMemory = example.network;
  begun = example.id;
  tour.show(begun);
  editor.text = text;
  show('Press Run, or Ctrl-Enter.', '');
}

function showExample(id: string): void {
  begun = id;
  nameExample(editor.text);
  tour.show(id);
  tour.changed(editor.text);
}

/** What was changed is no longer the example of the menu: there it can be chosen again. */
function nameExample(text: string): void {
  menu.value = examples.find(({ id }) => id === begun)?.text === text ? begun : '';
}

menu.addEventListener('change', () => {
  const example = examples.find(({ id }) => id === menu.value);
  if (example !== undefined) open(example, example.text);
});
element('leave', HTMLButtonElement).addEventListener('click', () => {
  showExample('');
  keepOwn();
  editor.focus();
});

// ---- the program is kept, and shared ----

function keep(): void {
  clearTimeout(keepTimer);
  keepTimer = undefined;
  kept.program = { text: editor.text, network: network.inMemory, example: begun };
  tour.changed(editor.text);
}

/** What came with a link is kept when it is changed, and not before: it would take the place of the program kept until now. */
function keepOwn(): void {
  if (location.hash === '') keep();
}

addEventListener('pagehide', keepOwn);
network.onChange(
  keepOwn,
  showFact(requests, element('fact', HTMLElement), () => network.isThere),
);

element('share', HTMLButtonElement).addEventListener('click', async () => {
  const link = new URL(await toFragment({ text: editor.text, network: network.inMemory }), location.href).href;
  history.replaceState(null, '', link);
  const size = link.length > 8000 ? ' It is long: some programs that send messages may cut it.' : '';
  try {
    await navigator.clipboard.writeText(link);
    tell(`A link to this program was copied. It is in the address line, too.${size}`);
  } catch {
    tell(`The link to this program is in the address line.${size}`);
  }
});

const downloadButton = element('download', HTMLButtonElement);
downloadButton.addEventListener('click', async () => {
  downloadButton.disabled = true; // until it is there
  const built = await language.ask(editor.text, { kind: 'page', network: network.inMemory ? 'memory' : 'none' });
  downloadButton.disabled = false;
  if ('report' in built) {
    tell('Only a program without mistakes of syntax can be built. Run shows the first one.', 'bad');
    return;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([built.page], { type: 'text/html' }));
  link.download = 'program.html';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
  tell('program.html runs the program in any browser, also without a network.');
});

async function openLink(): Promise<void> {
  try {
    const shared = await fromFragment(location.hash);
    if (shared === null) return;
    const { hash } = location;
    runner.stop();
    output.clear();
    if (keepTimer !== undefined) keep(); // the program that was there
    if (shared.text !== editor.text) editor.text = shared.text;
    clearTimeout(keepTimer);
    keepTimer = undefined;
    network.inMemory = shared.network;
    showExample('');
    history.replaceState(null, '', hash);
    show('Press Run, or Ctrl-Enter.', '');
    tell(`This program came with a link. Nothing of it runs before you press Run.${binaryNote(shared.text)}`);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), 'bad');
  }
}

addEventListener('hashchange', () => void openLink());

/** Explains a text that was not typed. */
function binaryNote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const strange = text.match(/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufffd]/g)?.length ?? 0;
  return strange === 0 ? '' : ` It holds ${strange} characters that are no text; it may be a binary file.`;
}

element('editor', HTMLElement).addEventListener('paste', (event) => {
  const text = event.clipboardData?.getData('text/plain') ?? '';
  const strange = text.length > LONGEST_PROGRAM ? '' : binaryNote(text);
  if (strange !== '') tell(`Look at what you have pasted.${strange}`, 'bad');
});

// ---- notes and colours ----

function tell(text: string, kind: 'bad' | '' = ''): void {
  element('note-text', HTMLElement).textContent = text;
  note.className = kind;
  note.hidden = false;
}

element('note-close', HTMLButtonElement).addEventListener('click', () => {
  note.hidden = true;
  editor.focus();
});

const themes = {
  system: ['light dark', '◐', 'as the system'],
  light: ['light', '☀', 'light'],
  dark: ['dark', '☾', 'dark'],
} as const;
type Theme = keyof typeof themes;

function useTheme(theme: Theme): void {
  const [scheme, sign, name] = themes[theme];
  document.documentElement.style.colorScheme = scheme;
  themeButton.textContent = sign;
  themeButton.title = `Colours: ${name}`;
  themeButton.setAttribute('aria-label', `Colours: ${name}`);
  kept.theme = theme;
}

const isTheme = (text: string | null): text is Theme => text !== null && Object.hasOwn(themes, text);
themeButton.addEventListener('click', () => {
  const names = Object.keys(themes).filter(isTheme);
  const now = isTheme(kept.theme) ? kept.theme : 'system';
  useTheme(names[(names.indexOf(now) + 1) % names.length] ?? 'system');
});

// ---- start ----

useTheme(isTheme(kept.theme) ? kept.theme : 'system');
network.inMemory = kept.program?.network ?? first?.network ?? false;
showExample(kept.program?.example ?? first?.id ?? '');
performance.mark('ready');
setTimeout(() => runner.warm(), 0);
await openLink();
document.documentElement.dataset.ready = 'true';
