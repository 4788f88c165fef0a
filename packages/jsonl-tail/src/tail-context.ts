import type { TailClock } from './clock.ts';
import type { TailEvent } from './event.ts';
import type { FileHandles } from './file-handles.ts';

/** What every file of a follower shares. */
export interface TailContext {
  readonly clock: TailClock;
  readonly handles: FileHandles;
  readonly maxLineBytes: number;
  readonly readBytes: number;
  readonly emit: (event: TailEvent) => void;
}

/**
 * - `idle`: nothing more to read now. - `more`: call again. - `hold`: shrank; call again within `SHRINK_HOLD_MS`.
 * - `missing`: no regular file stands at the path. - `replaced`: another file does.
 */
export type LookResult = 'idle' | 'more' | 'hold' | 'missing' | 'replaced';
