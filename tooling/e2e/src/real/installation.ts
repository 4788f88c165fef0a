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

/** One step of an operator. */
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
  /** Keeps the files for inspection; those of a run with problems are kept anyway. */
  readonly isKept: boolean;
  readonly onStep: (step: PlayedStep) => void;
  readonly signal: AbortSignal;
}

/** Its hooks are called at a start, not at a stop. */
const WITHOUT_SHUTDOWN_EVENT = '2026.3.28';

/**
 * Plays what an operator does, from a gateway without Live Status through installation to removal. Stops at the first
 * problem. Resolves with where the files are, if they are kept.
 */
export async function playInstallation(options: InstallationOptions): Promise<string | undefined> {
  const { openclaw, node, hasComments, onStep, signal } = options;
  let { isKept } = options;
  const reportsStop = openclaw.version !== WITHOUT_SHUTDOWN_EVENT;
  const env = (root: string): Record<string, string> => ({ HEALTH_PORT: '0', PID_FILE: join(root, 'daemon.pid') });
  const formatConfig = (config: object): string =>
    `${hasComments ? '// my gateway\n' : ''}${JSON.stringify(config, undefined, 2)}\n`;
  const place = { homeName: "operator's home", env, formatConfig, isKept: () => isKept };
  const stage = await openStage({ openclaw, node, signal, ...place });
  const shell = await OperatorShell.open(stage, { openclaw, node, env: env(stage.root), signal });
  try {
    for (const { name, play } of new OperatorSteps(stage, shell, { reportsStop, signal }).steps()) {
      const problems = await play().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
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
  readonly play: () => Promise<readonly string[]>;
}

/** How the steps are played. */
interface StepOptions {
  /** Whether OpenClaw has the event `gateway:shutdown`. */
  readonly reportsStop: boolean;
  readonly signal: AbortSignal;
}

const SHOWN: ExpectedPost = {
  state: 'DONE',
  shows: [
    'I begin with the easy part',
    'echo easy [OK]',
    'Reading AGENTS.md',
    'Sub-agent: helper-one [DONE]',
    'echo from-the-child [OK]',
  ],
  never: ['The helper came back'],
};
const HOOK = fileURLToPath(new URL('../../../../apps/gateway-hook', import.meta.url));
/** OpenClaw 2026.3.28 gives a sub-agent 10 s to start, which the first one may need on a busy machine. */
const STARTED_TOO_SLOWLY = 'gateway timeout after';
const LOG_PATIENCE_MS = 60_000;
const POLL_MS = 100;
const BACKUP = '+ .openclaw/openclaw.json.live-status-backup';
/** What `--uninstall` without `--purge` says that it leaves. */
const STATE = [
  '',
  '/daemon.err',
  '/daemon.log',
  '/gateway-device.json',
  '/instance-id',
  '/ledger.json',
  '/ledger.journal',
].map((file) => `+ .openclaw/live-status${file}`);

/** What an operator does, from a gateway without Live Status through installation to removal. */
class OperatorSteps {
  readonly #stage: RealStage;
  readonly #shell: OperatorShell;
  readonly #reportsStop: boolean;
  readonly #signal: AbortSignal;
  #turns = 0;
  #homeBefore: Snapshot = new Map();
  #configBefore = '';
  #pid: number | undefined;

  constructor(stage: RealStage, shell: OperatorShell, { reportsStop, signal }: StepOptions) {
    this.#stage = stage;
    this.#reportsStop = reportsStop;
    this.#shell = shell;
    this.#signal = signal;
  }

  /** In order; what one finds, later ones compare with. */
  steps(): readonly Step[] {
    return [
      { name: 'the gateway runs without Live Status', play: () => this.#runWithout() },
      { name: 'bash install.sh', play: () => this.#install() },
      { name: 'the gateway starts and brings the daemon up', play: () => this.#start(/started with pid (\d+);/) },
      { name: 'a turn with tools and a sub-agent', play: () => this.#turn([SHOWN]) },
      { name: 'the gateway stops, the daemon keeps running', play: () => this.#stop() },
      { name: 'the gateway starts again and finds it', play: () => this.#start(/already running with pid (\d+)/) },
      { name: 'a second turn', play: () => this.#turn([SHOWN]) },
      { name: 'bash install.sh --uninstall', play: () => this.#uninstall() },
      { name: 'the HOME is as before, but for backup and state', play: () => this.#compareHome() },
      { name: 'bash install.sh --uninstall --purge: but for the backup', play: () => this.#purge() },
      { name: 'openclaw plugins install takes the packed hook', play: () => this.#installPack() },
      { name: 'the gateway runs it', play: () => this.#runPack() },
    ];
  }

  /** What OpenClaw itself writes into a new HOME does not count. */
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
    // A start that takes a while says first what it waits for.
    const [line, pid] = await this.#logs(new RegExp(`\\[live-status\\] (?:.*; )?${said.source}`));
    const expected = this.#pid ?? Number(pid);
    this.#pid = Number(pid);
    return [...(this.#pid === expected ? [] : [`${line} instead of pid ${expected}`]), ...(await this.#judgeDaemon())];
  }

  /** The daemon goes on, to show how work ends that the stop cut. */
  async #stop(): Promise<readonly string[]> {
    await this.#stage.gateway.stop('SIGTERM');
    if (this.#reportsStop) await this.#logs(/\[live-status\] the daemon keeps running/);
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
    // Since 2026.9 OpenClaw asks for confirmation that the archive was reviewed.
    const isWarned = asked.exitCode !== 0 && asked.output.includes('rerun with --force');
    const installed = isWarned ? await this.#shell.run('openclaw', [...install, '--force']) : asked;
    return [...this.#judge(packed), ...this.#judge(installed), ...(await this.#judgeHook())];
  }

  /** By now there is no daemon for it, and it reports that. */
  async #runPack(): Promise<readonly string[]> {
    await this.#stage.gateway.start();
    await this.#logs(/\[live-status\] not started: .* does not exist; run install\.sh of Live Status again/);
    await this.#stage.gateway.stop('SIGTERM');
    return [];
  }

  async #turn(posts: readonly ExpectedPost[], { isRepeated = false } = {}): Promise<readonly string[]> {
    this.#turns += 1;
    const play = scene('delegating', 'The helper came back.', 'announce');
    const talk = new Conversation(this.#stage, { name: `turn-${this.#turns}`, signal: this.#signal });
    const { problems, messages } = await playSituation({ name: 'delegating', play, posts }, talk);
    const isTooSlow = messages.some((message) => message.includes(STARTED_TOO_SLOWLY));
    return isTooSlow && !isRepeated ? this.#turn(posts, { isRepeated: true }) : problems;
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
    const { running, pid } = await this.#shell.status();
    const files = readdirSync(join(this.#stage.home, '.openclaw', 'live-status'));
    const claims = files.filter((file) => file.endsWith('.lock'));
    return [
      ...(running && pid === this.#pid ? [] : [`pid ${pid} runs instead of ${this.#pid}`]),
      ...(claims.length === 1 ? [] : [`${claims.length} daemons hold the lock`]),
    ];
  }

  /** What Live Status left in the HOME beyond what it announced. */
  #judgeHome(announced: readonly string[]): readonly string[] {
    const all = compareSnapshots(this.#homeBefore, takeSnapshot(this.#stage.home));
    return all.filter((line) => !announced.includes(line) && !isOpenClawsOwn(line.slice('+ '.length)));
  }

  #readConfig(): string {
    return readFileSync(join(this.#stage.home, '.openclaw', 'openclaw.json'), 'utf8');
  }
}
