import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctor } from './doctor.ts';

const nobody = join(tmpdir(), 'live-status-nobody');
const readFile = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));

describe('doctor', () => {
  it('looks at the gateway where the daemon would follow it: only its address is known', async () => {
    const env = { OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:9', STATE_DIR: join(nobody, 'state'), HEALTH_PORT: '0' };
    const machine = { env, home: nobody, readFile };
    const { out } = await doctor({ machine, daemonProgram: undefined, json: true });
    const { checks } = JSON.parse(out.join('\n')) as { checks: { name: string; found: string }[] };
    expect(checks).toContainEqual(
      expect.objectContaining({
        id: 'openclaw.sessions',
        found: expect.stringContaining('OPENCLAW_GATEWAY_URL is set'),
      }),
    );
    expect(checks).toContainEqual(expect.objectContaining({ id: 'gateway.connection', state: 'fail' }));
  });

  it('makes a finding of a check that breaks, and goes on with the others', async () => {
    const machine = {
      // No file system takes this path.
      env: { STATE_DIR: '/state\0dir', HEALTH_PORT: '0' },
      home: nobody,
      readFile,
    };
    const { exitCode, out } = await doctor({ machine, daemonProgram: undefined, json: true });
    const { checks } = JSON.parse(out.join('\n')) as { checks: { name: string; found: string; fix?: string }[] };
    expect(exitCode).toBe(1);
    expect(checks).toContainEqual({
      id: 'daemon.running',
      group: 'daemon',
      name: 'daemon',
      state: 'fail',
      found: expect.stringContaining('could not be checked: STATE_DIR'),
      fix: expect.any(String),
    });
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Node', 'daemon program', 'settings', 'sessions']),
    );
  });
});
