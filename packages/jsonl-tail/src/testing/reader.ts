import type { TailEvent } from '../event.ts';
import type { Follower } from '../follower.ts';

/** Takes all events of a follower as they come and keeps them. */
export class Reader {
  readonly events: TailEvent[] = [];
  readonly done: Promise<void>;
  readonly #follower: Follower;
  readonly #waiting: { readonly until: (event: TailEvent) => boolean; readonly resolve: (event: TailEvent) => void }[] =
    [];

  constructor(follower: Follower) {
    this.#follower = follower;
    this.done = this.#take();
  }

  /** The events since the last call, in short form. */
  news(): string[] {
    return this.events.splice(0).map(inShort);
  }

  /** Scans everything, or one path; then the events since the last call, in short form. */
  async scan(path?: string): Promise<string[]> {
    await this.#follower.scan(path);
    return this.news();
  }

  /** The first event, past or future, that matches. */
  until(until: (event: TailEvent) => boolean): Promise<TailEvent> {
    const past = this.events.find(until);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => this.#waiting.push({ until, resolve }));
  }

  async #take(): Promise<void> {
    for await (const event of this.#follower) {
      this.events.push(event);
      for (const waiting of this.#waiting) if (waiting.until(event)) waiting.resolve(event);
    }
  }
}

/** An event as one short string, its path as the base name. */
function inShort(event: TailEvent): string {
  const name = event.path.slice(event.path.lastIndexOf('/') + 1);
  switch (event.type) {
    case 'file':
      return `file ${name} from ${event.startOffset}`;
    case 'line':
      return `${name} ${event.startOffset}-${event.endOffset} ${event.text()}`;
    case 'bad-line':
      return `${name} ${event.startOffset}-${event.endOffset} ${event.reason}`;
    case 'rewritten':
      return `rewritten ${name} from ${event.fromOffset}`;
    case 'caught-up':
      return `caught-up ${name} at ${event.offset} of ${event.sizeBytes}`;
    case 'file-gone':
      return `gone ${name}${event.renamedTo === undefined ? '' : ` to ${event.renamedTo.slice(event.renamedTo.lastIndexOf('/') + 1)}`}`;
    case 'noticed':
      return `noticed ${name} ${event.present ? `of ${event.sizeBytes}` : 'gone'}`;
    case 'problem':
      return `${event.resolved === true ? 'over: ' : ''}${event.problem} ${name}`;
  }
}
