import { createFakeClock } from '@live-status/resilience/testing';
import { expect, it } from 'vitest';
import { GatewayConnectError } from './connect-error.ts';
import { connectWithRetry } from './connect-with-retry.ts';

it.for([
  ['as long as it says', 2_000, 2_000],
  ['half a second, though it says at once', 0, 500],
  ['half a second, though it says before now', -1e9, 500],
  ['ten seconds, though it says a year', 31_536_000_000, 10_000],
] as const)('waits for a gateway that starts %s', async ([_, retryAfterMs, waited]) => {
  const clock = createFakeClock();
  const begunAt = clock.now();
  const attempts: number[] = [];
  const attempt = async (): Promise<string> => {
    attempts.push(clock.now() - begunAt);
    if (attempts.length === 1) throw new GatewayConnectError('starting', { code: 'UNAVAILABLE', retryAfterMs });
    return 'connected';
  };
  const { signal } = new AbortController();
  const connected = connectWithRetry(attempt, { clock, signal, onError: () => undefined });
  await clock.advance(20_000);
  expect(await connected).toBe('connected');
  expect(attempts).toEqual([0, waited]);
});
