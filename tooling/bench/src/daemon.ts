import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { BUILT_DAEMON } from '@live-status/stage';

/** A simulator and a directory of its own for one measurement. */
export interface Stage {
  readonly simulator: Simulator;
  readonly root: string;
  /** `TRANSCRIPT_DIR`. */
  readonly transcriptDir: string;
}

/** Opens a stage, measures on it, and removes it. */
export async function onStage<T>(
  measure: (stage: Stage) => Promise<T>,
  options?: Parameters<typeof createSimulator>[0],
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'live-status-bench-'));
  await mkdir(join(root, 'agents'));
  const simulator = await createSimulator(options);
  try {
    return await measure({ simulator, root, transcriptDir: join(root, 'agents') });
  } finally {
    await simulator.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** How a daemon is started. */
export interface DaemonStart {
  /** Added to the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Options of Node itself. Default: none. */
  readonly nodeOptions?: readonly string[];
}

/** Starts the built daemon on a stage, lets it be measured, and kills it. */
export async function withDaemon<T>(
  { simulator, root, transcriptDir }: Stage,
  { settings = {}, nodeOptions = [] }: DaemonStart,
  measure: (daemon: ChildProcess) => Promise<T>,
): Promise<T> {
  const env = {
    ...process.env,
    HOME: root,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    TRANSCRIPT_DIR: transcriptDir,
    STATE_DIR: join(root, 'state'),
    PID_FILE: join(root, 'daemon.pid'),
    SOURCE: 'jsonl',
    HEALTH_PORT: '0',
    LOG_LEVEL: 'warn',
    ...settings,
  };
  // The fourth is a pipe for what a program reports that was loaded with `nodeOptions`.
  const stdio = ['ignore', 'inherit', 'inherit', 'pipe'] as const;
  const daemon = spawn(process.execPath, [...nodeOptions, BUILT_DAEMON, 'run'], { env, stdio: [...stdio] });
  const closed = once(daemon, 'close');
  try {
    return await measure(daemon);
  } finally {
    daemon.kill('SIGKILL');
    await closed;
  }
}

/** Lets a daemon follow a gateway. */
export function gatewaySettings({ url }: { readonly url: string }): Readonly<Record<string, string>> {
  return { SOURCE: 'gateway', OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: 'token-of-a-bench' };
}

/** Creates channels that the bot is a member of. Returns their ids. */
export function addChannels(simulator: Simulator, count: number): string[] {
  const ids = Array.from(
    { length: count },
    (_, i) => simulator.addChannel({ teamId: simulator.team.id, name: `bench-${i}` }).id,
  );
  simulator.join(simulator.bot.user.id, ids);
  return ids;
}

/** The paths of the edits that a simulator got so far. */
export function editPaths(simulator: Simulator): string[] {
  return simulator.requests().flatMap(({ method, path }) => (method === 'PUT' ? [path] : []));
}
