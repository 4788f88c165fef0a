import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf, readStages, textsOf, wordsOf } from './testing/dockerfile.ts';
import { until } from './testing/process-stage.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const [build = [], image = []] = readStages(fileURLToPath(new URL('../deploy/Dockerfile', import.meta.url)));
/** What the image has besides the system: everything else of it comes from the Dockerfile. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib64', '/etc', '/dev'];
const NAMESPACE = ['unshare', '--mount', '--pid', '--fork', '--kill-child'] as const;
/**
 * What a container engine does with this image, `--read-only` and `--cap-drop ALL`: a root of the system's files, the
 * program and the volumes, of which only the state is writable, and one unprivileged process with pid 1.
 */
const ENGINE = `
mount -t tmpfs none "$IMAGE"
bind() { mkdir -p "$IMAGE$2"; mount --rbind "$1" "$IMAGE$2"; mount -o remount,bind,ro "$IMAGE$2"; }
for directory in ${SYSTEM.join(' ')}; do [ ! -e $directory ] || bind $directory $directory; done
bind "$NODE_DIR" /node; bind "$APP" /app; bind "$SESSIONS" /sessions
mkdir -p "$IMAGE/state" "$IMAGE/proc"
mount -t tmpfs -o uid=1000,gid=1000,mode=0700 none "$IMAGE/state"
mount -t proc none "$IMAGE/proc"
mount -o remount,ro "$IMAGE"
exec /usr/sbin/chroot "$IMAGE" /usr/bin/setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --bounding-set -all \\
  /usr/bin/env -i PATH=/node:/usr/bin:/bin "$@"`;
const cannotContain =
  process.getuid?.() === 0 && spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0
    ? undefined
    : 'only root can do what a container engine does';

const [user = ''] = textsOf(image, 'USER')[0]?.split(':') ?? [];

let built: string;
let app: string;
let directory: string;
let simulator: Simulator;
let engine: ChildProcess | undefined;

beforeAll(() => {
  if (cannotContain) return;
  // The second step of the build stage, on this checkout and its build instead of a copy with its own.
  built = mkdtempSync(join(tmpdir(), 'live-status-image-'));
  app = join(built, 'app');
  const [, step = ''] = textsOf(build, 'RUN');
  const here = step.replaceAll('/app', app).replaceAll('/tmp/openclaw', join(built, 'openclaw'));
  execFileSync('sh', ['-ec', here], { cwd: ROOT, stdio: 'ignore', env: { ...process.env, HOME: join(built, 'home') } });
});

afterAll(() => {
  if (built) rmSync(built, { recursive: true, force: true });
});

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-container-'));
  if (!cannotContain) chownSync(directory, Number(user), Number(user));
  simulator = await createSimulator();
});

afterEach(async () => {
  if (engine?.exitCode === null && engine.signalCode === null) {
    // The signal that --kill-child arranges is lost with the change of user.
    process.kill(insideOf(engine), 'SIGKILL');
    await once(engine, 'close');
  }
  await simulator.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Container {
  readonly port: number;
  readonly exited: Promise<number | null>;
  readonly log: () => string;
  /** `docker exec` by nsenter, as the user of the image. */
  readonly exec: (...command: readonly string[]) => { readonly status: number | null; readonly output: string };
  /** `docker stop`. */
  readonly stop: () => void;
}

/** `docker run --read-only --cap-drop ALL -v <sessions>:/sessions:ro` with these variables. */
async function runImage(sessionsDir: string, env: Record<string, string> = {}): Promise<Container> {
  const port = await freePort();
  const variables = {
    ...environmentOf(image),
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    HEALTH_PORT: String(port),
    POST_DELAY_MS: '0',
    ...env,
  };
  const command = [...assignments(variables), ...wordsOf(image, 'ENTRYPOINT'), ...wordsOf(image, 'CMD')];
  const root = join(directory, 'image');
  mkdirSync(root);
  const child = spawn(NAMESPACE[0], [...NAMESPACE.slice(1), 'sh', '-ec', ENGINE, 'sh', ...command], {
    env: {
      PATH: process.env.PATH ?? '',
      IMAGE: root,
      APP: app,
      SESSIONS: sessionsDir,
      NODE_DIR: dirname(process.execPath),
      USER_ID: user,
    },
  });
  engine = child;
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const running: Container = {
    port,
    exited: once(child, 'close').then(([code]) => code),
    log: () => log,
    exec: (...words) => {
      const enter = [
        '--target',
        String(insideOf(child)),
        '--mount',
        '--pid',
        '--root',
        '--setuid',
        user,
        '--setgid',
        user,
      ];
      const { status, stdout, stderr } = spawnSync(
        'nsenter',
        [...enter, '/usr/bin/env', '-i', 'PATH=/node:/usr/bin:/bin', ...assignments(variables), ...words],
        { encoding: 'utf8' },
      );
      return { status, output: `${stdout}${stderr}` };
    },
    stop: () => process.kill(insideOf(child), 'SIGTERM'),
  };
  await until(() => log.includes('following sessions') || child.exitCode !== null);
  expect(child.exitCode, log).toBe(null);
  return running;
}

/** Writes as the gateway does: as the user of the image, who alone may read what is written. */
function asUser<T>(write: () => T): T {
  process.seteuid?.(Number(user));
  try {
    return write();
  } finally {
    process.seteuid?.(0);
  }
}

/** The process with pid 1 in the namespace, by its pid here. */
function insideOf({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

const assignments = (variables: Record<string, string>): readonly string[] =>
  Object.entries(variables).map(([name, value]) => `${name}=${value}`);

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '0.0.0.0', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe('the image', () => {
  it('shows runs of the sessions mounted at /sessions, though SESSIONS_JSON names a file that is not there', async ({
    skip,
  }) => {
    if (cannotContain) skip(cannotContain);
    const agent = asUser(() => createScriptedAgent(join(directory, 'agents')));
    const session = asUser(() => channelSession(agent, simulator.channel.id));
    const container = await runImage(agent.sessionsDir, { SESSIONS_JSON: '/openclaw/sessions.json' });
    await until(() => /\/openclaw\/sessions\.json.*does not exist/.test(container.log()));
    asUser(() => session.begin('hello').call('a', 'npm test'));
    await until(() => /^\*\*\[ACTIVE\] main/.test(simulator.posts()[0]?.message ?? ''));
    asUser(() => session.result('a').answer('All tests pass.'));
    await until(() => /^\*\*\[DONE\] main[\s\S]*`npm test` \[OK\]/.test(simulator.posts()[0]?.message ?? ''));
    expect(simulator.posts()).toHaveLength(1);
  });

  it('has one unprivileged process with pid 1 that can write its state alone, and answers its check', async ({
    skip,
  }) => {
    if (cannotContain) skip(cannotContain);
    mkdirSync(join(directory, 'sessions'));
    const container = await runImage(join(directory, 'sessions'));
    const status = container.exec('cat', '/proc/1/status').output;
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(container.exec('cat', '/proc/1/cmdline').output).toContain('/app/daemon/dist/main.js');
    for (const path of ['/app/x', '/sessions/x', '/x', '/etc/x'])
      expect(container.exec('touch', path).status, path).toBe(1);
    expect(container.exec('ls', '-l', '/state').output).toMatch(/^-rw------- .* instance-id$/m);
    expect(container.exec('node', '/app/daemon/dist/main.js', 'status').output).toMatch(
      /^running {3}pid 1,.*\nhealth {4}/,
    );

    expect(container.exec(...wordsOf(image, 'HEALTHCHECK')).status).toBe(0);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal);
    const answer = await fetch(`http://${outside?.address ?? '127.0.0.1'}:${container.port}/livez`);
    expect(answer.status).toBe(200);
  });

  it('ends on SIGTERM with its posts up to date, as pid 1', async ({ skip }) => {
    if (cannotContain) skip(cannotContain);
    const agent = asUser(() => createScriptedAgent(join(directory, 'agents')));
    const container = await runImage(agent.sessionsDir);
    asUser(() => channelSession(agent, simulator.channel.id).begin('hello').call('a', 'npm test'));
    await until(() => /\[ACTIVE\]/.test(simulator.posts()[0]?.message ?? ''));
    container.stop();
    expect(await container.exited).toBe(0);
    expect(simulator.posts().map(({ message }) => message)).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\]/)]);
  });
});
