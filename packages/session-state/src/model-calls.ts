import { boundName } from './bounded-text.ts';
import type { ModelLine, ModelTrouble } from './box.ts';
import type { ModelStatus } from './event.ts';

/** A single failure that is over sooner is nobody's business. */
const BRIEF_MS = 5_000;

/** How the model calls of one run fare: what is wrong now, and what there was to remember once it is over. */
export class ModelCalls {
  #trouble: ModelTrouble | undefined;
  #model: string | undefined;
  #failures = 0;
  /** The model that took over and has not answered yet. */
  #fallback: string | undefined;
  #firstFailure: { readonly at: number; readonly reason: string } | undefined;

  /** What keeps the model from answering right now. */
  get trouble(): ModelTrouble | undefined {
    return this.#trouble;
  }

  /** The model that took over from the one the run began with. */
  get model(): string | undefined {
    return this.#model;
  }

  /** Calls that failed since the model answered last. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes in how a call fared. Returns the line to remember it by when trouble is over and was worth one. */
  take({ at, status }: Pick<ModelStatus, 'at' | 'status'>): ModelLine | undefined {
    switch (status.kind) {
      case 'failed':
        this.#fail(status, at);
        return undefined;
      case 'fallback': {
        const [reason, model] = [boundName(status.reason), boundName(status.model)];
        this.#firstFailure ??= { at, reason };
        this.#fallback = model;
        this.#trouble = { kind: 'fallback', reason, model };
        return undefined;
      }
      case 'compacting':
        this.#trouble = { kind: 'compacting' };
        return undefined;
      case 'working':
        return this.#recover(at, status.model);
    }
  }

  /** The context was summarised: the model is asked again. */
  noteCompacted(): void {
    if (this.#trouble?.kind === 'compacting') this.#trouble = undefined;
  }

  /** The run ended: how it did says the rest. */
  end(): void {
    this.#trouble = undefined;
  }

  #fail({ attempt, reason: given, retryAt }: Extract<ModelStatus['status'], { kind: 'failed' }>, at: number): void {
    const reason = boundName(given);
    const isKnown = attempt !== undefined && this.#trouble?.kind === 'retry' && this.#trouble.attempt === attempt;
    if (!isKnown) this.#failures += 1;
    // Earlier failures were not seen by a daemon that began to follow the run after them.
    this.#failures = Math.max(this.#failures, (attempt ?? 1) - 1);
    this.#firstFailure ??= { at, reason };
    this.#trouble = {
      kind: 'retry',
      reason,
      ...(attempt === undefined ? {} : { attempt }),
      ...(retryAt === undefined ? {} : { retryAt }),
    };
  }

  #recover(at: number, model: string | undefined): ModelLine | undefined {
    const fallback = this.#fallback;
    const failures = Math.max(1, this.#failures);
    const first = this.#firstFailure;
    this.#model = model === undefined ? (fallback ?? this.#model) : boundName(model);
    this.#trouble = undefined;
    this.#failures = 0;
    this.#fallback = undefined;
    this.#firstFailure = undefined;
    const isBrief = fallback === undefined && failures === 1 && first !== undefined && at - first.at < BRIEF_MS;
    if (first === undefined || isBrief) return undefined;
    const line = { kind: 'model', id: `model:${first.at}`, reason: first.reason, failures } as const;
    return fallback === undefined ? line : { ...line, fallback };
  }
}
