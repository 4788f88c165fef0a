import { hostname } from 'node:os';
import { join } from 'node:path';
import { openRulesFile, type RulesFile } from '@live-status/channel-rules';
import { EXIT, type ExitCode, type Machine } from '@live-status/daemon-control';
import { acquireInstanceLock, type LockResult } from '@live-status/instance-lock';
import { type Ledger, openLedger } from '@live-status/mm-poster';
import { Secret } from '@live-status/openclaw-config';
import { systemClock } from '@live-status/resilience';
import { readSettings, type Settings } from '@live-status/settings';
import type { SharedBudgets } from '@live-status/shared-budget';
import { type PostWords, readPostWords } from '@live-status/status-render';
import type { Logger } from 'pino';
import { Bots } from './bots.ts';
import { contentOf, contentSettings } from './content.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { createLog, type LogFileOptions } from './log.ts';
import { continuedClock } from './observation-clock.ts';
import { RememberedCount } from './remembered-count.ts';
import { createSource } from './source.ts';
import type { Starter } from './starter.ts';

/** The process a command runs in. */
export interface Host extends Machine {
  readonly pid: number;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Where the log is written instead of to standard output. */
  readonly logFile?: LogFileOptions;
  readonly version: string;
  /** The `start` that waits for this process. */
  readonly starter?: Starter | undefined;
  /** Masks these values in whatever `complain` writes from now on. */
  readonly hide: (secrets: readonly Secret[]) => void;
  /** Writes a line to standard error. */
  readonly complain: (text: string) => void;
}

/** Why a daemon stops. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'failure'; readonly error: unknown }
  /** Another daemon took the lock because it considered this one dead. */
  | { readonly kind: 'replaced' };

/** What a command gets once its settings are valid and it holds the lock. */
export interface Runtime {
  readonly settings: Settings;
  readonly log: Logger;
  /** Resolves when another daemon took the instance lock. */
  readonly lockLost: Promise<void>;
  /** Starts a daemon with the real components. */
  start(options?: { readonly onlyLedger?: boolean }): Promise<Daemon>;
}

/**
 * Reads the settings, takes the instance lock and calls `work`. If it cannot, it writes the reasons to standard error
 * and returns their exit code.
 *
 * @param stopping ends the wait for the lock; `work` handles it itself
 */
export async function withRuntime(
  host: Host,
  work: (runtime: Runtime) => Promise<ExitCode>,
  { stopping }: { readonly stopping?: Promise<StopCause> | undefined } = {},
): Promise<ExitCode> {
  const { errors, settings, sound, warnings } = await readSettings(host.env, host);
  host.hide(secretsOf(sound));
  const words = await readPostWords(sound, host.readFile);
  const rulesFile = await openRulesFile(sound.channelRules, sound.defaultChannelKinds);
  const problems = [...errors, ...(words.ok ? [] : words.problems), ...rulesFile.problems];
  if (settings === undefined || !words.ok || problems.length > 0) {
    // A warning about a misspelled name or an unreadable secret often explains why something is not set.
    for (const problem of [...problems, ...warnings]) host.complain(problem);
    return EXIT.usage;
  }
  const log = await createLog({
    level: settings.logLevel,
    pretty: host.terminal,
    secrets: secretsOf(settings),
    file: host.logFile,
  });
  for (const warning of [...warnings, ...words.warnings]) {
    log.warn({ warning }, 'configuration');
    host.starter?.send({ told: `warning: ${warning}` });
  }
  const result = await takeLock({ host, settings, log, stopping });
  if (result === undefined) {
    log.info({}, 'stopped');
    return EXIT.done;
  }
  if (!result.held) {
    const where =
      result.elsewhere === undefined ? '' : ` in another container or on another machine (${result.elsewhere})`;
    host.complain(
      `Live Status is already running with pid ${result.pid}${where} on ${settings.stateDir}; stop it, or set STATE_DIR`,
    );
    return EXIT.running;
  }
  try {
    const parts = { host, settings, log, words: words.words, rulesFile: rulesFile.file };
    return await work({
      settings,
      log,
      lockLost: result.lock.lost,
      start: (options) => start({ ...parts, ...options }),
    });
  } finally {
    result.lock.release();
  }
}

interface LockRequest {
  readonly host: Host;
  readonly settings: Settings;
  readonly log: Logger;
  readonly stopping: Promise<StopCause> | undefined;
}

/**
 * Returns the lock or its holder; `undefined` if a signal arrived while waiting. Rejects with a failure that happened in
 * the meantime.
 */
async function takeLock({ host, settings, log, stopping }: LockRequest): Promise<LockResult | undefined> {
  const waiting = new AbortController();
  void stopping?.then((cause) => waiting.abort(cause));
  try {
    return await acquireInstanceLock(settings.stateDir, {
      pid: host.pid,
      onWait: (elsewhere) => {
        log.info({ elsewhere }, 'waiting for the heartbeat of another daemon');
        host.starter?.send({ told: `waiting up to 30 s for the heartbeat of another daemon (${elsewhere}) ...` });
      },
      signal: waiting.signal,
    });
  } catch (error) {
    const cause: StopCause | undefined = waiting.signal.reason;
    if (cause?.kind !== 'signal') throw cause?.kind === 'failure' ? cause.error : error;
    log.info({ signal: cause.signal }, 'stopping');
    return undefined;
  }
}

interface Parts {
  readonly host: Host;
  readonly settings: Settings;
  readonly log: Logger;
  readonly words: PostWords;
  readonly rulesFile: RulesFile | undefined;
  readonly onlyLedger?: boolean;
}

async function start({ host, settings, log, words, rulesFile, onlyLedger = false }: Parts): Promise<Daemon> {
  const ledger = await openLedger(settings.stateDir, { log });
  const clock = continuedClock(ledger.entries(), log);
  const bots = new Bots({
    settings,
    readSettings: async () => (await readSettings(host.env, host)).settings,
    clock,
    log,
    onWarning: (warning) => {
      log.warn({ warning }, 'configuration');
      host.starter?.send({ told: `warning: ${warning}` });
    },
  });
  const contentOptions = {
    ...contentSettings(settings),
    words,
    botName: (account: string | undefined) => bots.answeringName(account),
  };
  return startDaemon({
    settings,
    version: host.version,
    clock,
    log,
    bots,
    ledger,
    budgets: await openBudgets(settings, ledger, log),
    createSource: (resumeTokens) =>
      createSource(settings, { clock, log, resumeTokens, searchPath: host.env.PATH ?? '' }),
    rulesFile,
    contentOf: (box, destination, shown) => contentOf(box, destination, shown, contentOptions),
    words,
    host: hostname(),
    onlyLedger,
  });
}

/** The library for Redis is loaded only by those who use it. */
async function openBudgets(
  { redisUrl, stateDir }: Settings,
  ledger: Ledger,
  log: Logger,
): Promise<SharedBudgets | undefined> {
  if (redisUrl === undefined) return undefined;
  const { openSharedBudgets } = await import('@live-status/shared-budget');
  const remembered = new RememberedCount(join(stateDir, 'daemons'), log);
  return openSharedBudgets({
    url: redisUrl.reveal(),
    // With the host: a machine may have been copied with its state.
    member: `${ledger.instanceId} ${hostname()}`,
    lastMembers: remembered.read(),
    onMembers: (count) => remembered.write(count),
    clock: systemClock,
    log,
  });
}

/** The values that no log line may show. */
export function secretsOf({
  mmToken,
  healthToken,
  gatewayToken,
  gatewayPassword,
  redisUrl,
  openclaw,
}: Partial<Settings>): readonly Secret[] {
  const accounts = openclaw?.mattermostAccounts?.map((account) => account.token) ?? [];
  const configured = [...accounts, openclaw?.mattermostToken, openclaw?.gatewayToken, openclaw?.gatewayPassword];
  const own = [mmToken, healthToken, gatewayToken, gatewayPassword, redisUrl, passwordOf(redisUrl)];
  return [...own, ...configured].filter((secret) => secret !== undefined);
}

function passwordOf(url: Secret | undefined): Secret | undefined {
  const password = URL.parse(url?.reveal() ?? '')?.password ?? '';
  return password === '' ? undefined : new Secret(decodeURIComponent(password));
}
