import { randomUUID } from 'node:crypto';
import { budgetName } from './names.ts';
import { problemOf, type RedisProblem } from './redis-problem.ts';
import { createRedisStore } from './redis-store.ts';

/** What {@link probeRedis} found. */
export type RedisProbe =
  /** `members`: how many share the budget now, at least 1. */
  { readonly ok: true; readonly members: number } | { readonly ok: false; readonly problem: RedisProblem };

/**
 * Whether a rate can be shared through Redis: does what a member does, and leaves nothing behind. Never rejects.
 *
 * @param options.timeoutMs longest time to connect, and to answer
 */
export async function probeRedis({
  url,
  server = '',
  timeoutMs,
}: {
  readonly url: string;
  readonly server?: string | undefined;
  readonly timeoutMs: number;
}): Promise<RedisProbe> {
  const store = await createRedisStore({ url, timeoutMs });
  const late = setTimeout(() => store.reset(), 2 * timeoutMs);
  try {
    const { members } = await store.ask({
      budget: budgetName(server),
      member: randomUUID(),
      ratePerS: 1,
      priority: 0,
      demand: 0,
      reserve: 0,
      lastMembers: 1,
      awayMs: 0,
      leaves: true,
    });
    return { ok: true, members };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  } finally {
    clearTimeout(late);
    await store.close();
  }
}
