import { readFileSync } from 'node:fs';
import { isObject } from '@live-status/basics';
import type { LedgerEntry } from '@live-status/mm-poster';
import { type Clock, type Log, systemClock } from '@live-status/resilience';
import { isNumber } from './kept-box.ts';

/** A moment on the machine's monotonic clock, which processes of one boot share. */
export interface MachineTime {
  /** Names the boot. */
  readonly boot: string;
  /** Milliseconds, whole. */
  readonly upMs: number;
}

/** What differs by less is the drift of a clock, or the second between a change and its record. Milliseconds. */
const LEAST_STEP_MS = 5_000;
const boot = readBoot();

/** Only Linux names its boots. */
function readBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Now, where boots have names. */
export function machineTime(): MachineTime | undefined {
  return boot === undefined ? undefined : { boot, upMs: Number(process.hrtime.bigint() / 1_000_000n) };
}

/** The moment in what was remembered; `undefined` for anything else. */
export function readMachineTime(value: unknown): MachineTime | undefined {
  if (!isObject(value) || typeof value.boot !== 'string' || !isNumber(value.upMs)) return undefined;
  return { boot: value.boot, upMs: value.upMs };
}

/**
 * The clock for a process that continues open boxes: that of the previous process, wherever the wall clock was set since.
 * Else hours would be added to work, or taken from it, that had begun before. Without open boxes, or after a boot: the
 * system's clock.
 */
export function continuedClock(open: readonly LedgerEntry[], log: Log, now = machineTime()): Clock {
  const known = open.flatMap(({ data }) => {
    const { machine, shownAt } = isObject(data) ? data : {};
    const then = readMachineTime(machine);
    if (then === undefined || !isNumber(shownAt) || then.boot !== now?.boot || then.upMs > now.upMs) return [];
    return [{ upMs: then.upMs, at: shownAt + now.upMs - then.upMs }];
  });
  const newest = known.sort((a, b) => b.upMs - a.upMs)[0];
  const stepMs = newest === undefined ? 0 : newest.at - systemClock.now();
  if (Math.abs(stepMs) < LEAST_STEP_MS) return systemClock;
  log.info({ stepMs: Math.round(-stepMs) }, 'the clock was set while work was open; its times go on as before');
  return { ...systemClock, now: () => systemClock.now() + stepMs };
}
