import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator, type Simulator, type User } from '@live-status/mattermost-sim';
import { LifecycleScope } from '@live-status/resilience';
import { type DaemonKeeper, keepDaemon } from '@live-status/show';
import { Gateway } from './gateway.ts';
import { gatewayConfig } from './gateway-config.ts';
import type { OpenClaw } from './install-openclaw.ts';
import { type MockModel, startMockModel } from './mock-model.ts';

/** A real gateway with a scripted model and a simulated Mattermost, and Live Status beside it. */
export interface LiveStage extends AsyncDisposable {
  /** HOME of the gateway and of the daemon. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly model: MockModel;
  readonly gateway: Gateway;
  readonly daemon: DaemonKeeper;
  /** Who talks to the agent. */
  readonly person: User;
}

/** More than gateway and daemon give themselves. */
const CLOSE_TIMEOUT_MS = 40_000;

/** How to open a stage. */
export interface LiveStageOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs the gateway. */
  readonly node: string;
  /** Asked at the end whether the HOME is to stay for a look. */
  readonly keepHome: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Starts everything in a new HOME. The daemon gets no settings but that HOME: what it needs it reads from OpenClaw's own
 * configuration there.
 */
export async function openLiveStage({ openclaw, node, keepHome, signal }: LiveStageOptions): Promise<LiveStage> {
  const scope = new LifecycleScope({ deadlineMs: CLOSE_TIMEOUT_MS });
  const opened = <T extends AsyncDisposable>(resource: T): T => {
    scope.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  };
  try {
    const home = await mkdtemp(join(tmpdir(), 'live-status-e2e-'));
    scope.defer(() => (keepHome() ? undefined : rm(home, { recursive: true, force: true, maxRetries: 5 })));
    const simulator = opened(await createSimulator());
    const model = opened(await startMockModel());
    const person = simulator.addUser({ username: 'alice' });
    simulator.join(person.id, [simulator.team.id]);
    await configure(openclaw, { home, simulator, model });
    const ready = (options: { readonly signal: AbortSignal }): Promise<void> =>
      simulator.until(() => simulator.listeners().length > 0, options);
    const gateway = opened(new Gateway({ openclaw, home, node, ready, signal }));
    await gateway.linkPlugin();
    await gateway.start();
    const env = { HOME: home, PID_FILE: join(home, 'daemon.pid') };
    const daemon = opened(await keepDaemon({ env }, signal));
    const close = (): Promise<void> => scope[Symbol.asyncDispose]();
    return { home, simulator, model, gateway, daemon, person, [Symbol.asyncDispose]: close };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function configure(
  openclaw: OpenClaw,
  { home, simulator, model }: Pick<LiveStage, 'home' | 'simulator' | 'model'>,
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
  await writeFile(join(stateDir, 'openclaw.json'), JSON.stringify(config, undefined, 2), { mode: 0o600 });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
