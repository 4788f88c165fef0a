/** Where a line stands: `[startOffset, endOffset)` in bytes, its line end included. */
export interface LineRange {
  /** Absolute path of the file, under the name it is followed by. */
  readonly path: string;
  /** Identity of the file the line was read from, see `fingerprintOf`. */
  readonly fingerprint: string;
  readonly startOffset: number;
  readonly endOffset: number;
}

/** A file begins to be followed, or its identity changed (replaced by rename, first line rewritten). */
export interface FileEvent {
  readonly type: 'file';
  readonly path: string;
  readonly fingerprint: string;
  /** Size at this look, in bytes. */
  readonly sizeBytes: number;
  /** No line that starts before this offset will be delivered. */
  readonly startOffset: number;
}

/** One complete, non-empty line. */
export interface LineEvent extends LineRange {
  readonly type: 'line';
  /** The line without its line end (`\n` or `\r\n`) and, at offset 0, without a byte order mark. Stays valid; it shares memory with its neighbours, so copy it to keep it for long. */
  readonly bytes: Uint8Array;
  /** The line as text. Decoded on each call: a line that is never asked for is never decoded. */
  text(): string;
}

/** A line that was skipped. Lines that are not JSON are not among them: only a parser can tell. */
export interface BadLineEvent extends LineRange {
  readonly type: 'bad-line';
  readonly reason: 'too-long' | 'invalid-utf8';
  /** Of one that is too long: its first and last 2 KiB, without what is between them. */
  readonly ends?: Uint8Array;
}

/** What was delivered from `fromOffset` on is no longer what the file holds; lines come again from there. */
export interface RewrittenEvent {
  readonly type: 'rewritten';
  readonly path: string;
  /** Identity under which the lost lines were delivered. A `file` event follows if it changed. */
  readonly fingerprint: string;
  /** A line start: everything before it was compared and is unchanged. 0 when nothing could be proved. */
  readonly fromOffset: number;
}

/** Every complete line the file held at this look was delivered. */
export interface CaughtUpEvent {
  readonly type: 'caught-up';
  readonly path: string;
  /** End of the last complete line, in bytes; a partial line may follow it. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A followed file was removed or renamed away, after its last lines were delivered. */
export interface FileGoneEvent {
  readonly type: 'file-gone';
  readonly path: string;
  /** Where the same device and inode was found. If `include` accepts that name, it is followed on from the same offset. */
  readonly renamedTo?: string;
}

/** A name matched by `notice` appeared, changed or went. Its content is never read. */
export interface NoticedEvent {
  readonly type: 'noticed';
  readonly path: string;
  readonly present: boolean;
  readonly mtimeMs?: number;
  readonly sizeBytes?: number;
}

/** Kinds of trouble. With `inotify-limit` and `watch-failed` the timed passes go on, only slower than events. */
export type ProblemKind = 'unreadable' | 'inotify-limit' | 'watch-failed';

/** Something cannot be followed as it should be; reported once when it begins and once when it is over. */
export interface ProblemEvent {
  readonly type: 'problem';
  readonly path: string;
  readonly problem: ProblemKind;
  /** For people: the path, the reason and the cure. */
  readonly message: string;
  /** True when the problem reported before is over. */
  readonly resolved?: boolean;
}

/** Everything a follower reports, in order. */
export type TailEvent =
  | FileEvent
  | LineEvent
  | BadLineEvent
  | RewrittenEvent
  | CaughtUpEvent
  | FileGoneEvent
  | NoticedEvent
  | ProblemEvent;
