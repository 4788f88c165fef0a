import { existsSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { followDirectory } from '@live-status/jsonl-tail';
import type { ResumeRequest, SessionEvent } from '@live-status/session-state';
import { parseFileName, readEntry } from '@live-status/transcript-parser';
import { createInterpreter } from './interpreter.ts';
import type { LineSeen } from './observation.ts';
import { RESUME_MARGIN_BYTES } from './start-points.ts';
import { StartUpLines } from './start-up-lines.ts';

/**
 * What became of runs of an earlier life whose transcript was archived since (`/new`, `/reset`, a deleted session):
 * no catalog names it any more, and another session may have its key. So each is told by itself, up to its end.
 */
export async function tellArchivedRuns(
  root: string,
  resume: readonly ResumeRequest[],
  now: number,
): Promise<readonly SessionEvent[]> {
  const missing = resume.filter(({ from }) => from.path.startsWith(root + sep) && !existsSync(from.path));
  const told: SessionEvent[] = [];
  for (const requests of Map.groupBy(missing, ({ from }) => from.path).values()) {
    const [first] = requests.sort((a, b) => a.from.startOffset - b.from.startOffset);
    if (first !== undefined) told.push(...tell(first.sessionKey, await readArchive(first, now), now));
  }
  return told;
}

/** The archive's lines from where the first run began; none when there is no archive with the same first line. */
async function readArchive({ from }: ResumeRequest, now: number): Promise<readonly LineSeen[]> {
  const follower = followDirectory(dirname(from.path), {
    watch: false,
    followSymlinks: false,
    includeDirectory: () => false,
    include: (name) => isArchiveOf(name, basename(from.path)),
    start: { offset: Math.max(0, from.startOffset - RESUME_MARGIN_BYTES) },
  });
  const looked = follower.scan().then(() => follower.close());
  const lines = new StartUpLines();
  let archive: string | undefined;
  for await (const event of follower) {
    if (event.type === 'file' && firstLineOf(event.fingerprint) === firstLineOf(from.fingerprint)) archive = event.path;
    const parsed = event.type === 'line' && event.path === archive ? readEntry(event.bytes) : undefined;
    if (event.type === 'line' && parsed?.ok) lines.add(event, parsed.entry, now);
  }
  await looked;
  return lines.inOrder();
}

function isArchiveOf(name: string, transcript: string): boolean {
  const parsed = parseFileName(name);
  return parsed.kind === 'archived' && parsed.transcript === transcript;
}

/** The part of a fingerprint that a copy shares with the original: repairs give a transcript another inode. */
function firstLineOf(fingerprint: string): string | undefined {
  return fingerprint.split('-').at(-1);
}

function tell(sessionKey: string, lines: readonly LineSeen[], now: number): readonly SessionEvent[] {
  const last = lines.at(-1);
  if (last === undefined) return [];
  const { path } = last;
  const name = parseFileName(basename(path));
  const transcript = parseFileName(name.kind === 'archived' ? name.transcript : '');
  const entry = {
    sessionFile: path,
    delivery: {},
    origin: {},
    usageFamilySessionIds: [],
    ...(transcript.kind === 'transcript' ? { sessionId: transcript.sessionId } : {}),
  };
  const { observe } = createInterpreter();
  observe({ type: 'catalog', path: dirname(path), entries: new Map([[sessionKey, entry]]), at: now });
  for (const line of lines) observe(line);
  observe({ type: 'file-gone', path, renamedTo: path, at: last.at });
  return observe({ type: 'live', at: now });
}
