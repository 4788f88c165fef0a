import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callProblem, outputOf, readCalls, STAND_INS, scriptOf } from './doc-commands.ts';
import { repositoryRoot as root } from './repository.ts';

const CHECKLIST = 'docs/v1-removal-checklist.md';
const DOCUMENTS = ['README.md', CHECKLIST, 'docs/upgrade.md'];
/** Takes the place of v1's. */
const NEW_SKILL = 'apps/gateway-hook/skill/SKILL.md';
const TIMEOUT_MS = 240_000;

/** Somebody follows the documents in one terminal, on a machine with an OpenClaw whose agents were told to call v1. */
describe('the commands of the documents', { timeout: TIMEOUT_MS }, () => {
  let home: string;
  let simulator: Simulator;
  let ended: { readonly code: number | null; readonly stdout: string; readonly stderr: string };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'live-status documents-'));
    simulator = await createSimulator();
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: 'builds' });
    simulator.join(simulator.bot.user.id, [id]);
    const mattermost = { botToken: simulator.bot.token, baseUrl: simulator.url, streaming: { mode: 'off' } };
    write('.openclaw/openclaw.json', JSON.stringify({ channels: { mattermost } }));
    write('.openclaw/agents/main/sessions/a.jsonl', '{"text":"live-status create \\"hello\\""}\n');
    write('.openclaw/workspace/AGENTS.md', AGENTS);
    write('.openclaw/workspace/build.sh', 'live-status update "$POST" "half"\n');
    write('.openclaw/workspace/agents/live-status/test.sh', 'live-status complete "$POST"\n');
    write('.openclaw/skills/live-status/SKILL.md', '# Status\nRun `live-status create`.\n');
    write('.openclaw/workspace/skills/live-status/SKILL.md', readFileSync(join(root, NEW_SKILL), 'utf8'));
    for (const own of ['.openclaw/live-status', '.openclaw/workspace/node_modules/v1']) {
      write(`${own}/README.md`, '# Own\nlive-status create\n');
      write(`${own}/own.json`, '"live-status create"\n');
    }
    ended = await follow(scriptOf(DOCUMENTS, { root }));
  }, TIMEOUT_MS);

  afterAll(async () => {
    const daemon = join(root, 'apps/daemon/dist/main.js');
    await once(spawn(process.execPath, [daemon, 'stop'], { env: await environment(), stdio: 'ignore' }), 'close');
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  });

  const AGENTS = [
    '# Agent',
    '## Status',
    'Run `live-status create` first, then:',
    '```sh',
    '# every step',
    'live-status update',
    '```',
    '## Work',
    'Work.',
  ].join('\n');

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }

  /** That of whoever runs this, without settings of theirs. */
  async function environment(): Promise<NodeJS.ProcessEnv> {
    const foreign = /^(MM_|MATTERMOST_|OPENCLAW_|LIVE_STATUS_|XDG_|STATE_DIR|TRANSCRIPT_DIR|DEFAULT_CHANNEL)/;
    const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    const own = { HOME: home, MM_TOKEN: '', PID_FILE: join(home, 'daemon.pid'), HEALTH_PORT: String(await freePort()) };
    return { ...Object.fromEntries(kept), ...own };
  }

  async function follow(script: string): Promise<typeof ended> {
    const env = { ...(await environment()), DOC_CALLS: join(home, 'calls') };
    const child = spawn('bash', ['-c', script], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...text };
  }

  it('run to the end', () => {
    expect(ended.code, `${ended.stdout.slice(-3_000)}\n${ended.stderr.slice(-3_000)}`).toBe(0);
  });

  it('install the programs, run a daemon with them, and say how it is', () => {
    expect(ended.stdout).toMatch(/started with pid \d+/);
    expect(ended.stdout).toMatch(/running with pid|pid \d+/);
    expect(ended.stdout).toMatch(/✓ Daemon +runs with pid \d+/);
    expect(ended.stdout).toMatch(/stopped pid \d+/);
    expect(ended.stdout + ended.stderr).not.toContain(simulator.bot.token);
  });

  it('make and edit a post with the commands of v1', () => {
    expect(simulator.posts().map(({ message }) => message)).toEqual(['Built']);
    expect(ended.stderr.match(/^live-status \w+ is deprecated/gm)).toHaveLength(3);
  });

  it('name what still calls v1, and nothing else', () => {
    const openclaw = join(home, '.openclaw');
    expect(linesOf(1)).toEqual([
      `${openclaw}/skills/live-status/SKILL.md:1: # Status`,
      `${openclaw}/workspace/AGENTS.md:2: ## Status`,
    ]);
    expect(linesOf(2)).toEqual([
      `${openclaw}/workspace/agents/live-status/test.sh:1:live-status complete "$POST"`,
      `${openclaw}/workspace/build.sh:1:live-status update "$POST" "half"`,
    ]);
    expect(linesOf(3)).toEqual([`${openclaw}/agents/main/sessions/a.jsonl`]);
  });

  /** What a block of the checklist printed, sorted: grep goes through folders in any order. */
  const linesOf = (block: number): readonly string[] =>
    outputOf(ended.stdout, CHECKLIST, block).trimEnd().split('\n').sort();

  it('copy the unit of the user, and leave neither programs nor hook behind in the end', () => {
    expect(existsSync(join(home, '.config/systemd/user/live-status.service'))).toBe(true);
    expect(existsSync(join(home, '.openclaw/live-status/app'))).toBe(false);
    expect(existsSync(join(home, '.openclaw/hooks/live-status'))).toBe(false);
  });

  it(`that are not run (${STAND_INS.join(', ')}) name files, scripts, mounts and commands that exist`, () => {
    const calls = readCalls(readFileSync(join(home, 'calls'), 'utf8'));
    expect(calls.length).toBeGreaterThan(10);
    const problems = calls.map((call) => [call.join(' '), callProblem(call, root)]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });
});

describe('callProblem', () => {
  it.for([
    [['npm', 'run', 'nothing'], 'there is no script nothing'],
    [['sudo', 'cp', 'gone.service', '/etc'], 'there is no file gone.service'],
    [['docker', 'build', '-f', 'gone', '.'], 'there is no file gone'],
    [['docker', 'run', '-e', 'MM_ULR=x', '-v', 'a:/sesions', 'x'], 'the image knows nothing of /sesions, MM_ULR'],
    [['sudo', 'systemctl', 'enable', 'other'], 'it names another unit'],
    [['sudo', 'rm', '/etc/passwd'], 'it removes something else'],
    [['openclaw', 'hooks', 'enalbe', 'live-status'], 'OpenClaw has no such command'],
    [['npm', 'test'], undefined],
  ] as const)('judges %s', ([call, problem]) => {
    expect(callProblem(call, root)).toBe(problem);
  });
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
