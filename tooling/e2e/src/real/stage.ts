import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Bot, createSimulator, type Simulator, type User } from '@live-status/simulators/mattermost';
import { type DaemonKeeper, freePort, keepDaemon } from '@live-status/stage';
import { Gateway } from './gateway.ts';
import { type MockModel, startMockModel } from './mock-model.ts';
import { openTogether } from './open-together.ts';
import { isGatewayVersion, type OpenClaw } from './openclaw.ts';
import { type AgentName, baseConfig, type GatewayPeers, pluginConfig } from './openclaw-config.ts';
import { Operator } from './operator.ts';

/** A real gateway, not started yet, with a scripted model and a simulated Mattermost. */
export interface RealStage extends AsyncDisposable {
  /** Everything of this run is in it, and goes with it. */
  readonly root: string;
  /** HOME of the gateway. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly model: MockModel;
  readonly gateway: Gateway;
  /** Who talks to the agent. */
  readonly person: User;
  /** Where the gateway listens, and its shared token. */
  readonly access: { readonly url: string; readonly token: string };
  /** Ids of the channels that another agent answers in, by name. */
  readonly channels: ReadonlyMap<string, string>;
}

/** A running gateway with Live Status beside it. */
export interface WatchedStage extends RealStage {
  readonly daemon: DaemonKeeper;
  /** Somebody else who watches the gateway: from 2026.8 on. */
  readonly operator: Operator | undefined;
}

/** How to open a stage. */
export interface StageOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs the gateway. */
  readonly node: string;
  /** Names of channels in which another agent answers. Default: none. */
  readonly agentsIn?: ReadonlyMap<string, AgentName>;
  /** Name of the HOME. Default `home`. */
  readonly homeName?: string;
  /** What the gateway gets besides its own environment, by the root of the stage. Default: nothing. */
  readonly env?: (root: string) => Readonly<Record<string, string>>;
  /** Writes `openclaw.json`. Default: plain JSON. */
  readonly formatConfig?: (config: object) => string;
  /** Asked at the end whether to keep the files for inspection. */
  readonly isKept: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Starts everything in a new HOME. The daemon gets no settings but that HOME: what it needs it reads from OpenClaw's own
 * configuration there.
 */
export async function openWatchedStage(options: StageOptions): Promise<WatchedStage> {
  const { openclaw, signal } = options;
  return openTogether(async ({ opened }) => {
    const stage = opened(await openStage(options));
    await stage.gateway.start();
    const isOperated = isGatewayVersion(openclaw.version);
    const operator = isOperated ? opened(await Operator.connect({ ...stage.access, signal })) : undefined;
    const env = { HOME: stage.home, PID_FILE: join(stage.root, 'daemon.pid') };
    return { ...stage, operator, daemon: opened(await keepDaemon({ env }, signal)) };
  });
}

/** Prepares everything in a new HOME. */
export async function openStage(options: StageOptions): Promise<RealStage> {
  const { openclaw, node, agentsIn = new Map(), homeName = 'home', env = () => ({}), isKept, signal } = options;
  return openTogether(async ({ opened, defer }) => {
    const root = await mkdtemp(join(tmpdir(), 'live-status-e2e-'));
    defer(() => (isKept() ? undefined : rm(root, { recursive: true, force: true, maxRetries: 5 })));
    const home = join(root, homeName);
    const simulator = opened(await createSimulator());
    const model = opened(await startMockModel());
    const person = simulator.addUser({ username: 'alice' });
    simulator.join(person.id, [simulator.team.id]);
    const channels = new Map([...agentsIn.keys()].map((name) => [name, openChannel({ simulator, person }, name)]));
    const ready = (until: { readonly signal: AbortSignal }): Promise<void> =>
      simulator.until(() => simulator.listeners().length > 0, until);
    const logPath = join(root, 'gateway-output.log');
    const gateway = opened(new Gateway({ openclaw, home, node, env: env(root), logPath, ready, signal }));
    const access = { port: await freePort(), token: 'token-of-a-test' };
    const stateDir = join(home, '.openclaw');
    const peers = { modelUrl: model.url, mattermostUrl: simulator.url, botToken: simulator.bot.token, stateDir };
    const ids = new Map([...agentsIn].map(([name, agent]) => [channels.get(name) ?? '', agent]));
    await prepareHome(options, gateway, { ...peers, ...access, agentsIn: ids });
    const { port, token } = access;
    const url = `ws://127.0.0.1:${port}`;
    return { root, home, simulator, model, gateway, person, access: { url, token }, channels };
  });
}

/** A new channel with the person and a bot in it. Default: the simulator's own bot. */
export function openChannel(
  { simulator, person }: Pick<RealStage, 'simulator' | 'person'>,
  name: string,
  bot: Bot = simulator.bot,
): string {
  const { id } = simulator.addChannel({ teamId: simulator.team.id, name });
  for (const userId of [person.id, bot.user.id]) simulator.join(userId, [id]);
  return id;
}

/** Writes `openclaw.json` and makes the Mattermost plugin known to OpenClaw; configuring its path is not enough. */
async function prepareHome(options: StageOptions, gateway: Gateway, peers: GatewayPeers): Promise<void> {
  const { openclaw, formatConfig = (config: object) => JSON.stringify(config, undefined, 2) } = options;
  const path = join(peers.stateDir, 'openclaw.json');
  const write = (config: object): Promise<void> => writeFile(path, formatConfig(config), { mode: 0o600 });
  const base = baseConfig(openclaw, peers);
  await mkdir(join(peers.stateDir, 'workspace'), { recursive: true });
  if (openclaw.pluginDir === undefined) return write({ ...base, ...pluginConfig(openclaw, peers) });
  if (openclaw.plugin === 'linked') {
    await write({ ...base, ...pluginConfig(openclaw, peers) });
    return gateway.command(['plugins', 'install', '--link', openclaw.pluginDir]);
  }
  // OpenClaw searches the internet for a configured plugin that is missing, so it is configured after its installation.
  await writeFile(path, JSON.stringify(base, undefined, 2), { mode: 0o600 });
  const manifest = await readFile(join(openclaw.pluginDir, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(manifest) as Record<'name' | 'version', string>;
  // npm is reached as the person who runs this reaches it.
  const HOME = dirname(peers.stateDir);
  const env = { ...process.env, HOME, npm_config_userconfig: join(homedir(), '.npmrc'), NO_COLOR: '1' };
  await gateway.command(['plugins', 'install', `${name}@${version}`], env);
  // What OpenClaw noted there must stay, or it takes the file for damaged.
  const noted = JSON.parse(await readFile(path, 'utf8')) as object;
  await write({ ...noted, ...pluginConfig(openclaw, peers) });
}
