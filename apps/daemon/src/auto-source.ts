import { type SourceChoice, writesTranscripts } from '@live-status/openclaw-config';
import type { GatewayServer } from '@live-status/openclaw-gateway';
import { delay } from '@live-status/resilience';
import type { SessionEvent, SessionSource, SourceStatus } from '@live-status/session-state';
import type { Logger } from 'pino';
import { ChoiceLog } from './choice-log.ts';
import { Handover } from './handover.ts';
import { SessionOwners, type Standing } from './session-owners.ts';
import type { DaemonSource, NamedStatus } from './source.ts';
import { TranscriptSilence, type TranscriptSilenceOptions } from './transcript-silence.ts';

export interface AutoSourceOptions extends TranscriptSilenceOptions {
  /** What the files of OpenClaw say now. */
  readonly look: () => SourceChoice;
  readonly transcripts: SessionSource;
  /** Follows the gateway, and says whenever a connection stands (before what it tells) or is gone. */
  readonly createGateway: (onServer: (server: GatewayServer | undefined) => void) => SessionSource;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** How often the surroundings are looked at, milliseconds. */
const LOOK_MS = 2_000;

/**
 * Follows whatever OpenClaw offers: transcripts always, which costs nothing where there are none, and the gateway from
 * the first sign that sessions are kept there. So an upgrade or downgrade while this runs is followed as it happens. A
 * gateway that still writes transcripts is not listened to.
 */
export function createAutoSource(options: AutoSourceOptions): DaemonSource {
  return new AutoSource(options);
}

class AutoSource implements DaemonSource {
  readonly #options: AutoSourceOptions;
  readonly #owners = new SessionOwners();
  readonly #silence: TranscriptSilence;
  readonly #choices: ChoiceLog;
  readonly #batches = new Handover<readonly SessionEvent[]>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #gateway: SessionSource | undefined;
  #isConnected = false;
  /** The gateway that was met last; connected or not. */
  #lastServer: GatewayServer | undefined;
  #choice: SourceChoice | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AutoSourceOptions) {
    this.#options = options;
    this.#silence = new TranscriptSilence(options);
    this.#choices = new ChoiceLog(options);
    void this.#pump(options.transcripts);
    this.#watching = this.#watch();
  }

  get name(): SessionSource['name'] {
    return this.#choice?.source ?? 'jsonl';
  }

  choice(): SourceChoice | undefined {
    return this.#choice;
  }

  parts(): readonly NamedStatus[] {
    return this.#followed().map((source) => ({ name: source.name, ...source.status() }));
  }

  /** Only what is relied on is trouble: a gateway that nobody needs may be away, and so may old transcripts. */
  status(): SourceStatus {
    const all = this.parts();
    const needed = all.find(({ name }) => name === this.#choice?.source);
    const starting = needed === undefined || all.some(({ name, state }) => state === 'starting' && this.#needs(name));
    const lastEventAt = Math.max(...all.map((part) => part.lastEventAt ?? Number.NEGATIVE_INFINITY));
    const { reasons } = this.#silence;
    const working = reasons.length > 0 ? 'degraded' : needed?.state;
    return {
      state: this.#closing !== undefined ? 'closed' : starting || working === undefined ? 'starting' : working,
      reasons: [...(needed?.reasons ?? []), ...reasons],
      runsSeen: all.reduce((sum, { runsSeen }) => sum + runsSeen, 0),
      ...(Number.isFinite(lastEventAt) ? { lastEventAt } : {}),
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SessionEvent[]> {
    return { next: () => this.#batches.next() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#batches.close();
    await Promise.all([this.#watching, ...this.#followed().map((source) => source.close())]);
  }

  #followed(): SessionSource[] {
    return this.#gateway === undefined ? [this.#options.transcripts] : [this.#options.transcripts, this.#gateway];
  }

  #needs(name: SessionSource['name']): boolean {
    return name === 'jsonl' || this.#choice?.source === 'gateway';
  }

  async #pump(source: SessionSource): Promise<void> {
    try {
      for await (const batch of source) {
        this.#silence.hear(source.name, batch);
        const events = this.#taken(source, batch);
        if (events.length > 0) await this.#batches.offer(events);
      }
    } catch (error) {
      this.#batches.fail(error);
    }
  }

  #taken(source: SessionSource, batch: readonly SessionEvent[]): readonly SessionEvent[] {
    if (source.name === 'gateway') return this.#owners.take('gateway', batch, this.#standingOfGateway());
    return this.#owners.take('jsonl', batch, this.#isMuted() || !this.#isConnected ? 'alone' : 'beside');
  }

  #standingOfGateway(): Standing {
    if (this.#isMuted()) return 'muted';
    return writesTranscripts(this.#lastServer?.version) === false ? 'apart' : 'beside';
  }

  /** A gateway that writes transcripts tells everything twice. */
  #isMuted(): boolean {
    return writesTranscripts(this.#lastServer?.version) === true;
  }

  readonly #meet = (server: GatewayServer | undefined): void => {
    this.#isConnected = server !== undefined;
    if (server === undefined) return;
    if (server.bootId !== this.#lastServer?.bootId) this.#owners.renew();
    this.#lastServer = server;
    if (this.#choice !== undefined) this.#choose(this.#choice);
  };

  /** Looks around again and again, until closed. */
  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#choose(this.#options.look());
      this.#silence.look(this.#isMuted());
      await delay(LOOK_MS, { signal, clock: this.#options.clock }).catch(() => {});
    }
  }

  /** `seen`: what the files say. Whoever speaks with the gateway knows better. */
  #choose(seen: SourceChoice): void {
    if (this.#stop.signal.aborted) return;
    const choice = this.#connectedChoice() ?? seen;
    this.#choice = choice;
    this.#choices.note(choice);
    if (choice.source === 'gateway') this.#follow();
    else if (!this.#isConnected) this.#leave();
  }

  #connectedChoice(): SourceChoice | undefined {
    const { version } = this.#lastServer ?? {};
    if (version === undefined || !this.#isConnected) return undefined;
    return this.#isMuted()
      ? { source: 'jsonl', why: `the gateway is OpenClaw ${version}, which writes transcripts` }
      : { source: 'gateway', why: `the gateway is OpenClaw ${version}, which writes no transcripts` };
  }

  #follow(): void {
    if (this.#gateway !== undefined) return;
    this.#gateway = this.#options.createGateway(this.#meet);
    void this.#pump(this.#gateway);
  }

  /** The gateway is no longer looked for, once its runs are over. */
  #leave(): void {
    if (this.#gateway === undefined || this.#owners.hasOpenRuns('gateway')) return;
    void this.#gateway.close();
    this.#gateway = undefined;
    this.#lastServer = undefined;
    this.#owners.renew();
  }
}
