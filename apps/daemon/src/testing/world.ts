import type { RulesFileReading } from '@live-status/channel-rules';
import { readRules } from '@live-status/channel-rules';
import { createMemoryLedger, type Ledger } from '@live-status/mm-poster';
import { createMemoryServer, type MemoryServer } from '@live-status/mm-poster/testing';
import type { Log } from '@live-status/resilience';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import type { ResumeToken, Route, RunTrigger, SessionEvent } from '@live-status/session-state';
import { readSettings, type Settings } from '@live-status/settings';
import type { SharedBudgets, SharedBudgetsOptions } from '@live-status/shared-budget';
import { createLabels, createLanguage } from '@live-status/status-render';
import { pino } from 'pino';
import { Bots } from '../bots.ts';
import { contentOf, contentSettings } from '../content.ts';
import { type Daemon, startDaemon } from '../daemon.ts';
import type { DaemonSource } from '../daemon-source.ts';
import { createScriptedSource, type ScriptedSource } from './scripted-source.ts';

/**
 * A daemon on a clock that stands still, a server in memory, and a source that a test writes. The token of an account is
 * the name of its bot; `token` is that of `bot`.
 */
export interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly ledger: Ledger;
  readonly source: ScriptedSource;
  readonly daemon: Daemon;
  /** What openclaw.json says when it is read again. */
  reconfigure(openclaw: object): void;
  /** The file of rules as it is when it is read again. */
  writeRules(text: string): void;
  /** What the source got back of the previous process. */
  readonly resumed: readonly ResumeToken[];
  readonly logged: readonly Record<string, unknown>[];
}

/** Settings of a test: no delay before a post, everything else the default. */
async function settingsFor(env: Readonly<Record<string, string>> = {}, openclaw?: object): Promise<Settings> {
  const readFile = async (path: string): Promise<string> => {
    if (openclaw !== undefined && path.endsWith('openclaw.json')) return JSON.stringify(openclaw);
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  const base = { MM_URL: 'https://chat.example.com', MM_TOKEN: 'token', POST_DELAY_MS: '0' };
  const { settings, errors } = await readSettings({ ...base, ...env }, { home: '/home/op', readFile });
  if (settings === undefined) throw new Error(errors.join('\n'));
  return settings;
}

/** Starts a daemon. Given a world of before, it is the next life of its daemon: same clock, server and ledger. */
export async function startWorld(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly openclaw?: object;
    readonly before?: World;
    readonly onlyLedger?: boolean;
    /** Rules for channels, by their keys. */
    readonly rules?: object;
    /** Follows this instead of the source that a test writes. */
    readonly createSource?: (clock: FakeClock, log: Log, resumeTokens: readonly ResumeToken[]) => DaemonSource;
    /** Default: in memory, empty. */
    readonly ledger?: Ledger;
    /** Default: at the start of 2026. */
    readonly clock?: FakeClock;
    /** What it shares with other daemons. */
    readonly budgets?: (options: Pick<SharedBudgetsOptions, 'clock' | 'log'>) => SharedBudgets;
  } = {},
): Promise<World> {
  const settings = await settingsFor(options.env, options.openclaw);
  const language = createLanguage(settings.statusLanguage);
  const words = { language, labels: createLabels(undefined, language) };
  const clock = options.before?.clock ?? options.clock ?? createFakeClock();
  const server = options.before?.server ?? createMemoryServer(clock);
  const ledger = options.before ? revive(options.before) : (options.ledger ?? createMemoryLedger(clock));
  const source = createScriptedSource();
  const resumed: ResumeToken[] = [];
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line)) });
  let openclaw = options.openclaw;
  const bots = new Bots({
    settings,
    readSettings: () => settingsFor(options.env, openclaw),
    clock,
    log,
    connect: ({ token }) => (token.reveal() === 'token' ? server.api : server.account(token.reveal())),
    answeringBot: { name: 'openclaw', run: () => Promise.resolve() },
  });
  const content = { ...contentSettings(settings), words, botName: (id?: string) => bots.answeringName(id) };
  let rulesText = JSON.stringify(options.rules);
  const read = async (): Promise<RulesFileReading> => ({ version: rulesText, ...readRules(rulesText) });
  const first = options.rules === undefined ? undefined : readRules(rulesText);
  const rulesFile = first?.ok ? { path: '/etc/rules.json', rules: first.rules, version: rulesText, read } : undefined;
  const daemon = startDaemon({
    settings,
    version: '0.0.0',
    clock,
    log,
    bots,
    ledger,
    budgets: options.budgets?.({ clock, log }),
    createSource: (tokens) => {
      resumed.push(...tokens);
      return options.createSource?.(clock, log, tokens) ?? source;
    },
    rulesFile,
    contentOf: (box, destination, shown) => contentOf(box, destination, shown, content),
    words,
    host: 'build-1',
    onlyLedger: options.onlyLedger ?? false,
  });
  const reconfigure = (next: object): void => {
    openclaw = next;
  };
  const writeRules = (text: string): void => {
    rulesText = text;
  };
  return { clock, server, ledger, source, daemon, reconfigure, writeRules, resumed, logged };
}

/** The ledger as the next process finds it. */
function revive({ ledger, clock }: World): Ledger {
  const next = Object.assign(createMemoryLedger(clock), { instanceId: ledger.instanceId });
  for (const entry of ledger.entries()) next.put(JSON.parse(JSON.stringify(entry)));
  return next;
}

/** Messages of the living posts, oldest first. */
export function messages({ server }: World): readonly string[] {
  return [...server.posts.values()].filter(({ deleteAt }) => deleteAt === 0).map(({ message }) => message);
}

/** Writes the events of one session as they would be observed at the clock's time. */
export class Story {
  readonly #world: Pick<World, 'clock' | 'source'>;
  readonly key: string;

  constructor(world: Pick<World, 'clock' | 'source'>, key = 'agent:main:mattermost:channel:c1') {
    this.#world = world;
    this.key = key;
  }

  /** A run begins, which answers a message unless `trigger` says otherwise. */
  begin(runId: string, route: Route = { kind: 'mattermost', channelId: 'c1' }, trigger: RunTrigger = 'message'): this {
    return this.#emit(
      { type: 'session', agentId: 'main', child: false },
      { type: 'run-started', runId, startedAt: this.#world.clock.now(), evidence: [`lock:${runId}`] },
      {
        type: 'run-identified',
        runId,
        trigger,
        evidence: [`entry:${runId}`],
        resumeToken: `token of ${runId}`,
      },
      { type: 'run-routed', runId, route },
    );
  }

  call(runId: string, callId: string, command: string = callId): this {
    const entryId = `call-${callId}`;
    return this.#emit({ type: 'tool-started', runId, entryId, callId, tool: 'exec', args: { command } });
  }

  result(runId: string, callId: string): this {
    const entryId = `result-${callId}`;
    return this.#emit({ type: 'tool-ended', runId, entryId, callId, tool: 'exec', outcome: 'ok', exitCode: 0 });
  }

  /** The call waits for a person's approval. */
  asks(runId: string, callId: string, approvalId: string, until?: number): this {
    const bound = until === undefined ? {} : { until };
    return this.#emit({ type: 'approval-requested', runId, callId, approvalId, ...bound });
  }

  denied(runId: string, callId: string, outcome: 'denied' | 'not-approved' = 'denied'): this {
    const entryId = `result-${callId}`;
    return this.#emit({ type: 'tool-ended', runId, entryId, callId, tool: 'exec', outcome });
  }

  say(runId: string, text: string): this {
    return this.#emit({ type: 'commentary', runId, entryId: `say-${text}`, text });
  }

  end(runId: string, outcome: 'done' | 'error' | 'interrupted' = 'done', text = 'All good.'): this {
    const ending = outcome === 'interrupted' ? null : outcome;
    const reason = outcome === 'done' ? {} : { reason: text };
    return this.#emit(
      { type: 'run-ending', runId, entryId: `end-${runId}`, outcome: ending, text },
      { type: 'run-ended', runId, outcome, ...reason, endedAt: this.#world.clock.now() },
    );
  }

  #emit(...events: DistributiveOmit<SessionEvent, 'at' | 'sessionKey'>[]): this {
    const at = this.#world.clock.now();
    this.#world.source.emit(...events.map((event) => ({ ...event, at, sessionKey: this.key }) as SessionEvent));
    return this;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
