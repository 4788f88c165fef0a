/** Settings of the server's rate limiter (`RateLimitSettings`). */
export interface LimiterOptions {
  /** Default false, as on the server. */
  readonly enable?: boolean;
  /** Requests a second that are let through for good. Default 10. */
  readonly perSec?: number;
  /** Requests allowed at once above that. Default 100. */
  readonly burst?: number;
  /** Counts by token instead of by remote address (`VaryByUser`). Default false, as on the server. */
  readonly varyByUser?: boolean;
}

/** What the limiter says of one request. */
export interface LimiterVerdict {
  readonly limited: boolean;
  /** `X-RateLimit-*`, and `Retry-After` where limited. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The generic cell rate algorithm of `throttled`, the library Mattermost uses, with its rounding: one bucket per key,
 * `burst + 1` requests at once, then one per `1 / perSec` seconds.
 */
export class Limiter {
  readonly #emissionMs: number;
  readonly #limit: number;
  readonly #varyByUser: boolean;
  readonly #theoreticalArrivalAt = new Map<string, number>();

  constructor(options: LimiterOptions = {}) {
    const { perSec = 10, burst = 100, varyByUser = false } = options;
    this.#varyByUser = varyByUser;
    this.#emissionMs = 1000 / perSec;
    this.#limit = burst + 1;
  }

  /** What requests are counted by: whoever sends no token counts by the address. */
  keyOf({ remoteAddress, token }: { readonly remoteAddress: string; readonly token: string | undefined }): string {
    return (this.#varyByUser && token) || remoteAddress;
  }

  /** Counts one request of a key at `now`, milliseconds. */
  take(key: string, now: number): LimiterVerdict {
    const toleranceMs = this.#emissionMs * this.#limit;
    const arrivalAt = this.#theoreticalArrivalAt.get(key) ?? now;
    const nextArrivalAt = Math.max(now, arrivalAt) + this.#emissionMs;
    const waitMs = nextArrivalAt - toleranceMs - now;
    const limited = waitMs > 0;
    if (!limited) this.#theoreticalArrivalAt.set(key, nextArrivalAt);
    const resetMs = (limited ? arrivalAt : nextArrivalAt) - now;
    return {
      limited,
      headers: {
        'X-RateLimit-Limit': String(this.#limit),
        'X-RateLimit-Remaining': String(Math.max(0, Math.trunc((toleranceMs - resetMs) / this.#emissionMs))),
        'X-RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
        ...(limited ? { 'Retry-After': String(Math.ceil(waitMs / 1000)) } : {}),
      },
    };
  }
}
