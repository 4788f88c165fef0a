import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Simulator } from '@live-status/simulators/mattermost';
import { keepDaemon, reasonsOf, watchHealth } from '@live-status/stage';
import { Conversation } from './conversation.ts';
import { playSituation } from './judge-situation.ts';
import { findNodeFor, installOpenClaw } from './openclaw.ts';
import { scene } from './plays.ts';
import { type ConfigPatch, type Place, patched, type SetUp, type SetUpPeers, setUpsOf } from './set-ups.ts';
import { TOUR } from './situations.ts';
import { openStage, type RealStage } from './stage.ts';
import type { WatchOptions } from './watch.ts';

/** Each ready part of this takes seconds on an idle machine. */
const READY_TIMEOUT_MS = 90_000;
const CHANNEL: Place = { account: 'default', isDirect: false };

/**
 * Plays a turn with tools beside each way to configure OpenClaw, with a gateway and a new Live Status for each, and
 * prints what was wrong. Resolves with whether everything was right.
 */
export async function watchSetUps(version: string, { only, keep = false, signal }: WatchOptions): Promise<boolean> {
  const todo = setUpsOf(version).filter(({ name }) => only.split('|').some((one) => nameOf(name).includes(one)));
  if (todo.length === 0) return true;
  const openclaw = await installOpenClaw(version);
  const node = await findNodeFor(openclaw, signal);
  let isKept = keep;
  let isFine = true;
  const stage = await openStage({ openclaw, node, isKept: () => isKept, signal });
  console.log(`OpenClaw ${version} as people configure it`);
  try {
    const stateDir = join(stage.home, '.openclaw');
    const original = await readConfig(stateDir);
    const ops = stage.simulator.addBot({ username: 'ops', memberOf: [stage.simulator.team.id] });
    const peers = { simulator: stage.simulator, person: stage.person, ops, stateDir };
    for (const setUp of todo) {
      const problems = await play(setUp, stage, { peers, original, signal }).catch((error: unknown) => [
        error instanceof Error ? error.message : String(error),
      ]);
      console.log(`  ${problems.length === 0 ? 'ok' : '!!'}  ${nameOf(setUp.name)}`);
      for (const problem of problems) console.log(problem.replace(/^/gm, '    !! '));
      isFine &&= problems.length === 0;
      isKept ||= problems.length > 0 && !signal.aborted;
      if (signal.aborted) break;
    }
    if (isKept) console.log(`The files of this run: ${stage.root}`);
    return isFine;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

interface PlayOptions {
  readonly peers: SetUpPeers;
  /** `openclaw.json` without any set-up. */
  readonly original: ConfigPatch;
  readonly signal: AbortSignal;
}

/** Everything that was not as it must be. */
async function play(setUp: SetUp, stage: RealStage, { peers, original, signal }: PlayOptions): Promise<string[]> {
  const { name, config, env = {}, prepare, places = [CHANNEL] } = setUp;
  const { stateDir } = peers;
  await writeConfig(stateDir, patched(original, config(peers)));
  await prepare?.(peers);
  const problems: string[] = [];
  try {
    await stage.gateway.start(env);
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
    const accounts = new Set(places.map(({ account }) => account)).size;
    await stage.simulator.until(() => stage.simulator.listeners().length >= accounts, { signal: timeout });
    const daemonEnv = { HOME: stage.home, PID_FILE: join(stage.root, 'daemon.pid'), ...env };
    const daemon = await keepDaemon({ env: daemonEnv }, timeout);
    const health = watchHealth(() => daemon.current.healthUrl, signal);
    try {
      for (const [index, place] of places.entries()) {
        const talk = conversation(stage, place, { name: `${name}-${index}`, peers, signal });
        const turn = { name, play: scene('tools', 'The tour is over.'), posts: [TOUR] };
        const played = await playSituation(turn, talk);
        const where = `${place.isDirect ? 'direct message' : 'channel'} of ${place.account}`;
        problems.push(...played.problems.map((problem) => `${where}: ${problem}`));
      }
      const { latest } = health;
      if (latest?.status !== 'ok') problems.push(`health: ${latest?.status}: ${reasonsOf(latest).join('; ')}`);
    } finally {
      await health.close();
      await writeFile(join(stage.root, `daemon-${fileName(name)}.log`), daemon.output());
      await daemon.close();
    }
  } finally {
    await stage.gateway.stop('SIGTERM');
    await stopped(stage.simulator, signal);
    await Promise.all(
      ['live-status', '.env'].map((path) => rm(join(stateDir, path), { recursive: true, force: true })),
    );
    await writeConfig(stateDir, original);
  }
  return problems;
}

function conversation(
  stage: RealStage,
  { account, isDirect }: Place,
  { name, peers, signal }: { readonly name: string; readonly peers: SetUpPeers; readonly signal: AbortSignal },
): Conversation<RealStage> {
  const { simulator, person } = stage;
  const bot = account === 'ops' ? peers.ops : simulator.bot;
  const channelId = isDirect ? simulator.addDirectChannel([person.id, bot.user.id]).id : undefined;
  return new Conversation(stage, { name: fileName(name), channelId, bot, signal });
}

/** The next gateway is ready when somebody listens, so nobody may. */
async function stopped(simulator: Simulator, signal: AbortSignal): Promise<void> {
  await simulator.until(() => simulator.listeners().length === 0, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  });
}

/** What `--only` is compared with. */
function nameOf(setUp: string): string {
  return `set-up: ${setUp}`;
}

function fileName(setUp: string): string {
  return setUp.replace(/\W+/g, '-');
}

async function readConfig(stateDir: string): Promise<ConfigPatch> {
  return JSON.parse(await readFile(join(stateDir, 'openclaw.json'), 'utf8')) as ConfigPatch;
}

async function writeConfig(stateDir: string, config: ConfigPatch): Promise<void> {
  await writeFile(join(stateDir, 'openclaw.json'), JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
