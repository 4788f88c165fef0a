import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { delay } from '@live-status/resilience';
import { Conversation } from './conversation.ts';
import { compareSnapshots, isOpenClawsOwn, type Snapshot, takeSnapshot } from './home-snapshot.ts';
import { playSituation } from './judge-situation.ts';
import type { OpenClaw } from './openclaw.ts';
import { type Ended, OperatorShell } from './operator-shell.ts';
import { scene } from './plays.ts';
import type { ExpectedPost } from './situations.ts';
import { openStage, type RealStage } from './stage.ts';

/** A part of the way of an operator. */
export interface PlayedStep {
  readonly name: string;
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** How an installation is played. */
export interface InstallationOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs the gateway. */
  readonly node: string;
  /** Starts `openclaw.json` with a comment, which OpenClaw's own command would lose. */
  readonly hasComments: boolean;
  /** Keeps the files for a look; those of a way with problems stay anyway. */
  readonly isKept: boolean;
  readonly onStep: (step: PlayedStep) => void;
  readonly signal: AbortSignal;
}

/** Its hooks learn of a start, not of a stop. */
const WITHOUT_SHUTDOWN_EVENT = '2026.3.28';

/**
 * Plays the way of an operator from a gateway without Live Status to one that had it. Ends at the first problem.
 * Resolves with where the files are, if they stay.
 */
export async function playInstallation(options: InstallationOptions): Promise<string | undefined> {
  const { openclaw, node, hasComments, onStep, signal } = options;
  let { isKept } = options;
  const tellsStop = openclaw.version !== WITHOUT_SHUTDOWN_EVENT;
  const env = (root: string): Record<string, string> => ({ HEALTH_PORT: '0', PID_FILE: join(root, 'daemon.pid') });
  const formatConfig = (config: object): string =>
    `${hasComments ? '// my gateway\n' : ''}${JSON.stringify(config, undefined, 2)}\n`;
  const place = { homeName: "operator's home", env, formatConfig, isKept: () => isKept };
  const stage = await openStage({ openclaw, node, signal, ...place });
  const shell = await OperatorShell.open(stage, { openclaw, node, env: env(stage.root), signal });
  try {
    for (const { name, walk } of new OperatorsWay(stage, shell, { tellsStop, signal }).steps()) {
      const problems = await walk().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
      onStep({ name, problems });
      isKept ||= problems.length > 0 && !signal.aborted;
      if (problems.length > 0) break;
    }
    return isKept ? stage.root : undefined;
  } finally {
    await shell.stopDaemon();
    await stage[Symbol.asyncDispose]();
  }
}

/** One step: does something as an operator would, and resolves with all that is not as it must be. */
interface Step {
  readonly name: string;
  readonly walk: () => Promise<readonly string[]>;
}

/** How the way is walked. */
interface WayOptions {
  /** Whether OpenClaw has the event `gateway:shutdown`. */
  readonly tellsStop: boolean;
  readonly signal: AbortSignal;
}

const SHOWN: ExpectedPost = {
  state: 'DONE',
  shows: [
    'I begin with the easy part',
    'echo easy [OK]',
    'Reading AGENTS.md',
    'Sub-agent: helper-one',
    'echo from-the-child [OK]',
    '[DONE]',
    'The helper came back',
  ],
};
const HOOK = fileURLToPath(new URL('../../../../apps/gateway-hook', import.meta.url));
const LOG_PATIENCE_MS = 60_000;
const POLL_MS = 100;
const BACKUP = '+ .openclaw/openclaw.json.live-status-backup';
/** What `--uninstall` without `--purge` says that it leaves. */
const STATE = ['', '/daemon.err', '/daemon.log', '/gateway-device.json', '/instance-id', '/ledger.json'].map(
  (file) => `+ .openclaw/live-status${file}`,
);

/** The way of an operator from a gateway without Live Status to one that had it. */
class OperatorsWay {
  readonly #stage: RealStage;
  readonly #shell: OperatorShell;
  readonly #tellsStop: boolean;
  readonly #signal: AbortSignal;
  #turns = 0;
  #homeBefore: Snapshot = new Map();
  #configBefore = '';
  #pid: number | undefined;

  constructor(stage: RealStage, shell: OperatorShell, { tellsStop, signal }: WayOptions) {
    this.#stage = stage;
    this.#tellsStop = tellsStop;
    this.#shell = shell;
    this.#signal = signal;
  }

  /** In order; what one finds, later ones compare with. */
  steps(): readonly Step[] {
    return [
      { name: 'the gateway runs without Live Status', walk: () => this.#runWithout() },
      { name: 'bash install.sh', walk: () => this.#install() },
      { name: 'the gateway starts and brings the daemon up', walk: () => this.#start(/started with pid (\d+);/) },
      { name: 'a turn with tools and a sub-agent', walk: () => this.#turn([SHOWN]) },
      { name: 'the gateway stops, the daemon goes on', walk: () => this.#stop() },
      { name: 'the gateway starts again and finds it', walk: () => this.#start(/already running with pid (\d+)/) },
      { name: 'a second turn', walk: () => this.#turn([SHOWN]) },
      { name: 'bash install.sh --uninstall', walk: () => this.#uninstall() },
      { name: 'the HOME is as before, but for backup and state', walk: () => this.#compareHome() },
      { name: 'bash install.sh --uninstall --purge: but for the backup', walk: () => this.#purge() },
      { name: 'openclaw plugins install takes the packed hook', walk: () => this.#installPack() },
      { name: 'the gateway runs it', walk: () => this.#runPack() },
    ];
  }

  /** What OpenClaw makes of a new HOME is not held against Live Status. */
  async #runWithout(): Promise<readonly string[]> {
    const { gateway, home } = this.#stage;
    await gateway.start();
    const problems = await this.#turn([]);
    await gateway.stop('SIGTERM');
    this.#homeBefore = takeSnapshot(home);
    this.#configBefore = this.#readConfig();
    return problems;
  }

  async #install(): Promise<readonly string[]> {
    return [...this.#judge(await this.#shell.install()), ...(await this.#judgeHook())];
  }

  async #start(said: RegExp): Promise<readonly string[]> {
    const { gateway } = this.#stage;
    await gateway.start();
    const [line, pid] = await this.#logs(new RegExp(`\\[live-status\\] ${said.source}`));
    const expected = this.#pid ?? Number(pid);
    this.#pid = Number(pid);
    return [...(this.#pid === expected ? [] : [`${line} instead of pid ${expected}`]), ...(await this.#judgeDaemon())];
  }

  /** The daemon goes on, to show how work ends that the stop cut. */
  async #stop(): Promise<readonly string[]> {
    await this.#stage.gateway.stop('SIGTERM');
    if (this.#tellsStop) await this.#logs(/\[live-status\] the daemon goes on/);
    return this.#judgeDaemon();
  }

  async #uninstall(): Promise<readonly string[]> {
    const problems = this.#judge(await this.#shell.install('--uninstall'));
    const isRestored = this.#readConfig() === this.#configBefore;
    return [...problems, ...(isRestored ? [] : ['openclaw.json is not as before, byte for byte'])];
  }

  async #compareHome(): Promise<readonly string[]> {
    await this.#stage.gateway.stop('SIGTERM');
    return this.#judgeHome([BACKUP, ...STATE]);
  }

  async #purge(): Promise<readonly string[]> {
    return [...this.#judge(await this.#shell.install('--uninstall', '--purge')), ...this.#judgeHome([BACKUP])];
  }

  /** The other way to install the hook, as a package from npm comes. */
  async #installPack(): Promise<readonly string[]> {
    const packed = await this.#shell.run('npm', ['pack', HOOK, '--silent', '--pack-destination', this.#stage.root]);
    const pack = join(this.#stage.root, packed.output);
    const install = ['plugins', 'install', pack];
    const asked = await this.#shell.run('openclaw', install);
    // Since 2026.9 OpenClaw wants to be told that the archive was looked at.
    const isWarned = asked.exitCode !== 0 && asked.output.includes('rerun with --force');
    const installed = isWarned ? await this.#shell.run('openclaw', [...install, '--force']) : asked;
    return [...this.#judge(packed), ...this.#judge(installed), ...(await this.#judgeHook())];
  }

  /** There is no daemon for it by now, and it says so. */
  async #runPack(): Promise<readonly string[]> {
    await this.#stage.gateway.start();
    await this.#logs(/\[live-status\] not started: there is no .*; run install\.sh of Live Status again/);
    await this.#stage.gateway.stop('SIGTERM');
    return [];
  }

  async #turn(posts: readonly ExpectedPost[]): Promise<readonly string[]> {
    this.#turns += 1;
    const play = scene('delegating', 'The helper came back.', 'announce');
    const talk = new Conversation(this.#stage, `turn-${this.#turns}`, this.#signal);
    return (await playSituation({ name: 'delegating', play, posts }, talk)).problems;
  }

  async #logs(text: RegExp): Promise<RegExpExecArray> {
    const calledAt = Date.now();
    for (;;) {
      const found = text.exec(this.#stage.gateway.output());
      if (found) return found;
      if (Date.now() - calledAt > LOG_PATIENCE_MS) throw new Error(`The gateway did not log ${text}.`);
      await delay(POLL_MS, { signal: this.#signal });
    }
  }

  #judge({ exitCode, output }: Ended): readonly string[] {
    const isSecret = output.includes(this.#stage.simulator.bot.token);
    return [
      ...(exitCode === 0 ? [] : [`exit code ${exitCode}; it printed:\n${output}`]),
      ...(isSecret ? ['it printed the token'] : []),
    ];
  }

  async #judgeHook(): Promise<readonly string[]> {
    const { output } = await this.#shell.run('openclaw', ['hooks', 'info', 'live-status', '--json']);
    const isLoaded = /"loadable": true/.test(output) && /"enabledByConfig": true/.test(output);
    return isLoaded ? [] : [`OpenClaw does not load the hook:\n${output}`];
  }

  async #judgeDaemon(): Promise<readonly string[]> {
    const { running, pid } = await this.#shell.look();
    const files = readdirSync(join(this.#stage.home, '.openclaw', 'live-status'));
    const claims = files.filter((file) => file.endsWith('.lock'));
    return [
      ...(running && pid === this.#pid ? [] : [`pid ${pid} runs instead of ${this.#pid}`]),
      ...(claims.length === 1 ? [] : [`${claims.length} daemons hold the lock`]),
    ];
  }

  /** What Live Status left in the HOME, and is not said to leave. */
  #judgeHome(said: readonly string[]): readonly string[] {
    const all = compareSnapshots(this.#homeBefore, takeSnapshot(this.#stage.home));
    return all.filter((line) => !said.includes(line) && !isOpenClawsOwn(line.slice('+ '.length)));
  }

  #readConfig(): string {
    return readFileSync(join(this.#stage.home, '.openclaw', 'openclaw.json'), 'utf8');
  }
}
