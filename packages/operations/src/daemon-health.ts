import * as v from 'valibot';
import type { Settings } from './settings.ts';

/** What a running daemon says about itself: the part of `GET /health` that people ask for. */
export interface DaemonHealth {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly pid: number;
  readonly version: string;
  readonly uptimeS: number;
  readonly sources: readonly {
    readonly name: string;
    readonly state: string;
    readonly runsSeen: number;
    /** Epoch milliseconds. */
    readonly lastEventAt?: number | undefined;
  }[];
  readonly boxes: { readonly active: number; readonly waiting: number; readonly posted: number };
  readonly poster: {
    readonly breaker: { readonly state: string };
    readonly queue: number;
    readonly creates: number;
    readonly edits: number;
    readonly retries: number;
  };
  readonly reasons: readonly {
    readonly level: 'degraded' | 'failing';
    readonly what: string;
    readonly cure?: string | undefined;
  }[];
}

const HEALTH: v.GenericSchema<unknown, DaemonHealth> = v.object({
  status: v.picklist(['ok', 'degraded', 'failing']),
  pid: v.number(),
  version: v.string(),
  uptimeS: v.number(),
  sources: v.array(
    v.object({
      name: v.string(),
      state: v.string(),
      runsSeen: v.number(),
      lastEventAt: v.optional(v.number()),
    }),
  ),
  boxes: v.object({ active: v.number(), waiting: v.number(), posted: v.number() }),
  poster: v.object({
    breaker: v.object({ state: v.string() }),
    queue: v.number(),
    creates: v.number(),
    edits: v.number(),
    retries: v.number(),
  }),
  reasons: v.array(
    v.object({ level: v.picklist(['degraded', 'failing']), what: v.string(), cure: v.optional(v.string()) }),
  ),
});

/** The daemon's answer, or why there is none and what helps; without a cure it was asked not to say how it is. */
export type HealthAnswer =
  | { readonly ok: true; readonly health: DaemonHealth }
  | { readonly ok: false; readonly problem: string; readonly cure?: string };

/** Where to ask, and with which token. */
export type HealthAddress = Pick<Settings, 'healthPort' | 'healthHost' | 'healthToken'>;

const TIMEOUT_MS = 3_000;
const PORT_CURE =
  'another program may have this port: give the daemon a HEALTH_PORT that is free, and set the same one here';
/** Addresses that mean "every address of this machine" when listening. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Asks the daemon with this process id how it is. Rejects only when aborted. */
export async function askHealth(
  address: HealthAddress,
  pid: number,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HealthAnswer> {
  if (address.healthPort === 0) return { ok: false, problem: 'HEALTH_PORT is 0: the daemon does not say how it is' };
  const url = healthUrl(address);
  try {
    const { status, body } = await get(url, address, signal);
    if (status === 401 || status === 403) {
      return {
        ok: false,
        problem: `${url} wants the daemon's HEALTH_TOKEN`,
        cure: 'set HEALTH_TOKEN to the same here',
      };
    }
    const parsed = v.safeParse(HEALTH, JSON.parse(body));
    if (parsed.success && parsed.output.pid === pid) return { ok: true, health: parsed.output };
    return { ok: false, problem: `${url} is answered by another process`, cure: PORT_CURE };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = error instanceof SyntaxError ? 'is answered by another program' : 'does not answer';
    return { ok: false, problem: `${url} ${problem}`, cure: PORT_CURE };
  }
}

async function get(
  url: string,
  { healthToken }: HealthAddress,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly body: string }> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, {
    redirect: 'error',
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    headers: healthToken === undefined ? {} : { authorization: `Bearer ${healthToken.reveal()}` },
  });
  return { status: response.status, body: await response.text() };
}

function healthUrl({ healthPort, healthHost }: HealthAddress): string {
  const host = ANY_ADDRESS[healthHost] ?? healthHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${healthPort}/health`;
}
