import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from './doctor.ts';

describe('doctor', () => {
  it('makes a finding of a check that breaks, and goes on with the others', async () => {
    const machine = {
      // No file system takes this path.
      env: { STATE_DIR: '/state\0dir', HEALTH_PORT: '0' },
      home: join(tmpdir(), 'live-status-nobody'),
      readFile: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
    };
    const { exitCode, out } = await doctor({ machine, daemonProgram: undefined, json: true });
    const { checks } = JSON.parse(out.join('\n')) as { checks: { name: string; found: string; cure?: string }[] };
    expect(exitCode).toBe(1);
    expect(checks).toContainEqual({
      name: 'daemon',
      state: 'fail',
      found: expect.stringContaining('could not be checked: STATE_DIR'),
      cure: expect.any(String),
    });
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Node', 'build', 'settings', 'transcripts']),
    );
  });
});
