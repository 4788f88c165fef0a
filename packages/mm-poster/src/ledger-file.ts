import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@live-status/resilience';
import { createLedger, type Ledger, type LedgerEntry } from './ledger.ts';
import { type Log, silentLog } from './log.ts';
import { isStopReason } from './stop-reason.ts';
import { isTarget } from './target.ts';

/** Options of {@link openLedger}. */
export interface OpenLedgerOptions {
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default: logs nothing. */
  readonly log?: Log | undefined;
}

/** Version of the file's format; another one is not read. */
const VERSION = 1;
const CHUNK_CHARS = 65_536;

/**
 * Opens `ledger.json` in `dir` (made with mode 0700 when it does not exist; files 0600). A file that cannot be read
 * as a ledger is renamed to `ledger.json.corrupt-<time>` and reported. Never rejects: a ledger that cannot be read or
 * written still works for this process and says so in `problems()`.
 */
export async function openLedger(dir: string, options: OpenLedgerOptions = {}): Promise<Ledger> {
  const { clock = systemClock, log = silentLog } = options;
  const path = join(dir, 'ledger.json');
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const instanceId = await readInstanceId(join(dir, 'instance-id'));
  const { entries, readProblem } = await readEntries(path, clock);
  if (readProblem !== undefined) log.error({ path, problem: readProblem }, 'ledger unreadable');
  /** What an entry looks like in the file; entries are never changed in place. */
  const lines = new WeakMap<LedgerEntry, string>();
  const lineOf = (entry: LedgerEntry): string => {
    const line = lines.get(entry) ?? JSON.stringify(entry);
    lines.set(entry, line);
    return line;
  };
  let saved: readonly string[] | undefined;
  let failing = false;
  return createLedger({
    instanceId,
    entries,
    readProblem,
    clock,
    async save(current) {
      const entryLines = current.map(lineOf);
      if (saved?.length === entryLines.length && entryLines.every((line, i) => line === saved?.[i])) return;
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await replaceFile(path, inChunks(entryLines));
        await syncDirectory(dir);
        saved = entryLines;
        failing = false;
      } catch (cause) {
        // Tried again about every second: said once.
        if (!failing) log.error({ path, err: cause }, 'ledger not written');
        failing = true;
        throw new Error(`${path} cannot be written (${codeOf(cause)}); make room or set its permissions`, { cause });
      }
    },
  });
}

async function readEntries(
  path: string,
  clock: Clock,
): Promise<{ entries: readonly LedgerEntry[]; readProblem?: string | undefined }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { entries: [] };
    return { entries: [], readProblem: `${path} cannot be read (${codeOf(error)}); set its permissions` };
  }
  const entries = parseLedger(text);
  if (entries !== undefined) return { entries };
  const aside = `${path}.corrupt-${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
  const moved = await rename(path, aside).then(
    () => `it was renamed to ${aside}; delete that when nobody wants to look at it`,
    (error: unknown) => `it could not be renamed (${codeOf(error)}); set the directory's permissions`,
  );
  return { entries: [], readProblem: `${path} is no ledger of this version: ${moved}` };
}

/** The text of a ledger file, in parts: whole it would be megabytes of garbage a second when there are many boxes. */
function* inChunks(entryLines: readonly string[]): Iterable<string> {
  let chunk = `{"version":${VERSION},"entries":[`;
  for (const [i, line] of entryLines.entries()) {
    chunk += `${i === 0 ? '' : ','}\n${line}`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}\n]}\n`;
}

/** The entries of a ledger file, or undefined when it is none. Pure. */
function parseLedger(text: string): readonly LedgerEntry[] | undefined {
  try {
    const file: unknown = JSON.parse(text);
    if (!isFields(file) || file.version !== VERSION || !Array.isArray(file.entries)) return undefined;
    return file.entries.every(isEntry) ? file.entries : undefined;
  } catch {
    return undefined;
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);

function isEntry(value: unknown): value is LedgerEntry {
  return (
    isFields(value) &&
    [value.boxId, value.marker, value.pendingPostId].every(isText) &&
    isTarget(value.target) &&
    Number.isFinite(value.createdAt) &&
    isOptional(value.attemptedAt, Number.isFinite) &&
    [value.channelId, value.rootId, value.postId].every((id) => isOptional(id, isText)) &&
    isOptional(value.serverProps, isFields) &&
    isOptional(value.stopped, isStopReason)
  );
}

/** In its own file, so that posts are known as ours even when the ledger is lost. */
async function readInstanceId(path: string): Promise<string> {
  const stored = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f-]{36}$/.test(stored.trim())) return stored.trim();
  const created = randomUUID();
  await replaceFile(path, `${created}\n`).catch(() => undefined);
  return created;
}

/** After this the file has either the old or the new text, whatever happens to the process or the machine. */
async function replaceFile(path: string, text: string | Iterable<string>): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Makes a rename survive a loss of power. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
