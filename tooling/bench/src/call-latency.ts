import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock } from '@live-status/resilience';
import type { Simulator } from '@live-status/simulators/mattermost';

/** One clock for both ends: just before a call, and the arrival of the edit at the simulator in this process. */
export const BOTH_ENDS: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };

/** A session that calls are made in. */
export interface Caller {
  /** Makes a call that shows `command`. */
  call(command: string): Promise<void> | void;
}

/**
 * No session makes calls more often than `THROTTLE_MS`, and all together no more often than the daemon may edit, so that
 * only the leading edge is measured.
 */
const gapMs = (active: number): number => Math.max(700, active * 20);

/** Every session makes a call each gap, out of step with the others. Returns when each was made. */
async function makeCalls(sessions: readonly Caller[], seconds: number): Promise<Map<string, number>> {
  const madeAt = new Map<string, number>();
  const gap = gapMs(sessions.length);
  const rounds = Math.max(1, Math.floor((seconds * 1000) / gap));
  await Promise.all(
    sessions.map(async (session, i) => {
      await delay((i * gap) / sessions.length);
      for (let round = 0; round < rounds; round += 1) {
        const command = `bench-${i}-${round}`;
        madeAt.set(command, BOTH_ENDS.now());
        await session.call(command);
        await delay(gap);
      }
    }),
  );
  return madeAt;
}

/** For each call, how long until the first edit that shows it. */
function latencies(simulator: Simulator, madeAt: ReadonlyMap<string, number>): number[] {
  const shownAt = new Map<string, number>();
  for (const { method, at, body } of simulator.requests()) {
    if (method !== 'PUT') continue;
    for (const [command] of JSON.stringify(body).matchAll(/bench-\d+-\d+/g)) {
      if (!shownAt.has(command)) shownAt.set(command, at);
    }
  }
  const missing = [...madeAt.keys()].filter((command) => !shownAt.has(command));
  if (missing.length > 0) throw new Error(`${missing.length} of ${madeAt.size} calls were never shown.`);
  return [...madeAt].map(([command, at]) => (shownAt.get(command) ?? Number.NaN) - at);
}

/** More than the longest poll of a peer. */
const SETTLE_MS = 2000;

/** Lets sessions make calls for some seconds. Returns the milliseconds from each to the first edit that shows it. */
export async function measureCalls(
  simulator: Simulator,
  sessions: readonly Caller[],
  seconds: number,
): Promise<number[]> {
  const madeAt = await makeCalls(sessions, seconds);
  await delay(SETTLE_MS);
  return latencies(simulator, madeAt);
}
