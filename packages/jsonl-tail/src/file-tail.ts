import type { FileHandle } from 'node:fs/promises';
import type { Checkpoint } from './checkpoint.ts';
import type { TailClock } from './clock.ts';
import type { TailEvent } from './event.ts';
import type { FileHandles } from './file-handles.ts';
import { type FileSight, isSameInode, isSameSight, isSettled, toFileSight } from './file-sight.ts';
import { fingerprintOf, firstLineOf, HEAD_BYTES } from './fingerprint.ts';
import { toLineEvents } from './line-events.ts';
import { type KnownFile, planRead, type ReadPlan } from './plan-read.ts';
import type { PrefixMark } from './prefix-marks.ts';
import { ReadPrefix, readAt } from './read-prefix.ts';
import { LineSplitter } from './split-lines.ts';

/** What every file of a follower shares. */
export interface TailContext {
  readonly clock: TailClock;
  readonly handles: FileHandles;
  readonly maxLineBytes: number;
  readonly readBytes: number;
  readonly emit: (event: TailEvent) => void;
}

/** Where a file is read from: an offset (inside a line when `align`) or a checkpoint. */
export type TailStart = { readonly offset: number; readonly align: boolean } | Checkpoint;

/**
 * - `idle`: nothing more to read now. - `more`: call again. - `hold`: shrank; call again within `SHRINK_HOLD_MS`.
 * - `missing`: no regular file stands at the path. - `replaced`: another file does.
 */
export type LookResult = 'idle' | 'more' | 'hold' | 'missing' | 'replaced';

/** One followed file: reads what is new, one chunk a look, and reports it. */
export class FileTail {
  readonly #context: TailContext;
  #path: string;
  #sight: FileSight;
  #isSettled = false;
  #shrunkAtMs: number | undefined;
  #prefix: ReadPrefix;
  #splitter: LineSplitter;
  #isResuming: boolean;
  #fingerprint: string | undefined;
  #announced: string | undefined;
  #isAnnounced = false;
  #hasNews = false;
  #takenOffset = 0;

  constructor(path: string, sight: FileSight, start: TailStart, context: TailContext) {
    this.#context = context;
    this.#path = path;
    this.#sight = sight;
    this.#isResuming = 'version' in start;
    this.#announced = 'version' in start ? start.fingerprint : undefined;
    const { offset, align } = 'version' in start ? { offset: start.offset, align: false } : start;
    this.#prefix = 'version' in start ? new ReadPrefix(start.fromOffset, start) : new ReadPrefix(offset);
    this.#splitter = new LineSplitter({ offset, align, maxLineBytes: context.maxLineBytes });
    this.#takenOffset = offset;
  }

  get path(): string {
    return this.#path;
  }

  /** True once the consumer was told of it. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** True when a stat that looks the same does not prove that nothing changed. */
  get needsLook(): boolean {
    return !this.#isSettled || this.#shrunkAtMs !== undefined;
  }

  /** The stat of the last look. */
  get sight(): FileSight {
    return this.#sight;
  }

  /** Everything that was taken by the consumer, as a checkpoint; undefined before the first line end was. */
  checkpoint(): Checkpoint | undefined {
    const mark = this.#prefix.markBefore(this.#takenOffset);
    if (mark === undefined || this.#announced === undefined) return undefined;
    return { version: 1, path: this.#path, fingerprint: this.#announced, fromOffset: this.#prefix.fromOffset, ...mark };
  }

  /** Notes that the consumer took an event of this file. */
  taken(event: TailEvent): void {
    if (event.type === 'line' || event.type === 'bad-line') this.#takenOffset = event.endOffset;
    if (event.type === 'caught-up') this.#takenOffset = event.offset;
  }

  /** Looks at the file once; `seen` is a fresh stat of its path. Rejects with errors of open and read. */
  async look(seen: FileSight): Promise<LookResult> {
    const plan = this.#plan(seen);
    if (plan === 'nothing') return 'idle';
    if (plan === 'replaced') return 'replaced';
    if (plan === 'hold') return this.#hold();
    const handle = await this.#openAs(seen);
    if (handle === undefined) return 'replaced';
    if (plan === 'identify') return this.#identify(handle, seen);
    if (plan === 'read') return this.#read(handle, seen);
    if (plan === 'check-tail' && (await this.#prefix.isTailSame(handle))) return this.#rest(seen);
    return this.#reconcile(handle, seen);
  }

  /** Reads on in the file that was open, although the path no longer names it, up to its end. */
  async drain(room: () => Promise<void>): Promise<void> {
    const handle = this.#context.handles.peek(this.#path);
    if (handle === undefined || this.#fingerprint === undefined) return;
    const seen = toFileSight(await handle.stat({ bigint: true }));
    if (!isSameInode(seen, this.#sight) || seen.sizeBytes <= this.#prefix.position) return;
    while ((await this.#read(handle, seen)) === 'more') await room();
  }

  /** Goes on with another file at the same path: what both share is not read again. */
  async adopt(seen: FileSight): Promise<LookResult> {
    await this.#context.handles.release(this.#path);
    this.#fingerprint = undefined;
    this.#shrunkAtMs = undefined;
    this.#sight = seen;
    this.#isSettled = false;
    const handle = await this.#openAs(seen);
    return handle === undefined ? 'replaced' : this.#reconcile(handle, seen);
  }

  /** Goes on under another name. */
  rename(path: string): void {
    this.#context.handles.rename(this.#path, path);
    this.#path = path;
    this.#fingerprint = undefined;
    this.#isResuming = true;
  }

  #plan(seen: FileSight): ReadPlan | 'identify' {
    const plan = planRead(this.#known(), seen, this.#context.clock.now());
    if (this.#isResuming) return plan === 'hold' || plan === 'rewind' ? plan : 'verify';
    if (this.#fingerprint !== undefined) return plan;
    return this.#isSettled && isSameSight(seen, this.#sight) ? 'nothing' : 'identify';
  }

  #known(): KnownFile {
    return {
      sight: this.#sight,
      position: this.#prefix.position,
      settled: this.#isSettled,
      shrunkAtMs: this.#shrunkAtMs,
    };
  }

  /** The handle, if it is of the file that was seen. A stat is never trusted for what an open by path finds later. */
  async #openAs(seen: FileSight): Promise<FileHandle | undefined> {
    const isOpen = this.#context.handles.peek(this.#path) !== undefined;
    const handle = await this.#context.handles.get(this.#path);
    if (isOpen) return isSameInode(this.#sight, seen) ? handle : undefined;
    const opened = toFileSight(await handle.stat({ bigint: true }));
    if (isSameInode(opened, seen)) return handle;
    await this.#context.handles.release(this.#path);
    return undefined;
  }

  async #identify(handle: FileHandle, seen: FileSight): Promise<LookResult> {
    const head = await readAt(handle, 0, HEAD_BYTES);
    const firstLine = firstLineOf(head);
    if (firstLine === undefined) return this.#rest(seen);
    this.#fingerprint = fingerprintOf(seen, firstLine);
    if (this.#fingerprint !== this.#announced) {
      this.#announced = this.#fingerprint;
      this.#isAnnounced = true;
      this.#emit({
        type: 'file',
        path: this.#path,
        fingerprint: this.#fingerprint,
        sizeBytes: seen.sizeBytes,
        startOffset: this.#splitter.lineStart,
      });
    }
    return seen.sizeBytes > this.#prefix.position ? this.#read(handle, seen) : this.#rest(seen);
  }

  async #read(handle: FileHandle, seen: FileSight): Promise<LookResult> {
    const { position } = this.#prefix;
    const chunk = await this.#prefix.readOn(handle, Math.min(this.#context.readBytes, seen.sizeBytes - position));
    if (chunk === 'short') return this.#hold();
    if (chunk === 'changed') return this.#reconcile(handle, seen);
    const pieces = this.#splitter.push(chunk);
    const complete = chunk.subarray(0, Math.max(0, this.#splitter.lineStart - position));
    const from = { path: this.#path, fingerprint: this.#announced ?? '' };
    for (const event of toLineEvents(pieces, complete, position, from)) this.#emit(event);
    this.#prefix.advance(chunk, this.#splitter.lineStart);
    return this.#prefix.position < seen.sizeBytes ? 'more' : this.#rest(seen);
  }

  /** Compares what was read before and goes back to the last line end up to which nothing changed. */
  async #reconcile(handle: FileHandle, seen: FileSight): Promise<LookResult> {
    const result = await this.#prefix.compare(handle, seen.sizeBytes, this.#context.readBytes);
    if (result === 'short') return this.#hold();
    this.#shrunkAtMs = undefined;
    if (result !== 'same') this.#rewindTo(result.lastMatch);
    await this.#prefix.renewTail(handle);
    if (this.#isResuming) this.#announced = undefined;
    this.#isResuming = false;
    return this.#fingerprint === undefined || seen.sizeBytes > this.#prefix.position ? 'more' : this.#rest(seen);
  }

  #rewindTo(mark: PrefixMark | undefined): void {
    const offset = mark?.offset ?? 0;
    const wasDelivered = offset < this.#splitter.lineStart;
    this.#prefix.rewindTo(mark);
    this.#splitter = new LineSplitter({ offset, maxLineBytes: this.#context.maxLineBytes });
    this.#isSettled = false;
    if (offset === 0) this.#fingerprint = undefined;
    if (!wasDelivered) return;
    this.#takenOffset = offset;
    this.#emit({ type: 'rewritten', path: this.#path, fingerprint: this.#announced ?? '', fromOffset: offset });
  }

  /** The file is shorter than what was read of it: for now that may be a rewrite in the middle. */
  #hold(): LookResult {
    this.#shrunkAtMs ??= this.#context.clock.now();
    return 'hold';
  }

  #rest(seen: FileSight): LookResult {
    this.#sight = seen;
    this.#isSettled = isSettled(seen, Date.now());
    if (this.#hasNews) {
      this.#emit({ type: 'caught-up', path: this.#path, offset: this.#splitter.lineStart, sizeBytes: seen.sizeBytes });
    }
    this.#hasNews = false;
    return 'idle';
  }

  #emit(event: TailEvent): void {
    this.#hasNews = true;
    this.#context.emit(event);
  }
}
