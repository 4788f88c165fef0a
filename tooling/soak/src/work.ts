import type { Random } from '@live-status/simulators/random';
import type { CallOptions, Conversation } from './conversation.ts';

/** How a piece of work ends, as its post must say. */
export type End = 'DONE' | 'ERROR' | 'ABORTED' | 'INTERRUPTED';

/** Hears what happens to pieces of work, to compare it with their posts. */
export interface WorkListener {
  /** Before the call is made. */
  called(work: Work, command: string): void;
  ended(work: Work, ends: readonly End[]): void;
}

/** A piece of work that one post must show. */
export class Work {
  readonly id: number;
  /** What is played. */
  readonly play: string;
  /** What its post must no longer say in the end. */
  forbidden: RegExp | undefined;
  readonly #listener: WorkListener;
  #otherEndsWhenCut: readonly End[] = [];
  #calls = 0;

  constructor(id: number, play: string, listener: WorkListener) {
    this.id = id;
    this.play = play;
    this.#listener = listener;
  }

  /** Makes a call whose command names this piece of work. Returns the call's id. */
  call(conversation: Conversation, options?: CallOptions): string {
    this.#calls += 1;
    const command = `soak-${this.id}-${this.#calls}`;
    this.#listener.called(this, command);
    conversation.call(command, command, options);
    return command;
  }

  /** An id for a call that its post shows in other words. */
  otherCall(): string {
    this.#calls += 1;
    return `other-${this.id}-${this.#calls}`;
  }

  /** It is over. Several ends: either is true. */
  end(...ends: readonly End[]): void {
    this.#listener.ended(this, ends);
  }

  /** The gateway died. */
  cut(): void {
    this.end('INTERRUPTED', ...this.#otherEndsWhenCut);
  }

  /** From now on, if the gateway dies, these are true as well as `INTERRUPTED`; without any, it alone is again. */
  mayEndWhenCut(...ends: readonly End[]): void {
    this.#otherEndsWhenCut = ends;
  }

  /** Its own run is over. What still goes on, a sub-agent or a command, may be cut: the work counts as done all the same. */
  onlyAwaitsResults(): void {
    this.mayEndWhenCut('DONE');
  }
}

/** What a play is given. */
export interface Act {
  readonly conversation: Conversation;
  readonly random: Random;
  /** Begins the next piece of work. */
  work(): Work;
  /** Rejects when the gateway dies. */
  wait(ms: number): Promise<void>;
}

/** Commands that texts name, as `soak-<piece of work>-<call>`. */
export function commandsIn(text: string): IterableIterator<RegExpExecArray> {
  return text.matchAll(/\bsoak-(\d+)-\d+\b/g);
}
