import type { Checkpoint } from './checkpoint.ts';
import type { ProblemEvent, TailEvent } from './event.ts';

/** How a follower stands. */
export interface FollowerStatus {
  /** True after the first look at everything was delivered. */
  readonly isReady: boolean;
  readonly directories: number;
  /** Files read from, files only listed, and files held open. */
  readonly files: { readonly followed: number; readonly listed: number; readonly open: number };
  /** True while changes are found by timed passes alone. */
  readonly polling: boolean;
  readonly problems: readonly ProblemEvent[];
}

/**
 * Follows files. Iterate it once; asking for the next event acknowledges the one before. Nothing is read while events
 * wait to be taken. Leaving the loop, aborting the signal and `close` all end it.
 */
export interface Follower extends AsyncIterable<TailEvent>, AsyncDisposable {
  /**
   * Looks now, at everything or at one path. Resolves when all it found was taken by the consumer, or the follower is
   * closed. Never wait for it inside the loop that takes the events.
   */
  pass(path?: string): Promise<void>;
  /** How far a file was taken; undefined before its first line was. */
  checkpoint(path: string): Checkpoint | undefined;
  status(): FollowerStatus;
  /** Stops reading; what was read is still handed out, then the iteration ends. Idempotent. */
  close(): Promise<void>;
}
