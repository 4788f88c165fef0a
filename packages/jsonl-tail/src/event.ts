/** Where a line is in its file: bytes `startOffset` up to, not including, `endOffset`, with its line end. */
export interface LineRange {
  /** Absolute path under which the file is followed. */
  readonly path: string;
  /** Identity of the file: `<device>-<inode>-<hash of the first line>`. */
  readonly fingerprint: string;
  readonly startOffset: number;
  readonly endOffset: number;
}

/** A file is followed from now on, or its identity changed (it was replaced by rename, its first line rewritten). */
export interface FileEvent {
  readonly type: 'file';
  readonly path: string;
  readonly fingerprint: string;
  /** Size at this scan, in bytes. */
  readonly sizeBytes: number;
  /** No line that starts before this offset will be delivered. */
  readonly startOffset: number;
  /** The first line without its newline, or its first 4 KiB if it is longer. Shares memory: copy it to keep it for long. */
  readonly firstLine: Uint8Array;
}

/** One complete, non-empty line. */
export interface LineEvent extends LineRange {
  readonly type: 'line';
  /** The line without its line end (`\n` or `\r\n`) and, at offset 0, its byte order mark. Shares memory with other lines of one read: copy it to keep it for long. */
  readonly bytes: Uint8Array;
  /** The line as text, decoded on each call. */
  text(): string;
}

/** A line that was skipped. Whether a line is JSON is not checked. */
export interface BadLineEvent extends LineRange {
  readonly type: 'bad-line';
  readonly reason: 'too-long' | 'invalid-utf8';
  /** The first and the last 2 KiB of a line that is too long, without what is between them. */
  readonly ends?: Uint8Array;
}

/** What was reported from `fromOffset` on is no longer what the file holds. Forget it; lines follow from there. */
export interface RewrittenEvent {
  readonly type: 'rewritten';
  readonly path: string;
  /** Identity under which those lines were reported. A `file` event follows if it changed. */
  readonly fingerprint: string;
  /** A line start; everything before it was compared and is unchanged. 0 when nothing is known to be. */
  readonly fromOffset: number;
}

/** Every complete line the file held at this scan was reported. */
export interface CaughtUpEvent {
  readonly type: 'caught-up';
  readonly path: string;
  /** End of the last complete line, in bytes; a partial line may follow it. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * A followed file was removed or renamed; its last lines were reported before. One that went on after a checkpoint may go
 * before its `file` event.
 */
export interface FileGoneEvent {
  readonly type: 'file-gone';
  readonly path: string;
  /** Its new path in the same directory, if found. If `include` accepts the name, the file is followed from the same offset. */
  readonly renamedTo?: string;
}

/** A name matched by `notice` appeared, changed or is gone. Its content is never read. */
export interface NoticedEvent {
  readonly type: 'noticed';
  readonly path: string;
  readonly present: boolean;
  readonly mtimeMs?: number;
  readonly sizeBytes?: number;
}

/**
 * Kinds of problems. With `inotify-limit`, `watch-failed` and `no-events` (watching works, but changes come without
 * events), changes are still found by polling, only later.
 */
export type ProblemKind = 'unreadable' | 'inotify-limit' | 'watch-failed' | 'no-events';

/** Something cannot be followed as it should be. Reported once, and once more when that is resolved. */
export interface ProblemEvent {
  readonly type: 'problem';
  readonly path: string;
  readonly problem: ProblemKind;
  /** For people: the path, the reason and how to fix it. */
  readonly message: string;
  /** True when the problem is resolved. */
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
