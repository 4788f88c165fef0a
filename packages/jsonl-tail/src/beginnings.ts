import { type FileSight, mtimeMsOf } from './file-sight.ts';
import { FileTail } from './file-tail.ts';
import type { TailStart } from './line-reader.ts';
import { isLinkToAncestor, type NameKind, sightNow } from './listing.ts';
import type { ResolvedOptions, StartInfo, StartPoint } from './options.ts';
import type { TailContext } from './tail-context.ts';
import type { Entry } from './tree.ts';

/** Decides what becomes of a name when it is found, or when a file that was skipped has changed. */
export class Beginnings {
  readonly #options: ResolvedOptions;
  readonly #tailContext: TailContext;

  constructor(options: ResolvedOptions, tailContext: TailContext) {
    this.#options = options;
    this.#tailContext = tailContext;
  }

  /** A name that was found at a path; `isNew` when its directory was listed before without it. */
  found(path: string, name: string, kind: NameKind, isNew: boolean): Entry {
    const { clock, notice, include, includeDirectory } = this.#options;
    // Links to a directory above are not entered: they would never end.
    const isEntered = kind === 'directory' && includeDirectory(name) && !isLinkToAncestor(path);
    if (kind === 'directory') return isEntered ? { kind } : { kind: 'other', nameKind: kind };
    if (kind === 'file' && notice(name)) return { kind: 'noticed', sight: undefined, changedAtMs: clock.now() };
    if (kind !== 'file' || !include(name)) return { kind: 'other', nameKind: kind };
    const sight = sightNow(path);
    return sight === undefined ? { kind: 'listed', sight, isNew } : this.begin(path, sight, isNew, undefined);
  }

  /** A file with its stat; `skipped` is what it was when it was skipped before. */
  begin(path: string, sight: FileSight, isNew: boolean, skipped: FileSight | undefined): Entry {
    const point = this.#startPoint(path, sight, isNew, skipped);
    if (point === 'skip') return { kind: 'listed', sight, isNew };
    const tail = new FileTail(path, sight, toTailStart(point, sight), this.#tailContext);
    const isFresh = isNew || skipped !== undefined;
    const ageMs = isFresh ? 0 : Math.max(0, Date.now() - mtimeMsOf(sight));
    return { kind: 'file', tail, changedAtMs: this.#options.clock.now() - ageMs };
  }

  #startPoint(path: string, sight: FileSight, isNew: boolean, skipped: FileSight | undefined): StartPoint {
    const { start } = this.#options;
    if (typeof start !== 'function') return isNew ? 'beginning' : start;
    const { dev, ino, sizeBytes } = sight;
    const info: StartInfo = { dev, ino, sizeBytes, mtimeMs: mtimeMsOf(sight), isNew };
    if (skipped === undefined) return start(path, info);
    return start(path, { ...info, skippedAt: { sizeBytes: skipped.sizeBytes, mtimeMs: mtimeMsOf(skipped) } });
  }
}

function toTailStart(point: Exclude<StartPoint, 'skip'>, sight: FileSight): TailStart {
  if (point === 'beginning') return { offset: 0, align: false };
  if (typeof point === 'object' && 'version' in point) return point;
  const { sizeBytes } = sight;
  const offset = point === 'end' ? sizeBytes : 'lastBytes' in point ? sizeBytes - point.lastBytes : point.offset;
  // One byte earlier: when it is a newline, the line after it is complete.
  return offset <= 0 ? { offset: 0, align: false } : { offset: Math.min(offset, sizeBytes) - 1, align: true };
}
