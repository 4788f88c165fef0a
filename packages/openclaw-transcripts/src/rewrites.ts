import type { FileRewritten, LineSeen } from './observation.ts';
import type { RunEnds } from './run-end.ts';
import { openRun, type TranscriptSession } from './sessions.ts';
import type { TranscriptFile } from './transcript-files.ts';

/**
 * A rewritten transcript that lacks entries for this long has lost them: it is written in one go, within milliseconds
 * but on a busy disk. A new entry after the rewrite says so at once.
 */
const RETRACT_GRACE_MS = 1_000;

/** The history that a transcript was copied with is there at once; what comes later is new, whatever its time. */
const HISTORY_MS = 2_000;

/** Lines of a rewritten file come again. */
export interface Rewrite {
  /** Entries that have to come again. */
  readonly missing: Set<string>;
  /** When those still missing are lost. */
  retractAt?: number;
}

/** Lines come again: what stood in the rewritten part has to be met again, or is lost. */
export function beginRewrite(session: TranscriptSession, file: TranscriptFile, seen: FileRewritten): void {
  file.hasReachedCopied = false;
  const missing = session.own.known.from(file.path, seen.fromOffset);
  for (const id of file.rewrite?.missing ?? []) missing.add(id);
  file.rewrite = { missing };
}

/** The rewritten file was read to its end. What is missing gets a moment: the end may have been met in mid-write. */
export function finishRewrite(file: TranscriptFile, at: number): void {
  if (file.rewrite === undefined) return;
  if (file.rewrite.missing.size === 0) delete file.rewrite;
  else file.rewrite.retractAt ??= at + RETRACT_GRACE_MS;
}

/** Whether an entry is new to the session. Remembers it. */
export function isNewEntry(session: TranscriptSession, file: TranscriptFile, line: LineSeen, ends: RunEnds): boolean {
  const { known } = session.own;
  const { recordedAt } = line.entry;
  if (isHistory(file, line)) return false;
  const id = line.entry.id ?? `@${line.startOffset}`;
  if (known.has(id)) {
    known.moved(id, file.path, line.startOffset);
    file.rewrite?.missing.delete(id);
    return false;
  }
  const mayBeOld = file.oldBefore !== undefined && (file.isAppended !== true || file.rewrite !== undefined);
  const skipped = mayBeOld && recordedAt !== undefined && recordedAt < (file.oldBefore ?? 0);
  const old = skipped || (file.rewrite !== undefined && known.isOld(recordedAt));
  // Entries are appended in order: what is still missing before a new one is lost.
  if (file.rewrite !== undefined && !old) retractMissing(session, file, line.at, ends);
  known.add(id, file.path, line.startOffset, recordedAt);
  return !old;
}

/** Takes back the entries that the rewritten file no longer has. */
export function retractMissing(session: TranscriptSession, file: TranscriptFile, at: number, ends: RunEnds): void {
  const lost = file.rewrite?.missing ?? new Set<string>();
  delete file.rewrite;
  if (lost.size === 0) return;
  session.own.known.forget(lost);
  session.retract([...lost], at);
  const run = openRun(session);
  if (run !== undefined) ends.retractEndings(run, lost, at);
}

/** Whether a line was copied together with the file: by its time, unless entries that were copied last came before it. */
function isHistory(file: TranscriptFile, { at, entry }: LineSeen): boolean {
  const { historyUntil, liveSince, rewrite } = file;
  if (historyUntil === undefined || entry.recordedAt === undefined || entry.recordedAt >= historyUntil) return false;
  if (entry.id !== undefined && file.copiedIds?.has(entry.id)) {
    file.hasReachedCopied = true;
    return true;
  }
  if (file.hasReachedCopied === true) return false;
  return rewrite !== undefined || liveSince === undefined || at - liveSince <= HISTORY_MS;
}
