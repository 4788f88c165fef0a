import type { FileHandle } from 'node:fs/promises';
import type { Checkpoint } from './checkpoint.ts';
import type { TailEvent } from './event.ts';
import { type FileSight, isSameInode, toFileSight } from './file-sight.ts';
import { fingerprintOf, firstLineOf, HEAD_BYTES } from './fingerprint.ts';
import { LastLook } from './last-look.ts';
import { toLineEvents } from './line-events.ts';
import { LineReader, type TailStart } from './line-reader.ts';
import type { ReadPlan } from './plan-read.ts';
import type { PrefixMark } from './prefix-marks.ts';
import { readAt } from './read-prefix.ts';
import type { LookResult, TailContext } from './tail-context.ts';

/** One followed file: reads what is new, one chunk a look, and reports it. */
export class FileTail {
  readonly #context: TailContext;
  #path: string;
  readonly #last: LastLook;
  readonly #reader: LineReader;
  #isResuming: boolean;
  #fingerprint: string | undefined;
  #announced: string | undefined;
  #isAnnounced = false;
  #hasNews = false;
  #takenOffset = 0;

  constructor(path: string, sight: FileSight, start: TailStart, context: TailContext) {
    this.#context = context;
    this.#path = path;
    this.#last = new LastLook(sight, context.clock);
    this.#isResuming = 'version' in start;
    this.#announced = 'version' in start ? start.fingerprint : undefined;
    this.#reader = new LineReader(start, context.maxLineBytes);
    this.#takenOffset = start.offset;
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
    return this.#last.isUnsure;
  }

  /** The stat of the last look. */
  get sight(): FileSight {
    return this.#last.sight;
  }

  /** Everything that was taken by the consumer, as a checkpoint; undefined before the first line end was. */
  checkpoint(): Checkpoint | undefined {
    const proof = this.#reader.proofAt(this.#takenOffset);
    if (proof === undefined || this.#announced === undefined) return undefined;
    return { version: 1, path: this.#path, fingerprint: this.#announced, ...proof };
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
    if (plan === 'check-tail' && (await this.#reader.isTailSame(handle))) return this.#rest(seen);
    return this.#reconcile(handle, seen);
  }

  /** Reads on in the file that was open, although the path no longer names it, up to its end. */
  async drain(room: () => Promise<void>): Promise<void> {
    const handle = this.#context.handles.peek(this.#path);
    if (handle === undefined || this.#fingerprint === undefined) return;
    const seen = toFileSight(await handle.stat({ bigint: true }));
    if (!this.#last.isOf(seen) || seen.sizeBytes <= this.#reader.position) return;
    while ((await this.#read(handle, seen)) === 'more') await room();
  }

  /** Goes on with another file at the same path: what both share is not read again. */
  async adopt(seen: FileSight): Promise<LookResult> {
    await this.#context.handles.release(this.#path);
    this.#fingerprint = undefined;
    this.#last.beginAnew(seen);
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
    const plan = this.#last.plan(seen, this.#reader.position);
    if (this.#isResuming) return plan === 'hold' || plan === 'rewind' ? plan : 'verify';
    if (this.#fingerprint !== undefined) return plan;
    return this.#last.provesSame(seen) ? 'nothing' : 'identify';
  }

  /** The handle, if it is of the file that was seen. A stat is never trusted for what an open by path finds later. */
  async #openAs(seen: FileSight): Promise<FileHandle | undefined> {
    const isOpen = this.#context.handles.peek(this.#path) !== undefined;
    const handle = await this.#context.handles.get(this.#path);
    if (isOpen) return this.#last.isOf(seen) ? handle : undefined;
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
        startOffset: this.#reader.lineStart,
      });
    }
    return seen.sizeBytes > this.#reader.position ? this.#read(handle, seen) : this.#rest(seen);
  }

  async #read(handle: FileHandle, seen: FileSight): Promise<LookResult> {
    const wantedBytes = Math.min(this.#context.readBytes, seen.sizeBytes - this.#reader.position);
    const read = await this.#reader.read(handle, wantedBytes);
    if (read === 'short') return this.#hold();
    if (read === 'changed') return this.#reconcile(handle, seen);
    const from = { path: this.#path, fingerprint: this.#announced ?? '' };
    for (const event of toLineEvents(read.pieces, read.complete, read.offset, from)) this.#emit(event);
    return this.#reader.position < seen.sizeBytes ? 'more' : this.#rest(seen);
  }

  /** Compares what was read before and goes back to the last line end up to which nothing changed. */
  async #reconcile(handle: FileHandle, seen: FileSight): Promise<LookResult> {
    const result = await this.#reader.compare(handle, seen.sizeBytes, this.#context.readBytes);
    if (result === 'short') return this.#hold();
    this.#last.compared();
    if (result !== 'same') this.#rewindTo(result.lastMatch);
    await this.#reader.proceed(handle);
    if (this.#isResuming) this.#announced = undefined;
    this.#isResuming = false;
    return this.#fingerprint === undefined || seen.sizeBytes > this.#reader.position ? 'more' : this.#rest(seen);
  }

  #rewindTo(mark: PrefixMark | undefined): void {
    const offset = mark?.offset ?? 0;
    const wasDelivered = this.#reader.rewindTo(mark);
    this.#last.unsettle();
    if (offset === 0) this.#fingerprint = undefined;
    if (!wasDelivered) return;
    this.#takenOffset = offset;
    this.#emit({ type: 'rewritten', path: this.#path, fingerprint: this.#announced ?? '', fromOffset: offset });
  }

  #hold(): LookResult {
    this.#last.shrunk();
    return 'hold';
  }

  #rest(seen: FileSight): LookResult {
    this.#last.restAt(seen);
    if (this.#hasNews) {
      this.#emit({ type: 'caught-up', path: this.#path, offset: this.#reader.lineStart, sizeBytes: seen.sizeBytes });
    }
    this.#hasNews = false;
    return 'idle';
  }

  #emit(event: TailEvent): void {
    this.#hasNews = true;
    this.#context.emit(event);
  }
}
