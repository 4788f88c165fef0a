import { type FileStat, mtimeMsOf } from './file-system.ts';
import { FileTail, type TailContext, type TailStart } from './file-tail.ts';
import type { ResolvedOptions, StartInfo, StartPoint } from './options.ts';
import type { Entry } from './tree.ts';

/** A file that may be followed. */
export interface StartCandidate {
  readonly path: string;
  readonly stat: FileStat;
  /** True when the directory was listed before without it. */
  readonly isNew: boolean;
  /** The stat with which it was skipped before. */
  readonly skipped?: FileStat | undefined;
}

/** Decides, by the `start` option, whether a file is followed and from where it is read. */
export class StartPolicy {
  readonly #options: ResolvedOptions;
  readonly #context: TailContext;

  constructor(options: ResolvedOptions, context: TailContext) {
    this.#options = options;
    this.#context = context;
  }

  /** Starts or skips a file that was found, or that changed after it was skipped. */
  start(candidate: StartCandidate): Entry {
    const { path, stat, isNew, skipped } = candidate;
    const point = this.#startPoint(candidate);
    if (point === 'skip') return { kind: 'listed', stat, isNew };
    const tail = new FileTail(path, stat, toTailStart(point, stat.sizeBytes), this.#context);
    const changedJustNow = isNew || skipped !== undefined;
    const ageMs = changedJustNow ? 0 : Math.max(0, Date.now() - mtimeMsOf(stat));
    return { kind: 'file', tail, changedAtMs: this.#options.clock.now() - ageMs };
  }

  #startPoint({ path, stat, isNew, skipped }: StartCandidate): StartPoint {
    const { start } = this.#options;
    if (typeof start !== 'function') return isNew ? 'beginning' : start;
    const { dev, ino, sizeBytes } = stat;
    const info: StartInfo = { dev, ino, sizeBytes, mtimeMs: mtimeMsOf(stat), isNew };
    if (skipped === undefined) return start(path, info);
    return start(path, { ...info, skippedAt: { sizeBytes: skipped.sizeBytes, mtimeMs: mtimeMsOf(skipped) } });
  }
}

function toTailStart(point: Exclude<StartPoint, 'skip'>, sizeBytes: number): TailStart {
  if (point === 'beginning') return { offset: 0, align: false };
  if (typeof point === 'object' && 'version' in point) return point;
  const offset = point === 'end' ? sizeBytes : 'lastBytes' in point ? sizeBytes - point.lastBytes : point.offset;
  // Starting one byte earlier shows whether a line starts at `offset`: that byte is then a newline.
  return offset <= 0 ? { offset: 0, align: false } : { offset: Math.min(offset, sizeBytes) - 1, align: true };
}
