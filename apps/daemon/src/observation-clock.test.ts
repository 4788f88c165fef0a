import { silentLog, systemClock } from '@live-status/resilience';
import { describe, expect, it } from 'vitest';
import { continuedClock, machineTime, readMachineTime } from './observation-clock.ts';

const NOW = { boot: 'this', upMs: 1_000_000 };
const HOUR = 3_600_000;

/** An open box, shown a minute ago on a clock that was so far ahead of the present one. */
const shown = (aheadMs: number, { boot = 'this', agoMs = 60_000 } = {}) => ({
  boxId: 'b',
  target: { channelId: 'c' },
  marker: 'm',
  pendingPostId: 'p',
  createdAt: 0,
  data: { shownAt: systemClock.now() - agoMs + aheadMs, machine: { boot, upMs: NOW.upMs - agoMs } },
});

/** By how much the clock is ahead of the system's, to the second. */
const aheadS = (...open: readonly ReturnType<typeof shown>[]): number =>
  Math.round((continuedClock(open, silentLog, NOW).now() - systemClock.now()) / 1_000) + 0;

describe('continuedClock', () => {
  it.for([HOUR, -HOUR, 24 * HOUR, -24 * HOUR, 6_000])('goes on as before where the clock was set by %i ms', (step) => {
    expect(aheadS(shown(step))).toBe(step / 1_000);
  });

  it.for([0, 4_000, -4_000])('is the system’s where it was not: %i ms', (drift) => {
    expect(continuedClock([shown(drift)], silentLog, NOW)).toBe(systemClock);
  });

  it('follows the box that was shown last', () => {
    expect(aheadS(shown(HOUR, { agoMs: 90_000 }), shown(0), shown(HOUR, { agoMs: 80_000 }))).toBe(0);
  });

  it.for([
    ['without open boxes', []],
    ['after a boot', [shown(HOUR, { boot: 'other' })]],
    ['with a machine time to come', [shown(HOUR, { agoMs: -60_000 })]],
    ['with boxes of an earlier version', [{ ...shown(HOUR), data: { shownAt: 7 } }]],
    ['with a time beyond all calendars', [shown(1e300)]],
    ['with a time that is none', [shown(Number.POSITIVE_INFINITY)]],
    ['with a machine time that is none', [shown(0, { agoMs: Number.POSITIVE_INFINITY })]],
    ['with other data', [{ ...shown(HOUR), data: { machine: 7, shownAt: 'x' } }]],
  ] as const)('is the system’s %s', ([, open]) => {
    expect(continuedClock(open, silentLog, NOW)).toBe(systemClock);
  });

  it('is the system’s where boots have no names', () => {
    const unnamed = continuedClock([shown(HOUR)], silentLog, { boot: '', upMs: NOW.upMs });
    expect(unnamed).toBe(systemClock);
  });
});

it.runIf(process.platform === 'linux')('the time of a machine is read back, and goes on', () => {
  const time = machineTime();
  expect(readMachineTime(JSON.parse(JSON.stringify(time)))).toEqual(time);
  expect(machineTime()?.upMs).toBeGreaterThanOrEqual(time?.upMs ?? Number.POSITIVE_INFINITY);
});
