import { type SourceChoice, writesTranscripts } from '@live-status/openclaw-config';
import type { GatewayServer } from '@live-status/openclaw-gateway';
import type { Clock } from '@live-status/resilience';
import type { SessionEvent } from '@live-status/session-state';
import type { Logger } from 'pino';
import type { SourcePolicy, SourceRole } from './auto-source.ts';

/** A reason that holds this long is news, milliseconds: while OpenClaw is updated, reasons alternate. */
const STEADY_MS = 60_000;

/**
 * How long nothing may be read after a run began, milliseconds: a new session's transcript is written with the first
 * answer, but its catalog and lock are there before.
 */
const SILENT_MS = 60_000;

export interface OpenClawChoiceOptions {
  /** What the files of OpenClaw say now. */
  readonly look: () => SourceChoice;
  /** Where transcripts are read; for messages. */
  readonly transcriptDir: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Which interfaces of OpenClaw are followed: transcripts (`jsonl`) always, which costs nothing where there are none, and
 * the gateway from the first sign that sessions are kept there. A gateway that still writes transcripts is not listened to.
 */
export class OpenClawChoice implements SourcePolicy {
  readonly #look: () => SourceChoice;
  readonly #silence: TranscriptSilence;
  readonly #choices: ChoiceLog;
  #listener: (change: { readonly isNewServer: boolean }) => void = () => {};
  #isConnected = false;
  /** The gateway that answered last; connected or not. */
  #lastServer: GatewayServer | undefined;
  #choice: SourceChoice | undefined;

  constructor(options: OpenClawChoiceOptions) {
    this.#look = options.look;
    this.#silence = new TranscriptSilence(options);
    this.#choices = new ChoiceLog(options);
  }

  get choice(): SourceChoice | undefined {
    return this.#choice;
  }

  get reasons(): readonly string[] {
    return this.#silence.reasons;
  }

  onChange(listener: (change: { readonly isNewServer: boolean }) => void): void {
    this.#listener = listener;
  }

  /** A connection to a gateway stands (called before anything it reports), or is gone. */
  meet(server: GatewayServer | undefined): void {
    this.#isConnected = server !== undefined;
    if (server === undefined) return;
    const isNewServer = server.bootId !== this.#lastServer?.bootId;
    this.#lastServer = server;
    if (this.#choice !== undefined) this.#choose(this.#choice);
    this.#listener({ isNewServer });
  }

  check(): void {
    this.#choose(this.#look());
    this.#silence.check(this.#gatewayWritesTranscripts());
  }

  hear(name: string, events: readonly SessionEvent[]): void {
    if (name === 'jsonl') this.#silence.noteTranscripts();
    else this.#silence.noteGateway(events);
  }

  noteClosed(name: string): void {
    if (name === 'gateway') this.#lastServer = undefined;
  }

  roleOf(name: string): SourceRole {
    return name === 'jsonl' ? this.#transcriptsRole() : this.#gatewayRole();
  }

  #transcriptsRole(): SourceRole {
    const isAlone = this.#gatewayWritesTranscripts() || !this.#isConnected;
    return { follow: 'open', standing: isAlone ? 'alone' : 'beside', isNeeded: true };
  }

  #gatewayRole(): SourceRole {
    const isInUse = this.#choice?.source === 'gateway';
    const isApart = writesTranscripts(this.#lastServer?.version) === false;
    return {
      follow: isInUse ? 'open' : this.#isConnected ? 'keep' : 'close',
      // One that writes transcripts would report everything twice.
      standing: this.#gatewayWritesTranscripts() ? 'muted' : isApart ? 'apart' : 'beside',
      isNeeded: isInUse,
    };
  }

  #gatewayWritesTranscripts(): boolean {
    return writesTranscripts(this.#lastServer?.version) === true;
  }

  /** `byFiles`: what the files say. A gateway that answers knows better. */
  #choose(byFiles: SourceChoice): void {
    const choice = this.#byConnection() ?? byFiles;
    this.#choice = choice;
    this.#choices.note(choice);
  }

  #byConnection(): SourceChoice | undefined {
    const { version } = this.#lastServer ?? {};
    if (version === undefined || !this.#isConnected) return undefined;
    return this.#gatewayWritesTranscripts()
      ? { source: 'jsonl', why: `the gateway is OpenClaw ${version}, which writes transcripts` }
      : { source: 'gateway', why: `the gateway is OpenClaw ${version}, which writes no transcripts` };
  }
}

/** Logs which source was chosen: at once when it is another one, later when only the reason changed. */
class ChoiceLog {
  readonly #log: Pick<Logger, 'info'>;
  readonly #clock: Clock;
  #logged: SourceChoice | undefined;
  #latest: SourceChoice | undefined;
  #since = 0;

  constructor({ log, clock }: { readonly log: Pick<Logger, 'info'>; readonly clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /** What is chosen now; asked again and again. */
  note(choice: SourceChoice): void {
    const now = this.#clock.now();
    if (choice.why !== this.#latest?.why) this.#since = now;
    this.#latest = choice;
    const isSteady = choice.why !== this.#logged?.why && now - this.#since >= STEADY_MS;
    if (choice.source === this.#logged?.source && !isSteady) return;
    this.#logged = choice;
    this.#log.info(choice, 'source of sessions');
  }
}

/** Notices a gateway that works and writes transcripts of which none is seen: health would be idle and green. */
class TranscriptSilence {
  readonly #options: OpenClawChoiceOptions;
  #readAt = Number.NEGATIVE_INFINITY;
  #silentSince: number | undefined;
  #reasons: readonly string[] = [];

  constructor(options: OpenClawChoiceOptions) {
    this.#options = options;
  }

  /** One sentence with its fix, as of the last check. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** Something was read in transcripts. */
  noteTranscripts(): void {
    this.#readAt = this.#options.clock.now();
    this.#silentSince = undefined;
    this.#reasons = [];
  }

  /** The gateway reported events. What was read shortly before a run began may have been about it. */
  noteGateway(events: readonly SessionEvent[]): void {
    const now = this.#options.clock.now();
    if (now - this.#readAt > SILENT_MS && events.some(({ type }) => type === 'run-started')) this.#silentSince ??= now;
  }

  /** Compares with the clock; what is new is logged. `isExpected`: the gateway writes transcripts. */
  check(isExpected: boolean): void {
    const { transcriptDir, clock, log } = this.#options;
    if (!isExpected) this.#silentSince = undefined;
    const isSilent = this.#silentSince !== undefined && clock.now() - this.#silentSince >= SILENT_MS;
    if (isSilent && this.#reasons.length === 0)
      log.warn({ transcriptDir }, 'the gateway works, and no transcript is seen');
    this.#reasons = isSilent
      ? [
          `The gateway works, and writes no transcript below ${transcriptDir}: set TRANSCRIPT_DIR to the directory of its agents.`,
        ]
      : [];
  }
}
