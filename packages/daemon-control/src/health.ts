import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { compact, isObject, type JsonObject, memberOf, numberOf, objectOf, textOf } from '@live-status/basics';
import type { Settings } from '@live-status/settings';

/** What a running daemon reports about itself: the part of `GET /health` that people ask for. */
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
  /** Which source is in use, and why; not set while that is open. */
  readonly choice?: { readonly source: string; readonly why: string } | undefined;
  readonly boxes: { readonly active: number; readonly waiting: number; readonly posted: number };
  readonly poster: {
    readonly breaker: { readonly state: string };
    readonly queue: number;
    readonly creates: number;
    readonly edits: number;
    readonly retries: number;
  };
  /** How the rate of writes is shared with other daemons; not set without `REDIS_URL`. */
  readonly sharing?: { readonly state: string; readonly members: number } | undefined;
  readonly reasons: readonly {
    readonly level: 'degraded' | 'failing';
    readonly what: string;
    readonly fix?: string | undefined;
  }[];
}

/** The daemon's answer, or why there is none and how to fix that; no `fix` if its health server is turned off on purpose. */
export type HealthAnswer =
  | { readonly ok: true; readonly health: DaemonHealth }
  | { readonly ok: false; readonly problem: string; readonly fix?: string };

/** Where to ask, and with which token. */
export type HealthAddress = Pick<Settings, 'healthPort' | 'healthHost' | 'healthToken'>;

const TIMEOUT_MS = 3_000;
const PORT_FIX =
  'another program may use this port: give the daemon a HEALTH_PORT that is free, and set the same one here';
/** Addresses that mean "every address of this machine" when listening. */
export const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Asks the daemon with this process id how it is. Rejects only when aborted. */
export async function askHealth(
  address: HealthAddress,
  pid: number,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HealthAnswer> {
  if (address.healthPort === 0) {
    return { ok: false, problem: 'HEALTH_PORT is 0, so the daemon does not report its health' };
  }
  const url = `${healthAddress(address)}/health`;
  try {
    const { status, body } = await request(url, address, signal);
    if (status === 401 || status === 403) {
      return {
        ok: false,
        problem: `${url} requires the daemon's HEALTH_TOKEN`,
        fix: 'set HEALTH_TOKEN to the same value here',
      };
    }
    const health = toHealth(JSON.parse(body));
    if (health?.pid === pid) return { ok: true, health };
    return { ok: false, problem: `${url} is answered by another process`, fix: PORT_FIX };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = error instanceof SyntaxError ? 'is answered by another program' : 'does not answer';
    return { ok: false, problem: `${url} ${problem}`, fix: PORT_FIX };
  }
}

/** Node's own client, loaded without an `import`: that and `fetch` would load another one, which takes most of the time. */
async function request(
  url: string,
  { healthToken }: HealthAddress,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly body: string }> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers = healthToken === undefined ? {} : { authorization: `Bearer ${healthToken.reveal()}` };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { headers, signal: signal ? AbortSignal.any([signal, timeout]) : timeout };
  process.getBuiltinModule('node:http').get(url, options, resolve).on('error', reject);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** Base URL of the daemon's health server. */
export function healthAddress({ healthPort, healthHost }: Pick<HealthAddress, 'healthPort' | 'healthHost'>): string {
  const host = memberOf(ANY_ADDRESS, healthHost) ?? healthHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${healthPort}`;
}

/** Takes from an answer what {@link DaemonHealth} has; `undefined` if something is missing or of another type. */
function toHealth(value: unknown): DaemonHealth | undefined {
  if (!isObject(value)) return undefined;
  const status = (['ok', 'degraded', 'failing'] as const).find((one) => one === value.status);
  const boxes = numbersOf(value.boxes, ['active', 'waiting', 'posted']);
  const writes = numbersOf(value.poster, ['queue', 'creates', 'edits', 'retries']);
  const breaker = textOf(objectOf(objectOf(value.poster)?.breaker)?.state);
  const sources = listOf(value.sources, toSource);
  const reasons = listOf(value.reasons, toReason);
  const [pid, version, uptimeS] = [numberOf(value.pid), textOf(value.version), numberOf(value.uptimeS)];
  if (status === undefined || pid === undefined || version === undefined || uptimeS === undefined) return undefined;
  if (!boxes || !writes || breaker === undefined || !sources || !reasons) return undefined;
  const poster = { breaker: { state: breaker }, ...writes };
  const choice = toChoice(value.choice);
  return {
    status,
    pid,
    version,
    uptimeS,
    sources,
    ...compact({ choice, sharing: toSharing(value.sharing) }),
    boxes,
    poster,
    reasons,
  };
}

function toSharing(value: unknown): DaemonHealth['sharing'] {
  const fields = objectOf(value);
  const [state, members] = [textOf(fields?.state), numberOf(fields?.members)];
  return state === undefined || members === undefined ? undefined : { state, members };
}

function toChoice(value: unknown): DaemonHealth['choice'] {
  const fields = objectOf(value);
  const [source, why] = [textOf(fields?.source), textOf(fields?.why)];
  return source === undefined || why === undefined ? undefined : { source, why };
}

function toSource(value: JsonObject): DaemonHealth['sources'][number] | undefined {
  const [name, state, runsSeen] = [textOf(value.name), textOf(value.state), numberOf(value.runsSeen)];
  if (name === undefined || state === undefined || runsSeen === undefined) return undefined;
  return { name, state, runsSeen, ...compact({ lastEventAt: numberOf(value.lastEventAt) }) };
}

function toReason(value: JsonObject): DaemonHealth['reasons'][number] | undefined {
  const level = (['degraded', 'failing'] as const).find((one) => one === value.level);
  const what = textOf(value.what);
  if (level === undefined || what === undefined) return undefined;
  return { level, what, ...compact({ fix: textOf(value.fix) }) };
}

/** All items, `undefined` if it is not a list or one of them is not valid. */
function listOf<T>(value: unknown, toItem: (item: JsonObject) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => (isObject(item) ? toItem(item) : undefined));
  const valid = items.filter((item) => item !== undefined);
  return valid.length === items.length ? valid : undefined;
}

function numbersOf<const Name extends string>(
  value: unknown,
  names: readonly Name[],
): Readonly<Record<Name, number>> | undefined {
  const found = names.flatMap((name) => {
    const number = numberOf(objectOf(value)?.[name]);
    return number === undefined ? [] : [[name, number] as const];
  });
  return found.length === names.length ? (Object.fromEntries(found) as Record<Name, number>) : undefined;
}
