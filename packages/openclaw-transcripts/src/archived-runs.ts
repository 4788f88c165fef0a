import { existsSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { followDirectory } from '@live-status/jsonl-tail';
import type { SessionEvent } from '@live-status/session-state';
import { parseFileName, readEntry } from '@live-status/transcript-parser';
import { createInterpreter } from './interpreter.ts';
import type { LineSeen } from './observation.ts';
import type { RunPlace } from './resume-token.ts';
import { RESUME_MARGIN_BYTES, StartUpLines } from './start-up.ts';

/**
 * What became of runs of the previous process whose transcript was archived since (`/new`, `/reset`, a deleted session):
 * no catalog names it any more, and another session may have its key. So each is read by itself, up to its end.
 */
export async function readArchivedRuns(
  roots: readonly string[],
  resume: readonly RunPlace[],
  now: number,
): Promise<readonly SessionEvent[]> {
  const missing = resume.filter(({ path }) => roots.some((root) => path.startsWith(root + sep)) && !existsSync(path));
  const events: SessionEvent[] = [];
  for (const places of Map.groupBy(missing, ({ path }) => path).values()) {
    const [first] = places.sort((a, b) => a.startOffset - b.startOffset);
    if (first !== undefined) events.push(...eventsOf(first.sessionKey, await readArchive(first, now), now));
  }
  return events;
}

/** The archive's lines from where the first run began; none when there is no archive with the same first line. */
async function readArchive(place: RunPlace, now: number): Promise<readonly LineSeen[]> {
  const follower = followDirectory(dirname(place.path), {
    watch: false,
    followSymlinks: false,
    includeDirectory: () => false,
    include: (name) => isArchiveOf(name, basename(place.path)),
    start: { offset: Math.max(0, place.startOffset - RESUME_MARGIN_BYTES) },
  });
  const scanned = follower.scan().then(() => follower.close());
  const lines = new StartUpLines();
  let archive: string | undefined;
  for await (const event of follower) {
    if (event.type === 'file' && firstLineOf(event.fingerprint) === firstLineOf(place.fingerprint))
      archive = event.path;
    const parsed = event.type === 'line' && event.path === archive ? readEntry(event.bytes) : undefined;
    if (event.type === 'line' && parsed?.ok) lines.add(event, parsed.entry, now);
  }
  await scanned;
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

function eventsOf(sessionKey: string, lines: readonly LineSeen[], now: number): readonly SessionEvent[] {
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
  const interpreter = createInterpreter();
  interpreter.observe({ type: 'catalog', path: dirname(path), entries: new Map([[sessionKey, entry]]), at: now });
  for (const line of lines) interpreter.observe(line);
  interpreter.observe({ type: 'file-gone', path, renamedTo: path, at: last.at });
  return interpreter.observe({ type: 'live', at: now });
}
