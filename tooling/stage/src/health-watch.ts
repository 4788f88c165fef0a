import { delay } from '@live-status/resilience';

/** What is used of an answer of `/health`. */
export interface Health {
  /** When it was asked, milliseconds since the epoch. */
  readonly at: number;
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly reasons: readonly { readonly level: string; readonly what: string; readonly fix?: string }[];
  /** Which interface of OpenClaw reports sessions, and why. */
  readonly choice?: { readonly source: string; readonly why: string };
  readonly sources: readonly { readonly name: string; readonly state: string }[];
  readonly boxes: { readonly active: number; readonly waiting: number; readonly posted: number };
  readonly poster: { readonly queue: number; readonly rateLimited: number; readonly retries: number };
}

/** An operator who asks a daemon for its health again and again. */
export interface HealthWatch {
  /** The last answer; undefined before the first. */
  readonly latest: Health | undefined;
  /** Every answer that differs from the one before. */
  readonly seen: readonly Health[];
  /** Stops asking. */
  close(): Promise<void>;
}

const INTERVAL_MS = 100;

/** Starts asking. While nobody answers (between two daemons), there is nothing to see. */
export function watchHealth(url: () => string, signal: AbortSignal): HealthWatch {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const seen: Health[] = [];
  let latest: Health | undefined;
  const watching = (async () => {
    for (;;) {
      const at = Date.now();
      const answer = await ask(url, either).catch(() => undefined);
      if (answer !== undefined) {
        latest = { ...answer, at };
        if (whatOf(latest) !== whatOf(seen.at(-1))) seen.push(latest);
      }
      await delay(INTERVAL_MS, { signal: either });
    }
  })();
  watching.catch(() => {});
  return {
    get latest() {
      return latest;
    },
    seen,
    async close() {
      stopping.abort();
      await watching.catch(() => {});
    },
  };
}

/** Reasons without the parts that differ each time: when, how often, and which request. */
export function reasonsOf(health: Health | undefined): readonly string[] {
  return (health?.reasons ?? []).map(({ what }) =>
    what
      .replace(/\d{4}-\d\d-\d\dT\S+Z/g, '…')
      .replace(/\(\d+ times\)/, '(… times)')
      .replace(/\b[A-Z]+ \/api\/v4\/[^:]+: /g, ''),
  );
}

function whatOf(health: Health | undefined): string {
  return JSON.stringify([health?.status, reasonsOf(health)]);
}

async function ask(url: () => string, signal: AbortSignal): Promise<Omit<Health, 'at'>> {
  const response = await fetch(`${url()}/health`, { signal });
  return (await response.json()) as Omit<Health, 'at'>;
}
