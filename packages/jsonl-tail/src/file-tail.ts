import type { Clock } from '@live-status/resilience';
import type { Checkpoint } from './checkpoint.ts';
import type { TailEvent } from './event.ts';
import {
  type FileHandles,
  type FileStat,
  fingerprintOf,
  firstLineOf,
  HEAD_BYTES,
  isSameFile,
  type OpenFile,
} from './file-system.ts';
import { LineSplitter, toLineEvents } from './lines.ts';
import { FilePrefix, type PrefixMark } from './prefix.ts';
import { type ReadPlan, SeenFile } from './read-plan.ts';

/** What all files of a follower share. */
export interface TailContext {
  readonly clock: Clock;
  readonly handles: FileHandles;
  readonly maxLineBytes: number;
  readonly readBytes: number;
  readonly emit: (event: TailEvent) => void;
}

/** Where reading starts: at an offset (inside a line when `align`), or after a checkpoint. */
export type TailStart = { readonly offset: number; readonly align: boolean } | Checkpoint;

/**
 * - `idle`: nothing more to read now. - `more`: call again. - `hold`: it shrank; call again after `SHRINK_HOLD_MS`.
 * - `replaced`: another file is at the path.
 */
export type ReadOutcome = 'idle' | 'more' | 'hold' | 'replaced';

/** One followed file: reads what is new, one chunk at a time, and reports it. */
export class FileTail {
  readonly #context: TailContext;
  #path: string;
  readonly #seen: SeenFile;
  readonly #prefix: FilePrefix;
  #splitter: LineSplitter;
  /** True until a checkpoint, or a new name, has been compared with the content. */
  #isResuming: boolean;
  #fingerprint: string | undefined;
  /** The fingerprint the consumer knows. */
  #reported: string | undefined;
  #isReported: boolean;
  #hasNews = false;
  #takenOffset: number;
  /** When the scan in progress started. */
  #nowMs = 0;

  constructor(path: string, stat: FileStat, start: TailStart, context: TailContext) {
    const { offset } = start;
    const { maxLineBytes } = context;
    const checkpoint = 'version' in start ? start : undefined;
    this.#context = context;
    this.#path = path;
    this.#seen = new SeenFile(stat);
    this.#isResuming = checkpoint !== undefined;
    this.#reported = checkpoint?.fingerprint;
    this.#isReported = checkpoint !== undefined;
    this.#prefix = new FilePrefix(checkpoint?.fromOffset ?? offset, checkpoint);
    this.#splitter = new LineSplitter({ offset, maxLineBytes, align: 'align' in start && start.align });
    this.#takenOffset = offset;
  }

  get path(): string {
    return this.#path;
  }

  /** True once this file was reported to the consumer: one with a checkpoint was, before this process. */
  get isReported(): boolean {
    return this.#isReported;
  }

  /** True when an equal stat does not prove that nothing changed. */
  get isUnsure(): boolean {
    return this.#seen.isUnsure;
  }

  /** The stat of the last scan. */
  get stat(): FileStat {
    return this.#seen.stat;
  }

  /** Everything the consumer has taken, as a checkpoint; undefined before the first line was taken. */
  checkpoint(): Checkpoint | undefined {
    const mark = this.#prefix.markBefore(this.#takenOffset);
    if (mark === undefined || this.#reported === undefined) return undefined;
    const { fromOffset } = this.#prefix;
    return { version: 1, path: this.#path, fingerprint: this.#reported, fromOffset, ...mark };
  }

  /** Notes that the consumer has taken an event of this file. */
  taken(event: TailEvent): void {
    if (event.type === 'line' || event.type === 'bad-line') this.#takenOffset = event.endOffset;
    if (event.type === 'caught-up') this.#takenOffset = event.offset;
  }

  /** Reads up to one chunk; `seen` is a fresh stat of the path. Rejects with errors of open and read. */
  async scan(seen: FileStat): Promise<ReadOutcome> {
    this.#nowMs = this.#context.clock.now();
    const plan = this.#plan(seen);
    if (plan === 'nothing') return 'idle';
    if (plan === 'replaced') return 'replaced';
    if (plan === 'hold') return this.#hold();
    const file = await this.#open(seen);
    if (file === undefined) return 'replaced';
    if (plan === 'identify') return this.#identify(file, seen);
    if (plan === 'read') return this.#read(file, seen);
    if (plan === 'check-tail' && (await this.#prefix.isTailSame(file))) return this.#finish(seen);
    return this.#reconcile(file, seen);
  }

  /** Reads to the end of the file that is still open although the path no longer names it. */
  async drain(drained: () => Promise<void>): Promise<void> {
    const file = this.#context.handles.peek(this.#path);
    if (file === undefined || this.#fingerprint === undefined) return;
    const seen = await file.stat();
    if (!isSameFile(this.#seen.stat, seen) || seen.sizeBytes <= this.#prefix.position) return;
    while ((await this.#read(file, seen)) === 'more') await drained();
  }

  /** Continues with the file that replaced this one at the path; what both share is not reported again. */
  async replaceWith(seen: FileStat): Promise<ReadOutcome> {
    await this.#context.handles.release(this.#path);
    this.#fingerprint = undefined;
    this.#seen.replace(seen);
    const file = await this.#open(seen);
    return file === undefined ? 'replaced' : this.#reconcile(file, seen);
  }

  /** Continues under another path. */
  rename(path: string): void {
    this.#context.handles.rename(this.#path, path);
    this.#path = path;
    this.#fingerprint = undefined;
    this.#isResuming = true;
  }

  #plan(seen: FileStat): ReadPlan | 'identify' {
    const plan = this.#seen.plan(seen, this.#prefix.position, this.#nowMs);
    if (this.#isResuming) return plan === 'hold' || plan === 'rewind' ? plan : 'verify';
    if (this.#fingerprint !== undefined) return plan;
    return this.#seen.provesUnchanged(seen) ? 'nothing' : 'identify';
  }

  /** Opens the file that was seen; undefined when another one has taken the path since its stat. */
  async #open(seen: FileStat): Promise<OpenFile | undefined> {
    const isOpen = this.#context.handles.peek(this.#path) !== undefined;
    const file = await this.#context.handles.get(this.#path);
    if (isOpen) return isSameFile(this.#seen.stat, seen) ? file : undefined;
    const opened = await file.stat();
    if (isSameFile(opened, seen)) return file;
    await this.#context.handles.release(this.#path);
    return undefined;
  }

  async #identify(file: OpenFile, seen: FileStat): Promise<ReadOutcome> {
    const firstLine = firstLineOf(await file.read(0, HEAD_BYTES));
    if (firstLine === undefined) return this.#finish(seen);
    this.#fingerprint = fingerprintOf(seen, firstLine);
    if (this.#fingerprint !== this.#reported) {
      this.#reported = this.#fingerprint;
      this.#isReported = true;
      this.#emit({
        type: 'file',
        path: this.#path,
        fingerprint: this.#fingerprint,
        sizeBytes: seen.sizeBytes,
        startOffset: this.#splitter.lineStart,
        firstLine,
      });
    }
    return seen.sizeBytes > this.#prefix.position ? this.#read(file, seen) : this.#finish(seen);
  }

  async #read(file: OpenFile, seen: FileStat): Promise<ReadOutcome> {
    const offset = this.#prefix.position;
    const chunk = await this.#prefix.readOn(file, Math.min(this.#context.readBytes, seen.sizeBytes - offset));
    if (chunk === 'short') return this.#hold();
    if (chunk === 'changed') return this.#reconcile(file, seen);
    const pieces = this.#splitter.push(chunk);
    const { lineStart } = this.#splitter;
    this.#prefix.advance(chunk, lineStart);
    const complete = chunk.subarray(0, Math.max(0, lineStart - offset));
    const from = { path: this.#path, fingerprint: this.#reported ?? '' };
    for (const event of toLineEvents(pieces, complete, offset, from)) this.#emit(event);
    return this.#prefix.position < seen.sizeBytes ? 'more' : this.#finish(seen);
  }

  /** Compares the content with what was read and goes back to the last mark up to which nothing changed. */
  async #reconcile(file: OpenFile, seen: FileStat): Promise<ReadOutcome> {
    const result = await this.#prefix.compare(file, seen.sizeBytes, this.#context.readBytes);
    if (result === 'short') return this.#hold();
    this.#seen.compared();
    if (result !== 'same') this.#rewindTo(result.lastMatch);
    await this.#prefix.renewTail(file);
    if (this.#isResuming) this.#reported = undefined;
    this.#isResuming = false;
    return this.#fingerprint === undefined || seen.sizeBytes > this.#prefix.position ? 'more' : this.#finish(seen);
  }

  #rewindTo(mark: PrefixMark | undefined): void {
    const offset = mark?.offset ?? 0;
    const hadLines = offset < this.#splitter.lineStart;
    this.#prefix.rewindTo(mark);
    this.#splitter = new LineSplitter({ offset, maxLineBytes: this.#context.maxLineBytes });
    this.#seen.unsettle();
    if (offset === 0) this.#fingerprint = undefined;
    if (!hadLines) return;
    this.#takenOffset = offset;
    this.#emit({ type: 'rewritten', path: this.#path, fingerprint: this.#reported ?? '', fromOffset: offset });
  }

  #hold(): ReadOutcome {
    this.#seen.shrunk(this.#nowMs);
    return 'hold';
  }

  #finish(seen: FileStat): ReadOutcome {
    this.#seen.readToEnd(seen, this.#nowMs);
    if (this.#hasNews) {
      const offset = this.#splitter.lineStart;
      this.#emit({ type: 'caught-up', path: this.#path, offset, sizeBytes: seen.sizeBytes });
    }
    this.#hasNews = false;
    return 'idle';
  }

  #emit(event: TailEvent): void {
    this.#hasNews = true;
    this.#context.emit(event);
  }
}
