import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator } from '@live-status/simulators/mattermost';
import { keepDaemon } from '@live-status/stage';
import { createSimulator } from '@live-status/simulators/mattermost';
import { keepDaemon } from '@live-status/stage';
import { Gateway } from '../real/gateway.ts';
import { freePort, type GatewayStage, type GatewayStageOptions } from '../real/gateway-stage.ts';
import { OpenClawFailedError } from '../real/install-openclaw.ts';
import type { LiveStage } from '../real/live-stage.ts';
import { startMockModel } from '../real/mock-model.ts';
import { openTogether } from '../real/open-together.ts';
import { baseConfig, type GatewayPeers, mattermostConfig } from './config.ts';
import { Operator } from './operator.ts';

/** A gateway of OpenClaw 2026.9, not started yet. */
export interface SecuredStage extends GatewayStage {
  /** Where the gateway listens, and its shared token. */
  readonly access: { readonly url: string; readonly token: string };
}

/** A gateway of OpenClaw 2026.9, Live Status beside it, and somebody else who watches the same gateway. */
export interface OperatedStage extends SecuredStage, LiveStage {
  readonly operator: Operator;
}

/**
 * Starts everything in a new HOME. The daemon gets no settings but that HOME: where the gateway is, its token, and that
 * there are no transcripts, it finds out by itself.
 */
export async function openOperatedStage(options: GatewayStageOptions): Promise<OperatedStage> {
  const { signal } = options;
  return openTogether(async ({ opened }) => {
    const stage = opened(await openSecuredStage(options));
    await stage.gateway.start();
    const operator = opened(await Operator.connect({ ...stage.access, signal }));
    const env = { HOME: stage.home, PID_FILE: join(stage.root, 'daemon.pid') };
    const daemon = opened(await keepDaemon({ env }, signal));
    return { ...stage, operator, daemon };
  });
}

/** Prepares everything in a new HOME. */
export async function openSecuredStage(options: GatewayStageOptions): Promise<SecuredStage> {
  const { openclaw, node, homeName = 'home', env = () => ({}), isKept, signal } = options;
  return openTogether(async ({ opened, defer }) => {
    const root = await mkdtemp(join(tmpdir(), 'live-status-e2e-'));
    defer(() => (isKept() ? undefined : rm(root, { recursive: true, force: true, maxRetries: 5 })));
    const home = join(root, homeName);
    const simulator = opened(await createSimulator());
    const model = opened(await startMockModel());
    const person = simulator.addUser({ username: 'alice' });
    simulator.join(person.id, [simulator.team.id]);
    const access = { port: await freePort(), token: 'token-of-a-test' };
    const peers = { modelUrl: model.url, mattermostUrl: simulator.url, botToken: simulator.bot.token, ...access };
    await prepareHome({ ...options, home, peers });
    const ready = (until: { readonly signal: AbortSignal }): Promise<void> =>
      simulator.until(() => simulator.listeners().length > 0, until);
    const logPath = join(root, 'gateway-output.log');
    const gateway = opened(new Gateway({ openclaw, home, node, env: env(root), logPath, ready, signal }));
    const { port, token } = access;
    const stage = { root, home, simulator, model, gateway, person };
    return { ...stage, access: { url: `ws://127.0.0.1:${port}`, token } };
  });
}

interface Preparation extends Pick<GatewayStageOptions, 'openclaw' | 'node' | 'formatConfig'> {
  readonly home: string;
  readonly peers: Omit<GatewayPeers, 'stateDir'>;
}

/** Since 2026.9 a channel plugin is trusted only when OpenClaw itself installed it from npm: that is done first. */
async function prepareHome({
  openclaw,
  node,
  home,
  peers,
  formatConfig = (config) => JSON.stringify(config, undefined, 2),
}: Preparation): Promise<void> {
  const stateDir = join(home, '.openclaw');
  const path = join(stateDir, 'openclaw.json');
  const here = { ...peers, stateDir };
  await mkdir(join(stateDir, 'workspace'), { recursive: true });
  await writeFile(path, JSON.stringify(baseConfig(here), undefined, 2), { mode: 0o600 });
  await installPlugin({ openclaw, node, home });
  // What OpenClaw noted there must stay, or it takes the file for damaged.
  const noted = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, formatConfig({ ...noted, ...mattermostConfig(here) }), { mode: 0o600 });
}

async function installPlugin({ openclaw, node, home }: Pick<Preparation, 'openclaw' | 'node' | 'home'>): Promise<void> {
  const manifest = join(openclaw.pluginDir ?? '', 'package.json');
  const { name, version } = JSON.parse(await readFile(manifest, 'utf8')) as Record<'name' | 'version', string>;
  const args = [openclaw.program, 'plugins', 'install', `${name}@${version}`];
  // npm is reached as the person who runs this reaches it.
  const env = { ...process.env, HOME: home, npm_config_userconfig: join(homedir(), '.npmrc'), NO_COLOR: '1' };
  const child = spawn(node, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new OpenClawFailedError(`OpenClaw could not install ${name}@${version}. It printed:\n${output}`);
}
