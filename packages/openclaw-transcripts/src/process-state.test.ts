import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeProcess, type PidFacts, probeProcess } from './process-state.ts';

/** `/proc/<pid>/stat` of a process whose name was chosen to confuse. */
const stat = (state: string, startTime: number): string =>
  `7 (a) Z 1 (b) ${state} ${Array.from({ length: 18 }, (_, field) => field).join(' ')} ${startTime} 99 99\n`;
const linux = (facts: Partial<PidFacts>): PidFacts => ({ stat: undefined, exists: true, hasProc: true, ...facts });
const mac = (exists: boolean): PidFacts => ({ stat: undefined, exists, hasProc: false });

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
  ] as const)('that %s is %s', ([, sight, facts, startTime]) => {
    expect(judgeProcess({ pid: 7, ...(startTime === undefined ? {} : { startTime }) }, facts)).toBe(sight);
  });

  it('is found by its pid and start time while it lives', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTime = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    expect(probeProcess({ pid, startTime })).toBe('alive');
    expect(probeProcess({ pid, startTime: startTime + 1 })).toBe('hidden');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(probeProcess({ pid, startTime })).toBe('hidden');
  });
});
