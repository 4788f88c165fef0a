import { abortable, type Clock, delay } from '@live-status/resilience';
import type { Log } from './log.ts';
import type { PostApi } from './post-api.ts';

/** Whether the token is good, as far as known. */
export interface Authorization {
  /** Since when the server refuses the token, milliseconds since the epoch. */
  readonly refusedSince: number | undefined;
  /** The server refused the token: everybody waits while it is read again and tried, every `PROBE_INTERVAL_MS`. */
  refused(): void;
  /** Waits until the token is good. Rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<void>;
}

/** What an {@link Authorization} needs. */
export interface AuthorizationOptions {
  readonly api: PostApi;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads the token again from where it is kept. */
  readonly readToken?: (() => Promise<string | undefined>) | undefined;
  /** Ends the probing. */
  readonly signal: AbortSignal;
}

const PROBE_INTERVAL_MS = 60_000;

/** A refused token is permanent until somebody acts: nothing is posted, and one probe a minute asks whether they did. */
export function createAuthorization({ api, clock, log, readToken, signal }: AuthorizationOptions): Authorization {
  let refusal: { readonly since: number; readonly over: Promise<void> } | undefined;

  const probe = async (): Promise<boolean> => {
    try {
      const token = await readToken?.();
      if (token !== undefined) api.setToken(token);
      await api.getMe({ signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ err: error }, 'token still refused');
      return false;
    }
  };
  const probeUntilGood = async (): Promise<void> => {
    do await delay(PROBE_INTERVAL_MS, { signal, clock });
    while (!(await probe()));
    refusal = undefined;
    log.info({}, 'token accepted again');
  };

  return {
    get refusedSince() {
      return refusal?.since;
    },
    refused() {
      if (refusal !== undefined) return;
      log.error({}, 'token refused: nothing is posted until it is replaced');
      refusal = { since: clock.now(), over: probeUntilGood() };
      refusal.over.catch(() => undefined);
    },
    async ready(waiting) {
      if (refusal !== undefined) await abortable(refusal.over, waiting);
    },
  };
}
