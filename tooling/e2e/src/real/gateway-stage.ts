import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator, type Simulator, type User } from '@live-status/simulators/mattermost';
import { Gateway } from './gateway.ts';
import { gatewayConfig } from './gateway-config.ts';
import type { OpenClaw } from './install-openclaw.ts';
import { type MockModel, startMockModel } from './mock-model.ts';
import { openTogether } from './open-together.ts';

/** A real gateway, not started yet, with a scripted model and a simulated Mattermost. */
export interface GatewayStage extends AsyncDisposable {
  /** Everything of this run is in it, and goes with it. */
  readonly root: string;
  /** HOME of the gateway. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly model: MockModel;
  readonly gateway: Gateway;
  /** Who talks to the agent. */
  readonly person: User;
}

/** How to open a stage. */
export interface GatewayStageOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs the gateway. */
  readonly node: string;
  /** Name of the HOME. Default `home`. */
  readonly homeName?: string;
  /** What the gateway gets besides its own environment, by the root of the stage. Default: nothing. */
  readonly env?: (root: string) => Readonly<Record<string, string>>;
  /** Writes `openclaw.json`. Default: plain JSON. */
  readonly formatConfig?: (config: object) => string;
  /** Asked at the end whether the files are to stay for a look. */
  readonly isKept: () => boolean;
  readonly signal: AbortSignal;
}

/** Prepares everything in a new HOME. */
export async function openGatewayStage(options: GatewayStageOptions): Promise<GatewayStage> {
  const { openclaw, node, homeName = 'home', env = () => ({}), isKept, signal } = options;
  return openTogether(async ({ opened, defer }) => {
    const root = await mkdtemp(join(tmpdir(), 'live-status-e2e-'));
    defer(() => (isKept() ? undefined : rm(root, { recursive: true, force: true, maxRetries: 5 })));
    const home = join(root, homeName);
    const simulator = opened(await createSimulator());
    const model = opened(await startMockModel());
    const person = simulator.addUser({ username: 'alice' });
    simulator.join(person.id, [simulator.team.id]);
    await configure(options, { home, simulator, model });
    const ready = (until: { readonly signal: AbortSignal }): Promise<void> =>
      simulator.until(() => simulator.listeners().length > 0, until);
    const logPath = join(root, 'gateway-output.log');
    const gateway = opened(new Gateway({ openclaw, home, node, env: env(root), logPath, ready, signal }));
    await gateway.linkPlugin();
    return { root, home, simulator, model, gateway, person };
  });
}

async function configure(
  { openclaw, formatConfig = (config) => JSON.stringify(config, undefined, 2) }: GatewayStageOptions,
  { home, simulator, model }: Pick<GatewayStage, 'home' | 'simulator' | 'model'>,
): Promise<void> {
  const stateDir = join(home, '.openclaw');
  await mkdir(join(stateDir, 'workspace'), { recursive: true });
  const config = gatewayConfig(openclaw, {
    modelUrl: model.url,
    mattermostUrl: simulator.url,
    botToken: simulator.bot.token,
    port: await freePort(),
    stateDir,
  });
  await writeFile(join(stateDir, 'openclaw.json'), formatConfig(config), { mode: 0o600 });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
