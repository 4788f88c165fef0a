import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** What agents of version 1 do: a post of theirs from create over updates to complete, ended at the first failure. */
const SCRIPT = `#!/bin/sh
POST=$(live-status create --channel main/builds "Building") || exit $?
echo "$POST"
if [ -n "$LOSE_POST" ]; then live-status delete "$POST" || exit $?; fi
for STEP in 1 2 3 4 5; do
  live-status update "$POST" "Building: step $STEP of 5" || exit $?
done
printf 'Built\\n3 tests passed\\n' | live-status complete "$POST" - || exit $?
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  /** Lines. */
  readonly stderr: readonly string[];
}

describe('a shell script of version 1', () => {
  let home: string;
  let simulator: Simulator;
  let builds: string;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'live-status-script-'));
    simulator = await createSimulator();
    builds = simulator.addChannel({ teamId: simulator.team.id, name: 'builds' }).id;
    simulator.join(simulator.bot.user.id, [builds]);
    const program = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin', 'live-status'), program);
    writeFileSync(join(home, 'agent.sh'), SCRIPT);
    for (const file of ['bin/live-status', 'agent.sh']) chmodSync(join(home, file), 0o755);
  });
  afterEach(async () => {
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  });

  function runScript(more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const env = {
      HOME: home,
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      MM_URL: simulator.url,
      MM_TOKEN: simulator.bot.token,
      ...more,
    };
    return new Promise((resolve) => {
      execFile(join(home, 'agent.sh'), { env }, (error, stdout, stderr) => {
        const lines = stderr.split('\n').filter((line) => line !== '');
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr: lines });
      });
    });
  }

  const notice = (command: string): string =>
    `live-status ${command} is deprecated: Live Status follows agents by itself, so this call can be removed (LIVE_STATUS_NO_DEPRECATION=1 silences this)`;

  it('leads its post from create over five updates to complete, and is told once per call that it need not', async () => {
    const { code, stdout, stderr } = await runScript();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[a-z0-9]{26}\n$/);
    expect(stderr).toEqual([
      notice('create'),
      ...Array.from({ length: 5 }, () => notice('update')),
      notice('complete'),
    ]);
    const steps = [1, 2, 3, 4, 5].map((step) => `Building: step ${step} of 5`);
    const shown = simulator.edits(stdout.trim()).map(({ post }) => post.message);
    expect(shown).toEqual(['Building', ...steps, 'Built\n3 tests passed']);
  });

  it('hears nothing on standard error when it wants none', async () => {
    expect(await runScript({ LIVE_STATUS_NO_DEPRECATION: '1' })).toMatchObject({ code: 0, stderr: [] });
  });

  it('ends at a server that is down, with its address', async () => {
    const { url } = simulator;
    await simulator.close();
    expect(await runScript()).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        notice('create'),
        `Mattermost at ${url} is unreachable or failing (ECONNREFUSED): check MM_URL, the network and the server`,
      ],
    });
  });

  it('ends at a token that is wrong, which it does not show', async () => {
    expect(await runScript({ MM_TOKEN: 'wrong-token-4711' })).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        notice('create'),
        `Mattermost at ${simulator.url} does not accept the token: set MM_TOKEN to a valid bot token`,
      ],
    });
  });

  it('ends at a post that was deleted meanwhile, with its id', async () => {
    const { code, stdout, stderr } = await runScript({ LOSE_POST: 'yes' });
    const id = stdout.trim();
    expect([code, stderr]).toEqual([
      1,
      [
        notice('create'),
        notice('delete'),
        notice('update'),
        `There is no post ${id} at ${simulator.url}: it was deleted, or the id is wrong; create a new one`,
      ],
    ]);
    expect(simulator.posts()).toEqual([]);
  });

  it('ends at a configuration or a channel that is not there', async () => {
    const nowhere = await runScript({ MM_URL: '', MM_TOKEN: '' });
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr.slice(1)).toEqual([
      expect.stringMatching(/^MM_TOKEN is not set: set it, or channels\.mattermost\.botToken in /),
      expect.stringMatching(/^MM_URL is not set: set it, or channels\.mattermost\.baseUrl in /),
    ]);
    simulator.archiveChannel(builds);
    expect(await runScript()).toMatchObject({
      code: 1,
      stderr: [notice('create'), expect.stringContaining('There is no channel main/builds')],
    });
  });
});
