import { EXIT } from '@live-status/daemon-control';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { finalize } from './commands.ts';
import type { Daemon } from './daemon.ts';
import type { Runtime } from './runtime.ts';

describe('finalize', () => {
  it.for([
    [0, EXIT.done, []],
    [1, EXIT.failed, [{ count: 1, undelivered: ['box 0'] }]],
    [1_000, EXIT.failed, [{ count: 1_000, undelivered: Array.from({ length: 10 }, (_, index) => `box ${index}`) }]],
  ] as const)('says in one short line when %i posts did not get there', async ([count, code, said]) => {
    const lines: string[] = [];
    const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
    const undelivered = Array.from({ length: count }, (_, index) => `box ${index}`);
    const daemon: Pick<Daemon, 'caughtUp' | 'ended' | 'stop'> = {
      caughtUp: Promise.resolve(),
      ended: Promise.resolve(),
      stop: async () => ({ undelivered }),
    };
    expect(await finalize({ log, start: async () => daemon as Daemon } as unknown as Runtime)).toBe(code);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(said);
  });
});
