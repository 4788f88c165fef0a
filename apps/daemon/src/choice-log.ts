import type { SourceChoice } from '@live-status/openclaw-config';
import type { Clock } from '@live-status/resilience';
import type { Logger } from 'pino';

/** A reason that holds this long is news, milliseconds: while OpenClaw is updated, reasons alternate. */
const STEADY_MS = 60_000;

/** Logs which source was chosen: at once when it is another one, later when only the reason changed. */
export class ChoiceLog {
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
