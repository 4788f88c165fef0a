import { basename, dirname } from 'node:path';
import { Deadlines } from '@live-status/session-state';
import { type HeaderEntry, parseFileName, parseSessionKey } from '@live-status/transcript-parser';
import { type Catalogs, isMisnamed } from './catalogs.ts';
import type { EntryReader } from './entry-reader.ts';
import type {
  FileBeginning,
  FileGone,
  FileSeen,
  LineSeen,
  LockGone,
  LockOwner,
  LockSeen,
  Observation,
  OwnerDied,
} from './observation.ts';
import { beginRewrite, finishRewrite, isNewEntry, type Rewrite, retractMissing } from './rewrites.ts';
import type { RunEnds } from './run-end.ts';
import { openRun, type Sessions, type TranscriptSession } from './sessions.ts';

/** A transcript that the catalog does not name this long after its first line is not a session of the catalog. */
const CATALOG_GRACE_MS = 1_000;
/** What one file may hold back while its session is not known. */
const HELD_OBSERVATIONS = 10_000;
/** The same in bytes of the file: no session writes so much before a catalog names it. */
const HELD_BYTES = 64 * 1024 * 1024;

type OfSession = LineSeen | LockSeen | LockGone | OwnerDied;

/** What is known of one transcript. */
export interface TranscriptFile {
  readonly path: string;
  readonly dir: string;
  readonly name: string;
  /** Number of files that were met before it. */
  readonly order: number;
  /** Session it belongs to; absent while the catalog does not say. */
  key?: string;
  /** With what knowledge the catalogs were searched for it in vain. */
  lookedUpWith?: string;
  headerId?: string;
  /** Entries strictly older were copied from another transcript: set in forks and successors. */
  historyUntil?: number;
  /** Ids of the last entries that may have been copied, and whether one of them came: what follows and is none is new. */
  copiedIds?: ReadonlySet<string>;
  hasReachedCopied?: boolean;
  parentSession?: string;
  /** What its first line is, if that is no header. */
  begins?: Exclude<FileBeginning, object>;
  /** Another folder has the transcript of which this is a copy. */
  isCopy?: boolean;
  /** It is no session's transcript: what is observed of it is left out, until a catalog names it. */
  isIgnored?: boolean;
  /** When it was first observed after start-up, or start-up ended. */
  liveSince?: number;
  /** Entries recorded before this time are old; when it was only appended to, only those that a rewrite brings again. */
  oldBefore?: number;
  isAppended?: boolean;
  /** What was observed before the session was known. */
  held: OfSession[];
  firstLineAt?: number;
  /** Set while lines come again. */
  rewrite?: Rewrite;
}

/** What the files need to bring what they say to their sessions. */
export interface TranscriptFilesOptions {
  readonly sessions: Sessions;
  readonly catalogs: Catalogs;
  readonly reader: EntryReader;
  readonly ends: RunEnds;
}

/** The transcripts that were met, and the sessions they belong to. */
export class TranscriptFiles {
  readonly #sessions: Sessions;
  readonly #catalogs: Catalogs;
  readonly #reader: EntryReader;
  readonly #ends: RunEnds;
  readonly #files = new Map<string, TranscriptFile>();
  /** The files of each session, by its key. */
  readonly #byKey = new Map<string, Set<TranscriptFile>>();
  /** Files whose session is not known. */
  readonly #unnamed = new Set<TranscriptFile>();
  /** Files whose key was made up because the catalog did not say. */
  readonly #provisional = new Set<TranscriptFile>();
  readonly #deadlines = new Deadlines<TranscriptFile>();
  #filesMet = 0;
  /** How many entries of catalogs were copies when files were named last. */
  #copyCount = 0;

  constructor({ sessions, catalogs, reader, ends }: TranscriptFilesOptions) {
    this.#sessions = sessions;
    this.#catalogs = catalogs;
    this.#reader = reader;
    this.#ends = ends;
  }

  /** When time alone changes something about a file. */
  nextDeadline(): number | undefined {
    return this.#deadlines.first()?.at;
  }

  /** Whether any transcript belongs to the session. */
  hasFileOf(session: TranscriptSession): boolean {
    return this.#byKey.has(session.key);
  }

  /** The session id of the transcript from which that with this id was copied. */
  parentOf(sessionId: string): string | undefined {
    const copy = [...this.#files.values()].find(({ headerId }) => headerId === sessionId);
    const parent = parseFileName(copy?.parentSession?.split(/[\\/]/).at(-1) ?? '');
    return parent.kind === 'transcript' ? parent.sessionId : undefined;
  }

  /** Transcripts of sessions. */
  pathsOf(sessions: Iterable<TranscriptSession>): string[] {
    const paths: string[] = [];
    for (const { key } of sessions) for (const { path } of this.#byKey.get(key) ?? []) paths.push(path);
    return paths;
  }

  /** Transcripts whose lock counts and says who holds it. */
  heldLocks(): string[] {
    const paths: string[] = [];
    for (const session of this.#ends.locked) {
      for (const path of session.own.locks.ownedPaths()) {
        if (this.#files.get(path)?.key === session.key) paths.push(path);
      }
    }
    return paths;
  }

  /** A file is followed from now on, or it is another one now. */
  observeFile({ path, oldBefore, isAppended, begins, copiedIds, isCopy }: FileSeen): void {
    const file = this.#of(path);
    if (oldBefore !== undefined) Object.assign(file, { oldBefore, isAppended });
    if (isCopy !== undefined) file.isCopy = isCopy;
    if (copiedIds !== undefined) file.copiedIds = copiedIds;
    if (typeof begins === 'object') readHeader(file, begins);
    else if (begins !== undefined) file.begins = begins;
  }

  /** A line, or something about a lock. What concerns a session waits until the session is known. */
  observe(seen: OfSession): void {
    const file = this.#of(seen.path);
    if (seen.type === 'line' && seen.entry.kind === 'header') readHeader(file, seen.entry);
    if (this.#ends.isLive) file.liveSince ??= seen.at;
    const session = this.#sessionOf(file);
    if (session !== undefined) {
      this.#release([file]);
      this.#apply(session, file, seen);
    } else if (file.isIgnored !== true) {
      if (seen.type === 'line') file.firstLineAt ??= seen.at;
      if (mayHold(file, seen)) file.held.push(seen);
    }
    this.#schedule(file);
  }

  /** Lines of a file come again, or have all come. */
  observeRewrite(seen: Extract<Observation, { type: 'rewritten' | 'caught-up' }>): void {
    const file = this.#of(seen.path);
    const session = seen.type === 'caught-up' ? undefined : this.#sessionOf(file);
    if (seen.type === 'caught-up') finishRewrite(file, seen.at);
    else if (session !== undefined) beginRewrite(session, file, seen);
    else file.held = file.held.filter((held) => held.type !== 'line' || held.startOffset < seen.fromOffset);
    this.#schedule(file);
  }

  /** A transcript that was archived takes its session with it, if it is still the session's own. */
  observeGone({ path, renamedTo, at }: FileGone): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    const session = this.#sessionOf(file);
    this.#files.delete(path);
    this.#dropKey(file);
    this.#unnamed.delete(file);
    this.#provisional.delete(file);
    this.#deadlines.set(file, undefined);
    if (session === undefined) return;
    const isArchived = parseFileName(renamedTo?.split(/[\\/]/).at(-1) ?? '').kind === 'archived';
    if (isArchived && !this.hasFileOf(session)) this.#endSession(session, at);
    this.removeUnnamed(session);
  }

  /** Forgets a session that ended, once neither the catalog nor a transcript names it. */
  removeUnnamed(session: TranscriptSession): void {
    if (session.own.entry !== undefined || session.isReported || openRun(session) !== undefined) return;
    if (this.hasFileOf(session)) return;
    this.#ends.forget(session);
    this.#sessions.remove(session);
  }

  /** An entry that went while the lock was held has not come back. */
  #endSession(session: TranscriptSession, at: number): void {
    const isUnlisted = session.own.unlistedAt !== undefined;
    this.#ends.endSession(session, at);
    if (isUnlisted) this.#sessions.learn(session, undefined);
  }

  /** A catalog was read: files may have found their session, or turned out to be copies. */
  nameByCatalog(at: number): void {
    if (this.#copyCount !== this.#catalogs.copyCount) this.#disownCopies(at);
    for (const file of [...this.#provisional].sort(byOrder)) this.#rename(file);
    this.#release([...this.#unnamed].sort(byOrder).filter((file) => this.#sessionOf(file) !== undefined));
  }

  /** Start-up has ended: no catalog named these files in time. */
  nameRest(at: number): void {
    for (const file of this.#files.values()) file.liveSince = at;
    this.#nameUncatalogued([...this.#unnamed].filter((file) => file.held.length > 0).sort(byOrder));
  }

  /** Does what time alone brings about. */
  tick(at: number): void {
    const due: TranscriptFile[] = [];
    for (let next = this.#deadlines.first(); next !== undefined && next.at <= at; next = this.#deadlines.first()) {
      this.#deadlines.set(next.item, undefined);
      due.push(next.item);
    }
    due.sort(byOrder);
    this.#nameUncatalogued(due.filter((file) => nameAt(file) <= at));
    for (const file of due) {
      const session = file.key === undefined ? undefined : this.#sessions.get(file.key);
      if (session === undefined || (file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY) > at) continue;
      retractMissing(session, file, at, this.#ends);
      this.#ends.checkAt(session, at);
    }
    for (const file of due) this.#schedule(file);
  }

  /** The file of a path, remembered when it is met for the first time. */
  #of(path: string): TranscriptFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file: TranscriptFile = {
      path,
      dir: dirname(path),
      name: basename(path),
      order: this.#filesMet,
      held: [],
    };
    this.#filesMet += 1;
    this.#files.set(path, file);
    this.#unnamed.add(file);
    return file;
  }

  #schedule(file: TranscriptFile): void {
    const at = Math.min(nameAt(file), file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY);
    this.#deadlines.set(file, at === Number.POSITIVE_INFINITY || !this.#files.has(file.path) ? undefined : at);
  }

  /** The session a transcript belongs to, as far as the catalog says. */
  #sessionOf(file: TranscriptFile): TranscriptSession | undefined {
    const key = file.key ?? this.#lookUp(file);
    if (key === undefined) return undefined;
    file.isIgnored = false;
    this.#setKey(file, key);
    return this.#sessions.of(key);
  }

  #setKey(file: TranscriptFile, key: string): void {
    if (file.key === key) return;
    this.#dropKey(file);
    file.key = key;
    const files = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, files.add(file));
    this.#unnamed.delete(file);
  }

  #dropKey(file: TranscriptFile): void {
    const { key } = file;
    if (key === undefined) return;
    const files = this.#byKey.get(key);
    files?.delete(file);
    if (files?.size === 0) this.#byKey.delete(key);
    delete file.key;
  }

  /** Looks again only when a catalog or what is known of the file changed. */
  #lookUp(file: TranscriptFile): string | undefined {
    const known = `${this.#catalogs.readCount} ${file.headerId ?? ''}`;
    if (file.lookedUpWith === known) return undefined;
    file.lookedUpWith = known;
    return this.#catalogs.keyOf(file);
  }

  /** The sessions of files are known: what was held back happens now, at its own time and in the order it was seen. */
  #release(files: readonly TranscriptFile[]): void {
    const held = files.flatMap((file) => file.held.splice(0).map((seen) => ({ file, seen })));
    for (const { file, seen } of held.sort((a, b) => a.seen.at - b.seen.at)) {
      const session = this.#sessionOf(file);
      if (session !== undefined) this.#apply(session, file, seen);
    }
    for (const file of files) this.#schedule(file);
  }

  /** No catalog names these transcripts in time: cron runs that name their job, else the work of a command line. */
  #nameUncatalogued(files: readonly TranscriptFile[]): void {
    for (const file of files) {
      if (!this.#isOwnTranscript(file)) {
        this.#ignore(file);
        continue;
      }
      const jobKey = this.#cronKey(file);
      const session =
        jobKey === undefined ? this.#sessions.ofCommandLine(agentOf(file), stem(file)) : this.#sessions.of(jobKey);
      this.#setKey(file, session.key);
      this.#provisional.add(file);
      session.sessionId ??= file.headerId ?? stem(file);
    }
    this.#release(files);
  }

  /**
   * Whether a file that no catalog names is the transcript of a session: not a copy of one, not a part of one, and not a
   * file of another program.
   */
  #isOwnTranscript(file: TranscriptFile): boolean {
    if (file.isCopy === true || file.begins === 'other' || this.#catalogs.isCopied(file)) return false;
    const { headerId } = file;
    if (headerId === undefined) return true;
    if (isMisnamed(file)) return false;
    return ![...this.#files.values()].some((other) => other.headerId === headerId && other.key !== undefined);
  }

  #ignore(file: TranscriptFile): void {
    file.isIgnored = true;
    file.held = [];
    delete file.firstLineAt;
  }

  /** Files that belonged to sessions by entries of catalogs that are copies. */
  #disownCopies(at: number): void {
    this.#copyCount = this.#catalogs.copyCount;
    for (const file of this.#files.values()) {
      const session = file.key === undefined ? undefined : this.#sessions.get(file.key);
      if (session === undefined || this.#provisional.has(file) || !this.#catalogs.isCopied(file)) continue;
      session.own.locks.release(file.path, at);
      this.#ends.check(session, at);
      this.#dropKey(file);
      this.#unnamed.add(file);
      this.#ignore(file);
    }
  }

  #cronKey(file: TranscriptFile): string | undefined {
    const first = file.held.find((seen) => seen.type === 'line' && seen.entry.kind === 'user');
    const text = first?.type === 'line' && first.entry.kind === 'user' ? first.entry.text : '';
    const jobId = /^\[cron:([^\s\]]+)/.exec(text)?.[1];
    const key = jobId === undefined ? undefined : `agent:${agentOf(file)}:cron:${jobId}`;
    return key !== undefined && this.#catalogs.entryOf(key) !== undefined ? parseSessionKey(key).key : undefined;
  }

  /** A catalog names a transcript after all: from its next run on it belongs there. */
  #rename(file: TranscriptFile): void {
    const key = this.#catalogs.keyOf(file);
    const before = file.key === undefined ? undefined : this.#sessions.get(file.key);
    if (key === undefined || (before !== undefined && openRun(before) !== undefined)) return;
    this.#provisional.delete(file);
    if (key === file.key) return;
    this.#dropKey(file);
    this.#unnamed.add(file);
    const session = this.#sessionOf(file);
    if (session !== undefined && before !== undefined) session.own.known = before.own.known;
  }

  #apply(session: TranscriptSession, file: TranscriptFile, seen: OfSession): void {
    const { locks } = session.own;
    if (seen.type === 'line') {
      const isEntry = seen.entry.kind !== 'header' && isNewEntry(session, file, seen, this.#ends);
      if (isEntry) this.#reader.read(session, seen);
    } else if (seen.type === 'lock') this.#applyLock(session, seen);
    else if (seen.type === 'lock-gone') {
      locks.close(file.path, seen.at);
      if (session.own.unlistedAt !== undefined && !locks.held) this.#endSession(session, seen.at);
    } else {
      const run = openRun(session);
      if (run !== undefined && locks.ownerOf(file.path) !== undefined) run.own.ownerDiedAt = seen.at;
      locks.release(file.path, seen.at);
    }
    this.#ends.check(session, seen.at);
  }

  /** A lock with another owner in the place of one that never went: the process before died, and its run with it. */
  #applyLock(session: TranscriptSession, { path, owner, at }: LockSeen): void {
    const { locks } = session.own;
    const run = openRun(session);
    const before = locks.ownerOf(path);
    if (before !== undefined && owner !== undefined && before.createdAt !== owner.createdAt) {
      const isOther = before.pid !== owner.pid || before.startTime !== owner.startTime;
      if (isOther && run !== undefined) {
        run.own.ownerDiedAt = at;
        this.#ends.check(session, at);
      }
      locks.release(path, at);
    }
    locks.open(path, at, owner, this.#ends.isLive ? at : createdBefore(owner, at));
  }
}

/** Only forks and successors begin with history: in any other file, entries before the header mean that a clock was set. */
function mayHold({ held }: TranscriptFile, seen: OfSession): boolean {
  if (held.length >= HELD_OBSERVATIONS) return false;
  const first = held.find((one) => one.type === 'line');
  return seen.type !== 'line' || first?.type !== 'line' || seen.startOffset - first.startOffset <= HELD_BYTES;
}

function readHeader(file: TranscriptFile, header: HeaderEntry): void {
  delete file.begins;
  if (header.id !== undefined) file.headerId = header.id;
  if (header.parentSession === undefined) return;
  file.parentSession = header.parentSession;
  if (header.recordedAt !== undefined) file.historyUntil = header.recordedAt;
}

/** When a transcript that no catalog names is taken for what it is. */
function nameAt({ key, firstLineAt }: TranscriptFile): number {
  return key === undefined && firstLineAt !== undefined ? firstLineAt + CATALOG_GRACE_MS : Number.POSITIVE_INFINITY;
}

/** A lock that was there at start-up is as old as it says: its watchdog counts from then. */
function createdBefore(owner: LockOwner | undefined, at: number): number {
  const createdAt = Date.parse(owner?.createdAt ?? '');
  return Number.isNaN(createdAt) ? at : Math.min(createdAt, at);
}

/** `<agents>/<agentId>/sessions/<file>`; other layouts have one agent, `main`. */
function agentOf(file: TranscriptFile): string {
  return basename(file.dir) === 'sessions' ? basename(dirname(file.dir)) : 'main';
}

function stem(file: TranscriptFile): string {
  return file.name.slice(0, -'.jsonl'.length);
}

function byOrder(a: TranscriptFile, b: TranscriptFile): number {
  return a.order - b.order;
}
