import { resolve } from 'node:path';
import { type Coalescer, createCoalescer } from '@live-status/resilience';
import { type Checkpoint, CheckpointFile } from './checkpoint.ts';
import type { LineEvent, TailEvent } from './event.ts';
import { type Follower, followFile } from './follower.ts';
import type { FollowFileOptions } from './options.ts';

const SAVE_INTERVAL_MS = 1_000;
const LAST_SAVE_DEADLINE_MS = 5_000;

/** One line of a followed file. */
export interface FollowedLine {
  /** Without its line end. */
  readonly text: string;
  /** Where the line starts, in bytes. */
  readonly offset: number;
  /** Where the next line starts, in bytes. */
  readonly endOffset: number;
}

/** Options of {@link followLines}. */
export interface FollowLinesOptions
  extends Pick<FollowFileOptions, 'signal' | 'watch' | 'maxLineBytes' | 'pollIntervals' | 'clock'> {
  /** Where reading starts when there is no checkpoint. Default `'beginning'`. */
  readonly start?: 'beginning' | 'end' | { readonly lastBytes: number } | { readonly offset: number };
  /**
   * Path of a file that remembers how far the lines were taken, so that a restart continues there. Saved at most once a
   * second and at the end. A line counts as taken when the next one is asked for. Default: nothing is remembered.
   */
  readonly checkpoint?: string;
  /**
   * Gets everything but lines: skipped lines, rewrites, problems. Default: problems and skipped lines are reported with
   * `process.emitWarning`.
   */
  readonly onEvent?: (event: Exclude<TailEvent, LineEvent>) => void;
}

/**
 * Follows the lines of one file, which need not exist yet, through appends, rewrites and rotation. Endless: it ends
 * when the loop is left or `signal` is aborted. Lines come at least once: those of a part that was rewritten come again.
 *
 * @throws RangeError for an option out of range, and the file system's error when the checkpoint cannot be read or
 * written (both as rejections of the iteration).
 *
 * @example
 * for await (const { text, offset } of followLines('/var/log/app.jsonl', { signal })) {
 *   console.log(offset, JSON.parse(text));
 * }
 */
export async function* followLines(
  path: string,
  options: FollowLinesOptions = {},
): AsyncGenerator<FollowedLine, void, undefined> {
  const { checkpoint, onEvent = warn, start = 'beginning', ...rest } = options;
  const position = checkpoint === undefined ? undefined : await Position.open(checkpoint, path, options);
  const follower = followFile(path, { ...rest, start: position?.start ?? start });
  try {
    for await (const event of follower) {
      position?.update(follower);
      if (event.type === 'line') yield { text: event.text(), offset: event.startOffset, endOffset: event.endOffset };
      else onEvent(event);
    }
  } finally {
    await follower.close();
    await position?.close(follower);
  }
}

/** The remembered position in one file. */
class Position {
  readonly start: Checkpoint | undefined;
  readonly #path: string;
  readonly #saves: Coalescer<Checkpoint>;
  #last: Checkpoint | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, file: CheckpointFile, start: Checkpoint | undefined, options: FollowLinesOptions) {
    this.#path = path;
    this.start = start;
    this.#saves = createCoalescer<Checkpoint>({
      intervalMs: SAVE_INTERVAL_MS,
      clock: options.clock,
      run: async (latest) => {
        await file.save(latest());
        return true;
      },
      onError: (error) => {
        this.#failure = { error };
      },
    });
  }

  static async open(checkpoint: string, path: string, options: FollowLinesOptions): Promise<Position> {
    const file = new CheckpointFile(checkpoint);
    const stored = await file.load();
    if (stored.isDamaged) process.emitWarning(`${checkpoint} holds no checkpoint and will be replaced`);
    const isOfThisFile = stored.checkpoint?.path === resolve(path);
    return new Position(path, file, isOfThisFile ? stored.checkpoint : undefined, options);
  }

  /** Saves how far the consumer is, soon. Throws the error of an earlier save. */
  update(follower: Follower): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    const checkpoint = follower.checkpoint(this.#path);
    if (checkpoint === undefined || isSame(checkpoint, this.#last)) return;
    this.#last = checkpoint;
    this.#saves.push(checkpoint);
  }

  async close(follower: Follower): Promise<void> {
    if (this.#failure === undefined) this.update(follower);
    await this.#saves.close({ deadlineMs: LAST_SAVE_DEADLINE_MS });
  }
}

function isSame(a: Checkpoint, b: Checkpoint | undefined): boolean {
  return a.offset === b?.offset && a.fingerprint === b.fingerprint;
}

function warn(event: Exclude<TailEvent, LineEvent>): void {
  if (event.type === 'problem' && event.resolved !== true) process.emitWarning(event.message);
  if (event.type === 'bad-line') {
    process.emitWarning(`${event.path}: skipped the line at byte ${event.startOffset}: ${event.reason}`);
  }
}
