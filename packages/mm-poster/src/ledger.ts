import { randomUUID } from 'node:crypto';
import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isObject } from '@live-status/basics';
import { type Clock, type Log, replaceFile, silentLog, systemClock, type TimerHandle } from '@live-status/resilience';
import { Journal } from './journal.ts';
import { isStopReason, type StopReason } from './next-step.ts';
import { isTarget, type Target } from './target.ts';

/** One open box and its post. Times are milliseconds since the epoch. */
export interface LedgerEntry {
  readonly boxId: string;
  readonly target: Target;
  /** Random, in the props of this post alone: by it the post is found again. */
  readonly marker: string;
  /** Key of the create; the server answers a repeat within 30 s with the same post. */
  readonly pendingPostId: string;
  readonly createdAt: number;
  /** When the first create under `pendingPostId` began. Without `postId`: whether there is a post is not known. */
  readonly attemptedAt?: number | undefined;
  /** Where the target led. */
  readonly channelId?: string | undefined;
  /** Thread root of the post; unlike the target's gone when the root was deleted. */
  readonly rootId?: string | undefined;
  readonly postId?: string | undefined;
  /** Props of the post that the server added. */
  readonly serverProps?: Readonly<Record<string, unknown>> | undefined;
  /** When the post was made. */
  readonly postedAt?: number | undefined;
  /** How many earlier posts of this box could not be edited any longer. */
  readonly continued?: number | undefined;
  /** Ids of those posts, the newest ones. */
  readonly earlierPostIds?: readonly string[] | undefined;
  /** What the post shows: a digest of the content's key, and the version of the post in which it was sent. */
  readonly shown?: { readonly key: string; readonly updateAt: number } | undefined;
  /** Since when the last content is pending, because the server does not take it. */
  readonly pendingSince?: number | undefined;
  /** The post is still to be pinned. */
  readonly pinDue?: true | undefined;
  /** Its channel as people know it, once that was learnt. */
  readonly place?: string | undefined;
  /** The box is no longer shown, though its work goes on. */
  readonly stopped?: StopReason | undefined;
  /** What the caller needs to find its work again: any JSON. */
  readonly data?: unknown;
}

/** How the ledger stands, for health. Each is one sentence with its fix. */
export interface LedgerProblems {
  /** Why the last write failed. */
  readonly write?: string | undefined;
  /** What was found unreadable at the start. */
  readonly read?: string | undefined;
}

/**
 * The memory of the open boxes that survives the process. Changes are seen at once. They outlive the process after
 * `keep`, and the machine's power after `flush` or about a second later. A store that cannot be written is a problem to
 * report, never an error to throw.
 */
export interface Ledger {
  /** Random name of this installation, in the props of its posts. */
  readonly instanceId: string;
  /** True for a day after boxes may have been forgotten: their posts are to be searched by their marker. */
  readonly lost: boolean;
  entries(): readonly LedgerEntry[];
  get(boxId: string): LedgerEntry | undefined;
  put(entry: LedgerEntry): void;
  /** Changes an entry; does nothing when it is not there any more. */
  update(boxId: string, changes: Partial<Omit<LedgerEntry, 'boxId'>>): void;
  remove(boxId: string): void;
  /** From now on the entry, as it is, outlives the process (not a loss of power). Blocks only for a write to the cache. */
  keep(boxId: string): void;
  /** Resolves when every change so far is on disk, or could not be brought there. Never rejects. */
  flush(): Promise<void>;
  problems(): LedgerProblems;
  /** Flushes, and tries no more when that fails. */
  close(): Promise<void>;
}

/**
 * A newer version of this package wrote the ledger. Nothing was changed; the message names the file, both formats and
 * what to do.
 */
export class LedgerVersionError extends Error {
  override readonly name = 'LedgerVersionError';
  readonly code = 'ERR_LEDGER_VERSION';
  readonly path: string;
  /** Format of the file. */
  readonly version: number;

  constructor(path: string, version: number) {
    super(
      `${path} has format ${version}, and this version of Live Status reads up to format ${VERSION}. ` +
        'Install the newer version again; or move the file away, and posts that are open stay as they are',
    );
    this.path = path;
    this.version = version;
  }
}

/** Options of {@link openLedger}. */
export interface OpenLedgerOptions {
  /** Default: `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default: logs nothing. */
  readonly log?: Log | undefined;
}

/**
 * Opens `ledger.json` in `dir` (made with mode 0700 when it does not exist; files 0600), and what was kept since its last
 * write in `ledger.journal`. A file that cannot be read as a ledger is renamed to `ledger.json.corrupt-<time>` and
 * reported. A ledger that cannot be read or written still works for this process and says so in `problems()`.
 *
 * @throws LedgerVersionError for a ledger that a newer version wrote: without its entries, posts would be made twice
 */
export async function openLedger(dir: string, options: OpenLedgerOptions = {}): Promise<Ledger> {
  const { clock = systemClock, log = silentLog } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const file = new LedgerFile(dir, { clock, log });
  const { entries, readProblem, isUnsaved } = await file.read();
  if (readProblem !== undefined) log.error({ path: file.path, problem: readProblem }, 'could not read the ledger');
  if (file.lostAt !== undefined) log.warn({ path: file.path }, 'the ledger may lack boxes of the last day');
  const instanceId = await file.readInstanceId();
  const ledger = new StoredLedger({
    instanceId,
    entries,
    readProblem,
    isUnsaved,
    lostAt: file.lostAt,
    clock,
    save: (current) => file.save(current),
    keep: (entry) => file.keep(entry),
  });
  // What the journal brought belongs into the file before anything is added to it, and so does a newer format.
  await ledger.flush();
  return ledger;
}

/** A ledger that ends with the process. A restart may then leave posts behind, or make second ones. */
export function createMemoryLedger(clock: Clock = systemClock): Ledger {
  return new StoredLedger({ instanceId: randomUUID(), entries: [], clock, save: async () => undefined });
}

/** What a {@link StoredLedger} is made of. */
export interface LedgerStore {
  readonly instanceId: string;
  readonly entries: readonly LedgerEntry[];
  readonly clock: Clock;
  /** Set when the stored entries could not be read. */
  readonly readProblem?: string | undefined;
  /** When boxes were forgotten the last time, because an earlier process could not read or save them. */
  readonly lostAt?: number | undefined;
  /** The entries are to be saved, though nothing has changed. Default: false. */
  readonly isUnsaved?: boolean | undefined;
  /** Makes the entries durable, whole; rejects with an error that names the cause. */
  readonly save: (entries: readonly LedgerEntry[]) => Promise<void>;
  /** Makes one entry outlive the process, until the next `save`; throws an error that names the cause. Default: nothing. */
  readonly keep?: ((entry: LedgerEntry) => void) | undefined;
}

/** How far back posts of forgotten boxes are searched, and so how long; busy channels are searched less far. */
export const LOST_SEARCH_MS: number = 24 * 3_600_000;

/** How long an unforced change may wait: long enough that busy boxes share one write. */
const WRITE_INTERVAL_MS = 1000;

/** A ledger over any store. Writes are whole, one at a time, and shared by all who wait. */
export class StoredLedger implements Ledger {
  readonly instanceId: string;
  readonly #store: LedgerStore;
  readonly #lostAt: number | undefined;
  readonly #entries: Map<string, LedgerEntry>;
  #dirty: boolean;
  #closed = false;
  #writeProblem: string | undefined;
  /** Entries that are stored as they are. */
  readonly #kept = new WeakSet<LedgerEntry>();
  #timer: TimerHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  constructor(store: LedgerStore) {
    this.#store = store;
    this.#entries = new Map(store.entries.map((entry) => [entry.boxId, entry]));
    this.instanceId = store.instanceId;
    this.#lostAt = store.readProblem === undefined ? store.lostAt : store.clock.now();
    this.#dirty = store.isUnsaved === true;
  }

  get lost(): boolean {
    return this.#lostAt !== undefined && this.#store.clock.now() - this.#lostAt < LOST_SEARCH_MS;
  }

  entries(): readonly LedgerEntry[] {
    return [...this.#entries.values()];
  }

  get(boxId: string): LedgerEntry | undefined {
    return this.#entries.get(boxId);
  }

  put(entry: LedgerEntry): void {
    this.#entries.set(entry.boxId, entry);
    this.#changed();
  }

  update(boxId: string, changes: Partial<Omit<LedgerEntry, 'boxId'>>): void {
    const entry = this.#entries.get(boxId);
    if (entry !== undefined) this.put({ ...entry, ...changes });
  }

  remove(boxId: string): void {
    if (this.#entries.delete(boxId)) this.#changed();
  }

  keep(boxId: string): void {
    const entry = this.#entries.get(boxId);
    if (entry === undefined || this.#kept.has(entry)) return;
    try {
      this.#store.keep?.(entry);
      this.#kept.add(entry);
    } catch (error) {
      this.#writeProblem = messageOf(error);
      this.#changed();
    }
  }

  flush(): Promise<void> {
    if (this.#timer !== undefined) this.#store.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#dirty) return this.#writing;
    this.#queued ??= this.#writing.then(() => {
      this.#writing = this.#write();
      return this.#writing;
    });
    return this.#queued;
  }

  problems(): LedgerProblems {
    return { write: this.#writeProblem, read: this.#store.readProblem };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #changed(): void {
    this.#dirty = true;
    if (!this.#closed) this.#timer ??= this.#store.clock.setTimeout(() => void this.flush(), WRITE_INTERVAL_MS);
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    this.#queued = undefined;
    const entries = this.entries();
    try {
      await this.#store.save(entries);
      for (const entry of entries) this.#kept.add(entry);
      this.#writeProblem = undefined;
    } catch (error) {
      this.#writeProblem = messageOf(error);
      this.#changed();
    }
  }
}

/** Format of the file as it is written. Every format from the oldest on is read; a newer one is refused. */
const VERSION = 1;
const OLDEST_VERSION = 1;
const CHUNK_CHARS = 65_536;

/** What a ledger's files hold. */
interface StoredEntries {
  readonly entries: readonly LedgerEntry[];
  readonly readProblem?: string | undefined;
  /** There is a journal, to be folded into the file; or the file has an older format than what the journal will have. */
  readonly isUnsaved: boolean;
}

/** The files of a ledger: one that is written whole, when its text would change, and a journal of what came since. */
class LedgerFile {
  readonly path: string;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #journal: Journal;
  /** What an entry looks like in the files; entries are never changed in place. */
  readonly #lines = new WeakMap<LedgerEntry, string>();
  /** The same of their data, which stays the same while the rest changes. */
  readonly #data = new WeakMap<object, string>();
  /** Number of the last write that was begun. */
  #saves = 0;
  /** An empty file, as old as the last loss of boxes, and there while their posts are searched: a full disk has room for it. */
  readonly #incompletePath: string;
  /** When an earlier process may have lost boxes, unless that was too long ago. */
  readonly lostAt: number | undefined;
  /** What was missing at the start is missing still: only searches find it. */
  #wasIncomplete: boolean;
  #saved: readonly string[] | undefined;
  #failing = false;
  /** Written with the entries when it could not be before. */
  #unsavedInstanceId: string | undefined;

  constructor(dir: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#dir = dir;
    this.#clock = clock;
    this.path = join(dir, 'ledger.json');
    this.#journal = new Journal(join(dir, 'ledger.journal'));
    this.#log = log;
    this.#incompletePath = join(dir, 'ledger.incomplete');
    this.lostAt = this.#readTrace();
    this.#wasIncomplete = this.lostAt !== undefined;
  }

  async read(): Promise<StoredEntries> {
    const {
      entries,
      saves,
      version = VERSION,
      readProblem,
    } = await readLedger(this.path, this.#clock, () => {
      this.#wasIncomplete = true;
      this.#leaveTrace();
    });
    const records = await this.#journal.read().catch((err: unknown) => {
      this.#log.warn({ path: this.#journal.path, err }, 'could not read the journal of the ledger');
      return [];
    });
    // Older records are in the file already. Without a number it was not written since there are journals.
    const isNewer = (since: number): boolean => {
      if (readProblem !== undefined) return true;
      return saves === undefined ? since === 0 : since >= saves;
    };
    const newer = records.filter(({ since }) => isNewer(since));
    const byBox = new Map(entries.map((entry) => [entry.boxId, entry]));
    for (const { entry } of newer) if (isEntry(entry)) byBox.set(entry.boxId, withKnownStop(entry));
    this.#saves = records.reduce((last, { since }) => Math.max(last, since), saves ?? 0);
    return { entries: [...byBox.values()], readProblem, isUnsaved: records.length > 0 || version < VERSION };
  }

  /** In its own file, so that posts are known as ours even when the ledger is lost. */
  async readInstanceId(): Promise<string> {
    const stored = await readFile(this.#instanceIdPath, 'utf8').catch(() => '');
    if (/^[0-9a-f-]{36}$/.test(stored.trim())) return stored.trim();
    const created = randomUUID();
    this.#unsavedInstanceId = created;
    await this.#saveInstanceId().catch(() => undefined);
    return created;
  }

  async save(entries: readonly LedgerEntry[]): Promise<void> {
    const lines = entries.map((entry) => this.#lineOf(entry));
    const isSaved = this.#saved?.length === lines.length && lines.every((line, i) => line === this.#saved?.[i]);
    if (!isSaved) {
      // Before anything is waited for: what is kept from now on is newer than these lines.
      this.#saves += 1;
      this.#journal.saving();
    }
    try {
      await this.#saveInstanceId();
      if (!isSaved) await this.#replace(lines);
    } catch (cause) {
      throw this.#failed(this.path, cause);
    }
    try {
      if (isSaved) this.#journal.clear();
      else this.#journal.saved();
      if (this.#failing) this.#journal.check();
    } catch (cause) {
      throw this.#failed(this.#journal.path, cause);
    }
    if (this.#failing && !this.#wasIncomplete) this.#removeTrace();
    this.#failing = false;
  }

  async #replace(lines: readonly string[]): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await replaceFile(this.path, inChunks(lines, this.#saves));
    this.#saved = lines;
  }

  keep(entry: LedgerEntry): void {
    try {
      this.#journal.append({ since: this.#saves, line: this.#lineOf(entry) });
    } catch (cause) {
      throw this.#failed(this.#journal.path, cause);
    }
  }

  #failed(path: string, cause: unknown): Error {
    // Tried again about every second: logged once.
    if (!this.#failing) this.#log.error({ path, err: cause }, 'could not write the ledger');
    this.#failing = true;
    this.#leaveTrace();
    return new Error(`${path} cannot be written (${codeOf(cause)}); make room or set its permissions`, { cause });
  }

  /** Tells the processes of the next day that boxes may be missing. */
  #leaveTrace(): void {
    const now = this.#clock.now() / 1_000;
    try {
      writeFileSync(this.#incompletePath, '', { mode: 0o600 });
      utimesSync(this.#incompletePath, now, now);
    } catch {
      // Nothing can be left behind here.
    }
  }

  #removeTrace(): void {
    try {
      rmSync(this.#incompletePath, { force: true });
    } catch {
      // The next process searches posts that it need not search.
    }
  }

  #readTrace(): number | undefined {
    const lostAt = modifiedAt(this.#incompletePath);
    if (lostAt === undefined) return undefined;
    const now = this.#clock.now();
    // The clock was set back meanwhile: the day counts from now.
    if (lostAt > now) this.#leaveTrace();
    if (now - lostAt < LOST_SEARCH_MS) return Math.min(lostAt, now);
    this.#removeTrace();
    return undefined;
  }

  #lineOf(entry: LedgerEntry): string {
    const known = this.#lines.get(entry);
    if (known !== undefined) return known;
    const { data, ...rest } = entry;
    const fields = JSON.stringify(rest);
    const line = data === undefined ? fields : `${fields.slice(0, -1)},"data":${this.#dataOf(data)}}`;
    this.#lines.set(entry, line);
    return line;
  }

  #dataOf(data: unknown): string {
    if (!isObject(data)) return JSON.stringify(data) ?? 'null';
    const json = this.#data.get(data) ?? JSON.stringify(data);
    this.#data.set(data, json);
    return json;
  }

  get #instanceIdPath(): string {
    return join(this.#dir, 'instance-id');
  }

  async #saveInstanceId(): Promise<void> {
    if (this.#unsavedInstanceId === undefined) return;
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await replaceFile(this.#instanceIdPath, `${this.#unsavedInstanceId}\n`);
    this.#unsavedInstanceId = undefined;
  }
}

/** When a file was written, milliseconds since the epoch; undefined when it is not there. */
function modifiedAt(path: string): number | undefined {
  try {
    return Math.floor(statSync(path).mtimeMs);
  } catch {
    return undefined;
  }
}

/** What a ledger file holds; `saves`: which write of the ledger it was; `version`: its format. */
interface LedgerText {
  readonly entries: readonly LedgerEntry[];
  readonly saves?: number | undefined;
  readonly version?: number;
}

/** @param onUnreadable called before a file that is not a ledger is set aside */
async function readLedger(
  path: string,
  clock: Clock,
  onUnreadable: () => void,
): Promise<LedgerText & Pick<StoredEntries, 'readProblem'>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { entries: [] };
    onUnreadable();
    return { entries: [], readProblem: `${path} cannot be read (${codeOf(error)}); set its permissions` };
  }
  const file = parseJson(text);
  if (isNewer(file)) throw new LedgerVersionError(path, file.version);
  const ledger = ledgerIn(file);
  if (ledger !== undefined) return ledger;
  onUnreadable();
  const aside = `${path}.corrupt-${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
  const moved = await rename(path, aside).then(
    () => `it was renamed to ${aside}; delete that file if nobody needs it`,
    (error: unknown) => `it could not be renamed (${codeOf(error)}); set the directory's permissions`,
  );
  return { entries: [], readProblem: `${path} is not a ledger of this version: ${moved}` };
}

/** The text of a ledger file, in parts: whole it would be megabytes of garbage a second when there are many boxes. */
function* inChunks(entryLines: readonly string[], saves: number): Iterable<string> {
  let chunk = `{"version":${VERSION},"saves":${saves},"entries":[`;
  for (const [i, line] of entryLines.entries()) {
    chunk += `${i === 0 ? '' : ','}\n${line}`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}\n]}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNewer(file: unknown): file is { readonly version: number } {
  return isObject(file) && Number.isInteger(file.version) && Number(file.version) > VERSION;
}

/** The entries of a ledger file, or undefined when it is not one. */
function ledgerIn(file: unknown): LedgerText | undefined {
  if (!isObject(file) || !Number.isInteger(file.version) || !Array.isArray(file.entries)) return undefined;
  if (Number(file.version) < OLDEST_VERSION) return undefined;
  if (!file.entries.every(isEntry)) return undefined;
  const saves = Number.isSafeInteger(file.saves) ? Number(file.saves) : undefined;
  return { entries: file.entries.map(withKnownStop), saves, version: Number(file.version) };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);

function isEntry(value: unknown): value is LedgerEntry {
  return (
    isObject(value) &&
    [value.boxId, value.marker, value.pendingPostId].every(isText) &&
    isTarget(value.target) &&
    Number.isFinite(value.createdAt) &&
    isOptional(value.attemptedAt, Number.isFinite) &&
    [value.channelId, value.rootId, value.postId, value.place].every((id) => isOptional(id, isText)) &&
    isOptional(value.serverProps, isObject) &&
    isOptional(value.earlierPostIds, (ids) => Array.isArray(ids) && ids.every(isText)) &&
    isOptional(value.postedAt, Number.isFinite) &&
    isOptional(value.pendingSince, Number.isFinite) &&
    isOptional(value.shown, isObject) &&
    isOptional(value.pinDue, (due) => due === true) &&
    isOptional(value.stopped, isKnownStop)
  );
}

/** Earlier versions stopped a box for what may be undone as well. */
const UNDONE: readonly unknown[] = ['archived', 'forbidden', 'no-target'];
const isKnownStop = (value: unknown): boolean => isStopReason(value) || UNDONE.includes(value);

function withKnownStop({ stopped, ...entry }: LedgerEntry): LedgerEntry {
  return isStopReason(stopped) ? { ...entry, stopped } : entry;
}

const codeOf = (error: unknown): string => errorCode(error) ?? String(error);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
