import type { RedisProbe } from '@live-status/shared-budget';
import type { Check } from './check.ts';
import { type About, type Finding, ok, warn } from './finding.ts';

const REDIS: About = { id: 'mattermost.redis', name: 'REDIS_URL' };
/** A doctor does not wait long for a server that does not answer. */
const TIMEOUT_MS = 2_000;

/** What the daemons of several hosts share the rate of writes through. */
export const REDIS_CHECKS: readonly Check[] = [
  {
    ...REDIS,
    run: async ({ reading }) => {
      const { mmUrl: server, redisUrl } = reading.sound;
      if (redisUrl === undefined) return [];
      const { probeRedis } = await import('@live-status/shared-budget');
      return [checkRedis(await probeRedis({ url: redisUrl.reveal(), server, timeoutMs: TIMEOUT_MS }))];
    },
  },
];

/** Whether daemons can share the rate of writes. Without Redis they go on, each with an equal share. */
export function checkRedis(probe: RedisProbe): Finding {
  if (!probe.ok) return warn(REDIS, `${probe.problem.what}: each daemon keeps to an equal share`, probe.problem.fix);
  const { members } = probe;
  return ok(REDIS, members > 1 ? `answers; ${members} daemons share MAX_UPDATES_PER_S` : 'answers');
}
