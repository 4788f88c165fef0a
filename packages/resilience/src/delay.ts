import { type Clock, systemClock } from './clock.ts';

/** Options of {@link delay}. */
export interface DelayOptions {
  /** Ends the wait early, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
}

/**
 * Waits `ms` milliseconds. Leaves neither a timer nor an abort listener behind, however it ends.
 *
 * @throws the signal's reason, at once, when aborted before or during the wait.
 */
export function delay(ms: number, { signal, clock = systemClock }: DelayOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
