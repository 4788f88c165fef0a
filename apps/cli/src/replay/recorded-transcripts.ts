import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterpreter, type Observation } from '@live-status/openclaw-transcripts';
import type { SourceEvent } from '@live-status/session-state';
import { type CatalogEntry, parseCatalog, parseEntry, parseFileName } from '@live-status/transcript-parser';
import { CommandError } from '../command-error.ts';
import { readRecordedLines, recordedTime } from './recorded-lines.ts';
import { ticksUntil } from './ticks.ts';

/** The transcripts in a folder, its subfolders included, or the one file that `path` names. */
export async function findTranscripts(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const found = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && parseFileName(entry.name).kind === 'transcript')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length === 0) throw new CommandError(`${path} has no transcripts (*.jsonl)`);
  return found;
}

/**
 * What happened in recorded transcripts, in the order of the times in them. Locks are not recorded, so a run ends as in
 * sessions of writers without locks: by its last entry, or when it was silent for long.
 */
export async function* eventsOfTranscripts(paths: readonly string[]): AsyncGenerator<SourceEvent> {
  const interpreter = createInterpreter();
  const tick = (at: number): readonly SourceEvent[] => interpreter.observe({ type: 'tick', at });
  let isLive = false;
  let lastAt = 0;
  for await (const line of inOrder(paths.map(readLines))) {
    lastAt = Math.max(lastAt, line.at);
    if (!isLive) {
      isLive = true;
      yield* interpreter.observe({ type: 'live', at: lastAt });
      for (const dir of new Set(paths.map((path) => dirname(path)))) {
        const entries = await readNames(join(dir, 'sessions.json'));
        if (entries !== undefined) {
          yield* interpreter.observe({ type: 'catalog', path: join(dir, 'sessions.json'), dir, entries, at: lastAt });
        }
      }
    }
    yield* ticksUntil(interpreter, lastAt, tick);
    yield* interpreter.observe({ ...line, at: lastAt });
  }
  yield* ticksUntil(interpreter, Number.MAX_SAFE_INTEGER, tick);
}

type Line = Extract<Observation, { type: 'line' }>;

/** The lines of several transcripts by their time; those of one stay in its order. */
async function* inOrder(transcripts: readonly AsyncGenerator<Line>[]): AsyncGenerator<Line> {
  const heads = new Map<AsyncGenerator<Line>, Line>();
  const advance = async (transcript: AsyncGenerator<Line>): Promise<void> => {
    const { done, value } = await transcript.next();
    if (done) heads.delete(transcript);
    else heads.set(transcript, value);
  };
  for (const transcript of transcripts) await advance(transcript);
  while (heads.size > 0) {
    const [transcript, line] = [...heads].reduce((first, other) => (other[1].at < first[1].at ? other : first));
    yield line;
    await advance(transcript);
  }
}

/** The entries of a transcript. Lines that are not entries are passed over, as the daemon does. */
async function* readLines(path: string): AsyncGenerator<Line> {
  let at = Number.NEGATIVE_INFINITY;
  for await (const { startOffset, text } of readRecordedLines(path)) {
    const parsed = parseEntry(text);
    if (!parsed.ok) continue;
    at = Math.max(at, recordedTime(parsed.entry.recordedAt) ?? 0);
    yield { type: 'line', path, fingerprint: path, startOffset, entry: parsed.entry, at };
  }
}

/** Who the sessions beside a transcript are. How they stand is left out: the catalog says that as of its last write. */
async function readNames(path: string): Promise<ReadonlyMap<string, CatalogEntry> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = parseCatalog(text);
  if (!parsed.ok) return undefined;
  return new Map(
    [...parsed.entries].map(([key, { status: _, startedAt, endedAt, updatedAt, abortedLastRun, ...entry }]) => [
      key,
      entry,
    ]),
  );
}
