import { hash } from 'node:crypto';
import type { BudgetStore, Grant } from './budget-store.ts';
import { RedisAnswerError } from './redis-problem.ts';
import { keysOf, SCRIPT } from './script.ts';

/** How to reach Redis. */
export interface RedisStoreOptions {
  /** `redis://` or `rediss://` (TLS), with user name, password and number of the database where there are any. */
  readonly url: string;
  /** Longest time to connect, milliseconds. */
  readonly timeoutMs: number;
  /** The time that counts instead of that of Redis, milliseconds since the epoch: for simulations. */
  readonly now?: (() => number) | undefined;
}

/** As much of the library as is used; its types alone take long to check. */
interface Client {
  connect(): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
  readonly isOpen: boolean;
}

const SHA = hash('sha1', SCRIPT);

/** A store in Redis or Valkey. Loads the library, and connects when it is first asked. */
export async function createRedisStore({ url, timeoutMs, now }: RedisStoreOptions): Promise<BudgetStore> {
  const { createClient } = await import('@redis/client');
  let connected: Promise<Client> | undefined;
  const open: Client[] = [];

  const connect = async (): Promise<Client> => {
    const client = createClient({
      url,
      // What is broken is reported at once, and tried again by whoever asked.
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
      disableOfflineQueue: true,
      // Version 2 of the protocol is the one that every version of Redis and Valkey speaks.
      RESP: 2,
    }) as unknown as Client;
    open.push(client);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const reset = (): void => {
    connected = undefined;
    for (const client of open.splice(0)) {
      if (client.isOpen) client.destroy();
    }
  };
  return {
    async ask({
      budget,
      member,
      ratePerS,
      priority,
      demand,
      reserve,
      remaining,
      blockMs,
      lastMembers,
      leaves,
      awayMs,
    }) {
      connected ??= connect();
      const client = await connected;
      const keys = keysOf(budget);
      const values = [ratePerS, priority, demand, reserve, remaining ?? -1, Math.ceil(blockMs ?? 0), lastMembers];
      const time = now === undefined ? '' : String(Math.trunc(now()));
      const call = [
        String(keys.length),
        ...keys,
        member,
        ...values.map(String),
        leaves ? '1' : '0',
        String(Math.ceil(awayMs)),
        time,
      ];
      return grantOf(await evaluate(client, call), demand);
    },
    reset,
    async close() {
      reset();
    },
  };
}

async function evaluate(client: Client, call: readonly string[]): Promise<unknown> {
  try {
    return await client.sendCommand(['EVALSHA', SHA, ...call]);
  } catch (error) {
    // A Redis that was restarted has forgotten it.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.sendCommand(['EVAL', SCRIPT, ...call]);
  }
}

/** More members than any server has room for. */
const MAX_MEMBERS = 1_000_000;

/**
 * What the script answered.
 *
 * @param demand how many requests were asked for
 * @throws RedisAnswerError for what the script never answers: with it, the rate would be none, or without a limit
 */
export function grantOf(reply: unknown, demand: number): Grant {
  const [granted, askAgainMs, members] = (Array.isArray(reply) ? reply : []).map(Number);
  if (!isWithin(granted, [0, demand]) || !isWithin(members, [1, MAX_MEMBERS])) throw new RedisAnswerError();
  if (!isWithin(askAgainMs, [0, Number.MAX_SAFE_INTEGER])) throw new RedisAnswerError();
  return { granted, askAgainMs, members };
}

function isWithin(value: number | undefined, [least, most]: readonly [number, number]): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}
