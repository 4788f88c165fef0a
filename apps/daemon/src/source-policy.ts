import { type SourceChoice, writesTranscripts } from '@live-status/openclaw-config';
import type { GatewayServer } from '@live-status/openclaw-gateway';
import type { Clock } from '@live-status/resilience';
import type { SessionEvent } from '@live-status/session-state';
import type { Logger } from 'pino';
import type { SourcePolicy, SourceRole } from './auto-source.ts';

/** How long a new reason must hold before it is logged, milliseconds: while OpenClaw is updated, reasons alternate. */
const STEADY_MS = 60_000;

/**
 * How long transcripts may stay silent after a run started, milliseconds: a new session's transcript is written with the
 * first answer, but its catalog and lock exist before that.
 */
const SILENT_MS = 60_000;

/** Names of the sources that this policy knows; one of another name is followed when the probe chooses it. */
const TRANSCRIPTS = 'jsonl';
const GATEWAY = 'gateway';

const BY_TRANSCRIPTS: SourceChoice = { source: TRANSCRIPTS, why: 'transcripts are written, and no gateway answers' };

export interface OpenClawSourcePolicyOptions {
  /** Returns what OpenClaw's files currently suggest. */
  readonly probe: () => SourceChoice;
  /** Directory that transcripts are read from; for messages. */
  readonly transcriptDir: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Decides which interfaces of OpenClaw are followed: transcripts (`jsonl`) always, which costs nothing where there are
 * none, and the gateway from the first sign that it keeps the sessions. The events of a gateway that still writes
 * transcripts are ignored.
 */
export class OpenClawSourcePolicy implements SourcePolicy {
  readonly #probe: () => SourceChoice;
  readonly #silence: TranscriptSilence;
  readonly #choices: ChoiceLog;
  #listener: (change: { readonly isNewServer: boolean }) => void = () => {};
  #isConnected = false;
  /** The last gateway that answered, even if it is no longer connected. */
  #lastServer: GatewayServer | undefined;
  #choice: SourceChoice | undefined;
  /** What the files suggest, and whether work that was read from transcripts since says otherwise. */
  #byFiles: SourceChoice | undefined;
  #filesAreWrong = false;

  constructor(options: OpenClawSourcePolicyOptions) {
    this.#probe = options.probe;
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

  /** Notes that a gateway was connected (called before any of its events), or with `undefined` that it is gone. */
  meet(server: GatewayServer | undefined): void {
    this.#isConnected = server !== undefined;
    if (server === undefined) return;
    const isNewServer = server.bootId !== this.#lastServer?.bootId;
    this.#lastServer = server;
    if (this.#byFiles !== undefined) this.#choose(this.#byFiles);
    this.#listener({ isNewServer });
  }

  check(): void {
    this.#choose(this.#probe());
    this.#silence.check(this.#gatewayWritesTranscripts());
  }

  hear(name: string, events: readonly SessionEvent[]): void {
    if (name === TRANSCRIPTS) {
      this.#silence.noteTranscripts();
      if (!this.#isConnected && events.some(isNewRun)) this.#noteTranscriptRun();
    }
    if (name === GATEWAY) this.#silence.noteGateway(events);
  }

  /** An OpenClaw that writes transcripts is at work, whatever its files say of a version that was here before or since. */
  #noteTranscriptRun(): void {
    if (this.#byFiles?.source !== GATEWAY || this.#filesAreWrong) return;
    this.#filesAreWrong = true;
    this.#choose(this.#byFiles);
    this.#listener({ isNewServer: false });
  }

  noteClosed(name: string): void {
    if (name === GATEWAY) this.#lastServer = undefined;
  }

  roleOf(name: string): SourceRole {
    if (name === TRANSCRIPTS) return this.#transcriptsRole();
    if (name === GATEWAY) return this.#gatewayRole();
    const isInUse = this.#choice?.source === name;
    return { follow: isInUse ? 'open' : 'close', standing: 'beside', isNeeded: isInUse };
  }

  #transcriptsRole(): SourceRole {
    const isAlone = this.#gatewayWritesTranscripts() || !this.#isConnected;
    return { follow: 'open', standing: isAlone ? 'alone' : 'beside', isNeeded: true };
  }

  #gatewayRole(): SourceRole {
    const isInUse = this.#choice?.source === GATEWAY;
    const isApart = writesTranscripts(this.#lastServer?.version) === false;
    return {
      follow: isInUse ? 'open' : this.#isConnected ? 'keep' : 'close',
      // A gateway that writes transcripts would report everything twice.
      standing: this.#gatewayWritesTranscripts() ? 'muted' : isApart ? 'apart' : 'beside',
      isNeeded: isInUse,
    };
  }

  #gatewayWritesTranscripts(): boolean {
    return writesTranscripts(this.#lastServer?.version) === true;
  }

  /** `byFiles`: what the files suggest. A gateway that answers knows better. */
  #choose(byFiles: SourceChoice): void {
    if (byFiles.why !== this.#byFiles?.why) this.#filesAreWrong = false;
    this.#byFiles = byFiles;
    const choice = this.#byConnection() ?? (this.#filesAreWrong ? BY_TRANSCRIPTS : byFiles);
    this.#choice = choice;
    this.#choices.note(choice);
  }

  #byConnection(): SourceChoice | undefined {
    const { version } = this.#lastServer ?? {};
    if (version === undefined || !this.#isConnected) return undefined;
    return this.#gatewayWritesTranscripts()
      ? { source: TRANSCRIPTS, why: `the gateway is OpenClaw ${version}, which writes transcripts` }
      : { source: GATEWAY, why: `the gateway is OpenClaw ${version}, which writes no transcripts` };
  }
}

function isNewRun(event: SessionEvent): boolean {
  return event.type === 'run-started' && event.old !== true;
}

/** Logs the choice: at once when the source changed, after a while when only the reason did. */
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

  /** Takes the current choice; called again and again. */
  note(choice: SourceChoice): void {
    const now = this.#clock.now();
    if (choice.why !== this.#latest?.why) this.#since = now;
    this.#latest = choice;
    const isSteady = choice.why !== this.#logged?.why && now - this.#since >= STEADY_MS;
    if (choice.source === this.#logged?.source && !isSteady) return;
    this.#logged = choice;
    this.#log.info(choice, 'session source chosen');
  }
}

/** Detects a gateway that writes its transcripts elsewhere; without this, health would be `ok` although nothing is shown. */
class TranscriptSilence {
  readonly #options: OpenClawSourcePolicyOptions;
  #readAt = Number.NEGATIVE_INFINITY;
  #silentSince: number | undefined;
  #reasons: readonly string[] = [];

  constructor(options: OpenClawSourcePolicyOptions) {
    this.#options = options;
  }

  /** One sentence that includes the fix, or none, as of the last check. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** Something was read from transcripts. */
  noteTranscripts(): void {
    this.#readAt = this.#options.clock.now();
    this.#silentSince = undefined;
    this.#reasons = [];
  }

  /** The gateway reported events. What was read shortly before a run started may belong to that run. */
  noteGateway(events: readonly SessionEvent[]): void {
    const now = this.#options.clock.now();
    if (now - this.#readAt > SILENT_MS && events.some(({ type }) => type === 'run-started')) this.#silentSince ??= now;
  }

  /** Updates the reasons, and logs when the silence begins. `isExpected`: the gateway writes transcripts. */
  check(isExpected: boolean): void {
    const { transcriptDir, clock, log } = this.#options;
    if (!isExpected) this.#silentSince = undefined;
    const isSilent = this.#silentSince !== undefined && clock.now() - this.#silentSince >= SILENT_MS;
    if (isSilent && this.#reasons.length === 0) {
      log.warn({ transcriptDir }, 'the gateway is working, but no transcripts appear');
    }
    this.#reasons = isSilent
      ? [
          `The gateway works, and writes no transcript below ${transcriptDir}: set TRANSCRIPT_DIR to the directory of its agents.`,
        ]
      : [];
  }
}
