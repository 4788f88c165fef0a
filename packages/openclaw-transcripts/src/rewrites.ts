import type { CaughtUp, FileRewritten, LineSeen } from './observation.ts';
import { reportEnding } from './run-endings.ts';
import { emit } from './sessions.ts';
import type { Session, TranscriptFile, World } from './state.ts';
import { RETRACT_GRACE_MS } from './timing.ts';

/** Lines come again: what stood in the rewritten part has to be met again, or is lost. */
export function beginRewrite(session: Session, file: TranscriptFile, seen: FileRewritten): void {
  const missing = session.known.from(file.path, seen.fromOffset);
  for (const id of file.rewrite?.missing ?? []) missing.add(id);
  file.rewrite = { missing };
}

/** Whether an entry is new to the session. Remembers it. */
export function isNew(world: World, session: Session, file: TranscriptFile, line: LineSeen): boolean {
  const { entry } = line;
  if (file.headerAt !== undefined && entry.recordedAt !== undefined && entry.recordedAt < file.headerAt) return false;
  const id = entry.id ?? `@${line.startOffset}`;
  if (session.known.has(id)) {
    session.known.moved(id, file.path, line.startOffset);
    file.rewrite?.missing.delete(id);
    return false;
  }
  const skipped = entry.recordedAt !== undefined && entry.recordedAt < (file.oldBefore ?? Number.NEGATIVE_INFINITY);
  const old = skipped || (file.rewrite !== undefined && session.known.isOld(entry.recordedAt));
  // Entries are appended in order: what is still missing before a new one is lost.
  if (file.rewrite !== undefined && !old) retract(world, session, file, line.at);
  session.known.add(id, file.path, line.startOffset, entry.recordedAt);
  return !old;
}

/** The rewritten file was read to its end. What is missing gets a moment: the end may have been met in mid-write. */
export function finishRewrite(file: TranscriptFile, seen: CaughtUp): void {
  if (file.rewrite === undefined) return;
  if (file.rewrite.missing.size === 0) delete file.rewrite;
  else file.rewrite.retractAt ??= seen.at + RETRACT_GRACE_MS;
}

/** Takes back the entries that the rewritten file no longer has. */
export function retract(world: World, session: Session, file: TranscriptFile, at: number): void {
  const lost = file.rewrite?.missing ?? new Set<string>();
  delete file.rewrite;
  if (lost.size === 0) return;
  session.known.forget(lost);
  emit(world, { type: 'retracted', sessionKey: session.key, at, entryIds: [...lost] });
  const { run } = session;
  if (run === undefined) return;
  const last = run.endings.at(-1);
  run.endings = run.endings.filter((ending) => !lost.has(ending.entryId));
  if (run.endings.at(-1) !== last) reportEnding(world, session, run, at);
}
