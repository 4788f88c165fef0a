import type { Checkpoint } from '../checkpoint.ts';
import type { TailEvent } from '../event.ts';
import type { Follower } from '../follower.ts';

interface SeenLine {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** What a consumer keeps of a file for its next process. */
interface Saved {
  readonly checkpoint: Checkpoint;
  readonly lines: readonly SeenLine[];
}

/** A consumer that does with each event what the documentation says, and nothing else. */
export class TailConsumer {
  readonly problems: string[] = [];
  eventCount = 0;
  readonly #files = new Map<string, SeenLine[]>();
  /** Lines of files of which nothing was reported yet. */
  readonly #started = new Map<string, SeenLine[]>();
  #saved: ReadonlyMap<string, Saved> = new Map();

  /** Paths of the files it holds lines of. */
  get paths(): readonly string[] {
    return [...this.#files].filter(([, lines]) => lines.length > 0).map(([path]) => path);
  }

  /** The lines it holds of a file; a line that was skipped reads `<its reason>`. */
  linesOf(path: string): readonly string[] {
    return (this.#files.get(path) ?? []).map(({ text }) => text);
  }

  take(event: TailEvent): void {
    // That events are missing, or come again, says nothing about a file.
    if (event.type === 'problem') return;
    this.eventCount += 1;
    const started = this.#started.get(event.path);
    this.#started.delete(event.path);
    if (started !== undefined) this.#files.set(event.path, started);
    const lines = this.#files.get(event.path) ?? [];
    if (event.type === 'file') this.#files.set(event.path, before(lines, event.startOffset));
    if (event.type === 'rewritten') this.#files.set(event.path, before(lines, event.fromOffset));
    if (event.type === 'line') this.#line(event.path, { ...event, text: event.text() });
    if (event.type === 'bad-line') this.#line(event.path, { ...event, text: `<${event.reason}>` });
    if (event.type === 'file-gone') this.#gone(event.path, event.renamedTo, lines);
  }

  /** Keeps what a next process needs: how far each file was taken, and the lines up to there. */
  save(follower: Follower): void {
    const saved = [...this.#files].flatMap(([path, lines]): [string, Saved][] => {
      const checkpoint = follower.checkpoint(path);
      if (checkpoint === undefined) return [];
      return [[path, { checkpoint, lines: lines.filter(({ endOffset }) => endOffset <= checkpoint.offset) }]];
    });
    this.#saved = new Map(saved);
  }

  /** A new process: only what was saved is left. */
  restart(): void {
    this.#files.clear();
    this.#started.clear();
  }

  /** Where to start in a file: after the lines that were kept of it, which count once it is reported. */
  startOf(path: string): Checkpoint | 'beginning' {
    const saved = this.#saved.get(path);
    this.#started.set(path, [...(saved?.lines ?? [])]);
    return saved?.checkpoint ?? 'beginning';
  }

  #line(path: string, { startOffset, endOffset, text }: SeenLine): void {
    const lines = this.#files.get(path);
    const isInOrder = startOffset >= (lines?.at(-1)?.endOffset ?? 0);
    if (!isInOrder) this.problems.push(`${path}: the line at ${startOffset} came again, or out of order`);
    if (lines === undefined) this.problems.push(`${path}: a line of a file that was not reported`);
    lines?.push({ startOffset, endOffset, text });
  }

  #gone(path: string, renamedTo: string | undefined, lines: SeenLine[]): void {
    this.#files.delete(path);
    if (renamedTo?.endsWith('.jsonl') === true) this.#files.set(renamedTo, lines);
  }
}

function before(lines: readonly SeenLine[], offset: number): SeenLine[] {
  return lines.filter((line) => line.startOffset < offset);
}
