import { type Disk, type Fields, iso, type Script } from './disk.ts';

/** How a transcript begins. */
export interface TranscriptOptions {
  readonly id: string;
  /** Default `<id>.jsonl`. */
  readonly file?: string;
  /** More fields of the header. */
  readonly header?: Fields;
}

/** The file of a session in a script: lines, rewrites, renames. Every method adds what happens at a moment. */
export class ScriptedTranscript {
  readonly id: string;
  readonly file: string;
  protected readonly gateway: Script;
  readonly #header: Fields;
  #held = '';
  #lines = 0;

  constructor(gateway: Script, { id, file = `${id}.jsonl`, header = {} }: TranscriptOptions) {
    this.id = id;
    this.file = file;
    this.gateway = gateway;
    this.#header = header;
  }

  /** One line, as an entry with an id and the time of the append. */
  line(tMs: number, fields: Fields): this {
    this.gateway.step(tMs, (disk) => this.#append(disk, tMs, fields));
    return this;
  }

  /** A whole-file rewrite in place; `change` edits the lines. `cut`: bytes written first, the rest that much later. */
  rewrite(
    tMs: number,
    change: (lines: string[]) => string[] = (lines) => lines,
    cut?: { bytes: number; afterMs: number },
  ): this {
    let rest = '';
    this.gateway.step(tMs, ({ events, files }) => {
      const text = change((files.get(this.file) ?? '').split(/(?<=\n)/)).join('');
      files.set(this.file, text);
      const bytes = Buffer.from(text);
      const first = cut === undefined ? bytes : bytes.subarray(0, cut.bytes);
      rest = cut === undefined ? '' : bytes.subarray(cut.bytes).toString();
      events.push({ tMs, op: 'truncate', file: this.file }, { tMs, op: 'append', file: this.file, bytes: first });
    });
    if (cut !== undefined) {
      const later = tMs + cut.afterMs;
      this.gateway.step(later, ({ events }) => {
        events.push({ tMs: later, op: 'append', file: this.file, bytes: Buffer.from(rest) });
      });
    }
    return this;
  }

  /** The repair of 2026.7.1: a changed copy under another name, renamed over the transcript. */
  repair(tMs: number, change: (lines: string[]) => string[]): this {
    this.gateway.step(tMs, ({ events, files }) => {
      const text = change((files.get(this.file) ?? '').split(/(?<=\n)/)).join('');
      files.set(this.file, text);
      const temporary = `${this.file}.repair.1.x.tmp`;
      events.push({ tMs, op: 'append', file: temporary, bytes: Buffer.from(text) });
      events.push({ tMs, op: 'rename', file: temporary, to: this.file });
    });
    return this;
  }

  rename(tMs: number, to: string): this {
    this.gateway.step(tMs, ({ events, files }) => {
      files.delete(this.file);
      events.push({ tMs, op: 'rename', file: this.file, to });
    });
    return this;
  }

  /** Another transcript is born by a rename (a fork, a successor): header and copies of this session's lines so far. */
  copyTo(tMs: number, other: ScriptedTranscript, pick: (line: string) => boolean = () => true): this {
    this.gateway.step(tMs, ({ events, files }) => {
      const copied = (files.get(this.file) ?? '')
        .split(/(?<=\n)/)
        .slice(1)
        .filter(pick)
        .join('');
      const header = {
        type: 'session',
        version: 3,
        id: other.id,
        timestamp: iso(tMs),
        parentSession: `/home/node/x/${this.file}`,
      };
      const text = `${JSON.stringify(header)}\n${copied}`;
      files.set(other.file, text);
      const temporary = `.${other.file}.x.fallback.tmp`;
      events.push({ tMs, op: 'append', file: temporary, bytes: Buffer.from(text) });
      events.push({ tMs, op: 'rename', file: temporary, to: other.file });
    });
    return this;
  }

  /** Nothing is on disk before the first assistant line of a file. */
  #append({ events, files }: Disk, tMs: number, fields: Fields): void {
    this.#lines += 1;
    const id = `${this.id.slice(0, 4)}${this.#lines.toString(16).padStart(4, '0')}`;
    const text = `${JSON.stringify({ type: fields.type, id, timestamp: iso(tMs), ...fields })}\n`;
    const before = files.get(this.file);
    if (before !== undefined) {
      files.set(this.file, before + text);
      events.push({ tMs, op: 'append', file: this.file, bytes: Buffer.from(text) });
      return;
    }
    if (this.#held === '') {
      const header = { type: 'session', version: 3, id: this.id, timestamp: iso(tMs), ...this.#header };
      this.#held = `${JSON.stringify(header)}\n`;
    }
    this.#held += text;
    if ((fields.message as Fields | undefined)?.role !== 'assistant') return;
    files.set(this.file, this.#held);
    const parts = this.gateway.version === '2026.7.1' ? [this.#held] : this.#held.split(/(?<=\n)/);
    if (this.gateway.version === '2026.7.1') events.push({ tMs, op: 'truncate', file: this.file });
    for (const part of parts) events.push({ tMs, op: 'append', file: this.file, bytes: Buffer.from(part) });
    this.#held = '';
  }
}
