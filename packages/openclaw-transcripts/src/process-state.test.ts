import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type OperatingSystem, thisSystem } from '@live-status/instance-lock';
import { describe, expect, it } from 'vitest';
import { ProcessProbe } from './process-state.ts';

/** `/proc/<pid>/stat` of a process whose name was chosen to confuse. */
const stat = (state: string, startTime: number): string =>
  `7 (a) Z 1 (b) ${state} ${Array.from({ length: 18 }, (_, field) => field).join(' ')} ${startTime} 99 99\n`;

interface System {
  readonly stat?: string;
  readonly ps?: string;
  readonly exists?: boolean;
  readonly hasProc: boolean;
}

const linux = (facts: Partial<System>): System => ({ exists: true, hasProc: true, ...facts });
const mac = (exists: boolean, ps?: string): System => ({ exists, hasProc: false, ...(ps !== undefined && { ps }) });

/** How often `ps` was run is counted. */
function probeOn({ stat: own, ps, exists = true, hasProc }: System): { probe: ProcessProbe; runs: () => number } {
  let runs = 0;
  const system: OperatingSystem = {
    ...thisSystem,
    platform: hasProc ? 'linux' : 'darwin',
    readFile: (path) => (path === '/proc/self/stat' && hasProc ? stat('R', 1) : own),
    run: () => {
      runs += 1;
      return ps;
    },
  };
  return { probe: new ProcessProbe(system, () => exists), runs: () => runs };
}

const TAKEN_AT = '2026-11-30T15:12:00.500Z';

describe('a process as a lock names it', () => {
  it.for([
    ['has its pid and its start time', 'alive', linux({ stat: stat('S', 500) }), 500],
    ['has ended and waits for its parent', 'dead', linux({ stat: stat('Z', 500) }), 500],
    ['has its pid but another start time', 'hidden', linux({ stat: stat('S', 501) }), 500],
    ['has its pid but another start time, and has ended', 'hidden', linux({ stat: stat('Z', 501) }), 500],
    ['is not there', 'hidden', linux({ exists: false }), 500],
    ['is not there, and the lock names no start time', 'hidden', linux({ exists: false }), undefined],
    ['has a pid that the lock gives without a start time', 'unknown', linux({ stat: stat('S', 500) }), undefined],
    ['has its pid, but its start time may not be read', 'unknown', linux({}), 500],
    ['was started on Linux and is looked for elsewhere', 'unknown', mac(true), 500],
    ['is there, where nobody knows start times', 'alive', mac(true), undefined],
    ['is not there, where nobody knows start times', 'hidden', mac(false), undefined],
    ['started before the lock was taken', 'alive', mac(true, 'S  Mon Nov 30 15:11:00 2026'), undefined],
    ['took the lock in its first second', 'alive', mac(true, 'S  Mon Nov 30 15:12:01 2026'), undefined],
    ['started after the lock was taken', 'hidden', mac(true, 'S  Mon Nov 30 15:12:09 2026'), undefined],
    ['has ended and waits for its parent, as ps says', 'dead', mac(true, 'Z  Mon Nov 30 15:11:00 2026'), undefined],
  ] as const)('that %s is %s', ([, state, system, startTime]) => {
    const name = { pid: 7, createdAt: TAKEN_AT, ...(startTime === undefined ? {} : { startTime }) };
    expect(probeOn(system).probe.probe(name)).toBe(state);
  });

  it('is looked up with ps once: afterwards its pid says enough', () => {
    const { probe, runs } = probeOn(mac(true, 'S  Mon Nov 30 15:11:00 2026'));
    probe.probe({ pid: 7, createdAt: TAKEN_AT });
    const before = runs();
    expect(probe.probe({ pid: 7, createdAt: TAKEN_AT })).toBe('alive');
    expect(runs()).toBe(before);
  });

  it('is found by its pid and start time while it lives', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux shows start times in /proc');
    const probe = new ProcessProbe();
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTime = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    expect(probe.probe({ pid, startTime })).toBe('alive');
    expect(probe.probe({ pid, startTime: startTime + 1 })).toBe('hidden');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(probe.probe({ pid, startTime })).toBe('hidden');
  });
});
