import type { Range } from './range.ts';

/** A stretch of a word with one kind of quoting. `at` has the place of each character where a backslash shifts them. */
interface Part extends Range {
  readonly text: string;
  readonly quote: '' | "'" | '"';
  readonly at?: readonly number[];
}

/** A word as the program receives it, without its quotes and backslashes. */
export interface Word extends Range {
  readonly text: string;
  readonly parts: readonly Part[];
}

/** A simple command: its words, what it is given to read, and the commands whose output it reads. */
export interface Command {
  readonly words: Word[];
  /** Here-strings, and the lines of here-documents. */
  readonly input: Word[];
  readonly sources: Command[];
}

/** Kinds of characters, by their code: most are ordinary. */
const BLANK = 1;
const SEPARATOR = 2;
const QUOTING = 3;
const KINDS: Uint8Array = new Uint8Array(128);
for (const [characters, kind] of [
  [' \t', BLANK],
  ['\n;&|()`<>', SEPARATOR],
  ['"\'\\', QUOTING],
] as const)
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
/** `<token>` stands for a value; it redirects nothing. */
const PLACEHOLDER = /<[\w -]{1,40}>/y;
const HERE_DOCUMENT = /<<-?[ \t]{0,3}(?:'(\w{1,40})'|"(\w{1,40})"|\\?(\w{1,40}))/y;

/**
 * Reads a text as a shell does: commands, words and quotes, with their places. Never fails: a quote without an end, or
 * inside a word as in "don't", is an ordinary character. Takes linear time.
 */
export function readCommands(text: string): Command[] {
  return new Reader(text).read();
}

/** The places in the text of some characters of a word, without the quotes around them. */
export function rangesIn(word: Word, from: number, to: number): Range[] {
  const ranges: Range[] = [];
  let offset = 0;
  for (const part of word.parts) {
    const first = Math.max(from - offset, 0);
    const last = Math.min(to - offset, part.text.length);
    if (first < last) {
      const start = part.at?.[first] ?? part.start + first;
      const end = last === part.text.length ? part.end : (part.at?.[last - 1] ?? part.start + last - 1) + 1;
      ranges.push({ start, end });
    }
    offset += part.text.length;
  }
  return joinAlike(word, ranges, from);
}

/** One range for `'it'\''s'`, so that its outer quotes are kept as a pair. */
function joinAlike(word: Word, ranges: Range[], from: number): Range[] {
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (first === undefined || last === undefined || first === last) return ranges;
  const quoteOf = (range: Range) =>
    word.parts.find(({ start, end }) => range.start >= start && range.end <= end)?.quote ?? '';
  if (quoteOf(first) === quoteOf(last)) return [{ start: first.start, end: last.end }];
  const opensAtStart = from === 0 && word.parts[0]?.quote !== '';
  return opensAtStart && quoteOf(last) === '' ? [{ start: word.start, end: word.end }] : ranges;
}

function kindAt(text: string, at: number): number {
  return KINDS[text.charCodeAt(at)] ?? 0;
}

class Reader {
  readonly #text: string;
  readonly #commands: Command[] = [];
  #at = 0;
  #command: Command = newCommand();
  /** The commands since the last `|`, for groups in parentheses; one list for each group that is open. */
  readonly #groups: Command[][] = [[]];
  readonly #documents: { readonly end: string; readonly command: Command }[] = [];
  /** From where on there is no closing quote any more. */
  readonly #unclosed = new Map<string, number>();
  #closings: Int32Array | undefined;
  /** Where the here-documents end that have been read as input. */
  #documentEnd = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Command[] {
    while (this.#at < this.#text.length) this.#step();
    this.#finish([]);
    return this.#commands;
  }

  #step(): void {
    const text = this.#text;
    const character = text[this.#at] ?? '';
    const kind = kindAt(text, this.#at);
    if (kind === BLANK) this.#at += 1;
    else if (character === '\\' && text[this.#at + 1] === '\n') this.#at += 2;
    else if (character === '<' || character === '>') this.#redirect();
    else if (kind === SEPARATOR) this.#separate(character);
    else this.#addWord(this.#command.words);
  }

  #addWord(words: Word[]): void {
    const word = this.#readWord();
    if ((word.text === '{' || word.text === '}') && this.#command.words.length === 0) {
      if (word.text === '{') this.#groups.push([]);
      else this.#closeGroup();
    } else words.push(word);
  }

  #separate(character: string): void {
    if (character === '&' && this.#text[this.#at + 1] === '>') {
      this.#at += 1;
      return;
    }
    const twice = this.#text[this.#at + 1] === character && character !== '(' && character !== ')';
    const pipe = character === '|' && !twice;
    this.#at += twice || (pipe && this.#text[this.#at + 1] === '&') ? 2 : 1;
    if (character === '(') {
      this.#finish([]);
      this.#groups.push([]);
    } else if (character === ')') {
      this.#finish([]);
      this.#closeGroup();
    } else {
      const before = this.#finish(this.#groups.at(-1) ?? []);
      this.#command = newCommand(pipe ? before : []);
      if (!pipe && this.#groups.length === 1) this.#groups[0] = [];
    }
    if (character === '\n') this.#readDocuments();
  }

  /** Ends a command, and gives those whose output the next one reads if a `|` follows. */
  #finish(before: readonly Command[]): Command[] {
    const command = this.#command;
    if (command.words.length > 0 || command.input.length > 0) this.#commands.push(command);
    this.#command = newCommand();
    this.#groups.at(-1)?.push(command);
    return [...before.slice(-8), command];
  }

  /** What a group in parentheses or braces puts out counts as put out by each of its commands. */
  #closeGroup(): void {
    if (this.#groups.length < 2) return;
    const inside = this.#groups.pop() ?? [];
    this.#groups.at(-1)?.push(...inside.slice(-8));
  }

  #redirect(): void {
    const text = this.#text;
    if (text.startsWith('<<<', this.#at)) {
      this.#at += 3;
      this.#skipBlanks();
      if (this.#at < text.length && kindAt(text, this.#at) !== SEPARATOR) this.#command.input.push(this.#readWord());
      return;
    }
    const closing = text[this.#at + 1] === '(' ? this.#closingOf(this.#at + 1) : undefined;
    if (closing !== undefined) {
      this.#addSubstitution(this.#at + 2, closing);
      return;
    }
    HERE_DOCUMENT.lastIndex = this.#at;
    // Inside of a here-document no other is read, so that each line belongs to one.
    const document = this.#at < this.#documentEnd ? null : HERE_DOCUMENT.exec(text);
    if (document !== null) {
      this.#at = HERE_DOCUMENT.lastIndex;
      this.#documents.push({ end: document[1] ?? document[2] ?? document[3] ?? '', command: this.#command });
      return;
    }
    PLACEHOLDER.lastIndex = this.#at;
    const placeholder = PLACEHOLDER.exec(text)?.[0];
    if (placeholder !== undefined) {
      const start = this.#at;
      this.#at += placeholder.length;
      this.#command.words.push(wordOf({ start, end: this.#at, text: placeholder, quote: '' }));
      return;
    }
    const opensFile = this.#at === 0 || /[\s\d&>]/.test(text[this.#at - 1] ?? '');
    this.#at += text[this.#at + 1] === '&' ? 2 : 1;
    if (opensFile) this.#skipTarget();
  }

  /** `<(echo x)`: read as commands of its own; what it says is also input of this one. */
  #addSubstitution(start: number, end: number): void {
    const says = /^[ \t]{0,9}(?:echo|printf)[ \t]{1,9}(?:-[neE]{1,3}[ \t]{1,9})?["']?/.exec(
      this.#text.slice(start, start + 60),
    )?.[0].length;
    if (says !== undefined && end - start < 2048) {
      const text = this.#text.slice(start + says, end).replace(/["'\s]+$/, '');
      this.#command.input.push(wordOf({ start: start + says, end: start + says + text.length, text, quote: '' }));
    }
    const text = this.#text.slice(start - 2, end + 1);
    this.#command.words.push(wordOf({ start: start - 2, end: end + 1, text, quote: '' }));
    this.#at = end + 1;
  }

  /** The file of a redirection is no argument. */
  #skipTarget(): void {
    if (this.#text[this.#at] === '>') this.#at += 1;
    this.#skipBlanks();
    if (this.#at < this.#text.length && kindAt(this.#text, this.#at) !== SEPARATOR) this.#readWord();
  }

  /** The lines of here-documents are read as commands too: they often are. Here they also become input. */
  #readDocuments(): void {
    let at = this.#at;
    for (const { end, command } of this.#documents.splice(0)) {
      while (at < this.#text.length) {
        const lineEnd = this.#lineEnd(at);
        const line = this.#text.slice(at, lineEnd);
        const start = at;
        at = lineEnd + 1;
        if (line.trim() === end) break;
        if (line.trim() !== '' && command.input.length < 64)
          command.input.push(wordOf({ start, end: lineEnd, text: line, quote: '' }));
      }
    }
    this.#documentEnd = Math.max(this.#documentEnd, at);
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf('\n', from);
    return end === -1 ? this.#text.length : end;
  }

  #skipBlanks(): void {
    while (kindAt(this.#text, this.#at) === BLANK) this.#at += 1;
  }

  #readWord(): Word {
    const start = this.#at;
    const parts: Part[] = [];
    while (this.#at < this.#text.length) {
      const part = this.#readPart(parts.length === 0);
      if (part === undefined) break;
      parts.push(part);
    }
    const text = parts.length === 1 ? (parts[0]?.text ?? '') : parts.map((part) => part.text).join('');
    return { start, end: this.#at, text, parts };
  }

  #readPart(first: boolean): Part | undefined {
    const character = this.#text[this.#at] ?? '';
    if (character === '$' && this.#text[this.#at + 1] === "'") {
      const escaped = this.#readQuoted("'", this.#at + 2, true);
      if (escaped) return escaped;
    }
    if (character === "'" || character === '"') {
      const opens = first || !this.#isInsideWord();
      const quoted = opens ? this.#readQuoted(character, this.#at + 1, character === '"') : undefined;
      if (quoted) return quoted;
      return this.#readBare(true);
    }
    const kind = kindAt(this.#text, this.#at);
    return kind === BLANK || kind === SEPARATOR ? undefined : this.#readBare(false);
  }

  /** The apostrophe of "don't" and "users' data". */
  #isInsideWord(): boolean {
    const text = this.#text;
    if (text[this.#at] !== "'" || !/[A-Za-z]/.test(text[this.#at - 1] ?? '')) return false;
    // `-p'my secret'`
    if (/(?:^|\s)-[A-Za-z]{1,3}$/.test(text.slice(Math.max(0, this.#at - 5), this.#at))) return false;
    return /^[A-Za-z]*[\s.,;:)]/.test(text.slice(this.#at + 1, this.#at + 4)) || this.#at + 4 > text.length;
  }

  #readQuoted(quote: "'" | '"', from: number, escapes: boolean): Part | undefined {
    const text = this.#text;
    if (from >= (this.#unclosed.get(quote) ?? Number.POSITIVE_INFINITY)) return undefined;
    let value = '';
    let chunk = from;
    let places: number[] | undefined;
    for (let at = from; at < text.length; at += 1) {
      const character = text[at];
      if (character === quote) {
        this.#at = at + 1;
        if (places === undefined) return { start: from, end: at, text: text.slice(from, at), quote };
        value += text.slice(chunk, at);
        for (let index = chunk; index < at; index += 1) places.push(index);
        return { start: from, end: at, text: value, quote, at: places };
      }
      if (escapes && character === '\\' && at + 1 < text.length) {
        if (/["'\\$`\n]/.test(text[at + 1] ?? '')) {
          places ??= [];
          value += text.slice(chunk, at);
          for (let index = chunk; index < at; index += 1) places.push(index);
          chunk = at + 1;
        }
        at += 1;
      } else if (escapes && character === '$' && text[at + 1] === '(') at = this.#closingOf(at + 1) ?? at;
    }
    this.#unclosed.set(quote, from);
    return undefined;
  }

  #readBare(takeFirst: boolean): Part {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    let value = '';
    let places: number[] | undefined;
    let chunk = from;
    for (; at < text.length; at += 1) {
      const kind = kindAt(text, at);
      if (kind === 0 && text[at] !== '$') continue;
      const character = text[at] ?? '';
      const next = text[at + 1];
      if (character === '\\' && next !== undefined && next !== '\n') {
        places ??= [];
        value += text.slice(chunk, at);
        for (let index = chunk; index < at; index += 1) places.push(index);
        chunk = at + 1;
        at += 1;
      } else if (character === '$' && next === '(') at = this.#closingOf(at + 1) ?? at;
      else if (character === '$' && (next !== "'" || at === from)) continue;
      else if (at > from || !takeFirst) break;
    }
    this.#at = at > from ? at : from + 1;
    if (places === undefined) return { start: from, end: this.#at, text: text.slice(from, this.#at), quote: '' };
    value += text.slice(chunk, this.#at);
    for (let index = chunk; index < this.#at; index += 1) places.push(index);
    return { start: from, end: this.#at, text: value, quote: '', at: places };
  }

  /** Where the parenthesis that opens at `open` is closed. All are found at once, so that many open ones cost no more. */
  #closingOf(open: number): number | undefined {
    if (this.#closings === undefined) {
      const closings = new Int32Array(this.#text.length);
      const stack: number[] = [];
      for (let at = 0; at < this.#text.length; at += 1) {
        if (this.#text[at] === '(') stack.push(at);
        else if (this.#text[at] === ')') closings[stack.pop() ?? 0] = at;
      }
      this.#closings = closings;
    }
    const closing = this.#closings[open];
    return closing === undefined || closing <= open ? undefined : closing;
  }
}

function newCommand(sources: Command[] = []): Command {
  return { words: [], input: [], sources };
}

function wordOf(part: Part): Word {
  return { start: part.start, end: part.end, text: part.text, parts: [part] };
}
