import { type CatalogEntry, parseFileName, parseSessionKey } from '@live-status/transcript-parser';
import type { CatalogSeen } from './observation.ts';

/** The last snapshot of one `sessions.json`. */
interface Catalog {
  readonly path: string;
  /** Directory whose transcripts it describes; `undefined` when it describes all. */
  readonly dir: string | undefined;
  /** Whether it describes transcripts in other directories as well. */
  readonly describesAll: boolean;
  readonly entries: ReadonlyMap<string, CatalogEntry>;
  /** Keys by base name of the transcript, by session id, and by the ids of earlier transcripts of the conversation. */
  readonly byFile: ReadonlyMap<string, string>;
  readonly byId: ReadonlyMap<string, string>;
  readonly byFamily: ReadonlyMap<string, string>;
}

/** What a transcript can be looked up by. */
export interface TranscriptName {
  readonly dir: string;
  readonly name: string;
  /** Id in its first line. */
  readonly headerId?: string;
  /** Another transcript is known of which this is a copy. */
  readonly isCopy?: boolean;
}

/**
 * The last snapshot of every catalog. Where several name one session (a directory of sessions was copied), the original
 * decides: what the others say of it is left out.
 */
export class Catalogs {
  readonly #catalogs = new Map<string, Catalog>();
  /** Names of entries that are copies of another catalog's. They stay copies when the original goes. */
  readonly #copies = new Set<string>();
  #readCount = 0;

  /** Catalogs read so far: a lookup that failed fails again until it changes. */
  get readCount(): number {
    return this.#readCount;
  }

  /** How many entries are copies. */
  get copyCount(): number {
    return this.#copies.size;
  }

  /** Takes a snapshot in place of the last one of the same file; returns the entries of both, by session. */
  replace(seen: CatalogSeen): Record<'before' | 'entries', ReadonlyMap<string, CatalogEntry>> {
    const replaced = this.#catalogs.get(seen.path);
    const catalog = toCatalog(seen);
    this.#readCount += 1;
    this.#catalogs.set(seen.path, catalog);
    if (this.#catalogs.size > 1) for (const key of catalog.entries.keys()) this.#findCopies(key);
    const before = replaced === undefined ? new Map<string, CatalogEntry>() : this.#originals(replaced);
    return { before, entries: this.#originals(catalog) };
  }

  /** The entry of a session: its own, or for a cron job that of one of its runs. */
  entryOf(key: string): CatalogEntry | undefined {
    for (const catalog of this.#catalogs.values()) {
      const entry = catalog.entries.get(key);
      if (entry !== undefined && !this.#isCopy(catalog, key, entry)) return entry;
    }
    return undefined;
  }

  /**
   * The key under which a catalog names a transcript: by the base name of its path (which may be one of another mount),
   * or by the session id, also of earlier transcripts of the same conversation. A file is named after its session: one
   * with another id in its header is a copy, unless the catalog names this file, or none.
   */
  keyOf(transcript: TranscriptName): string | undefined {
    const over = [...this.#over(transcript.dir)];
    const find = (lookUp: (catalog: Catalog) => string | undefined): string | undefined => {
      for (const catalog of over) {
        const key = lookUp(catalog);
        const entry = key === undefined ? undefined : catalog.entries.get(key);
        if (key !== undefined && entry !== undefined && !this.#isCopy(catalog, key, entry)) return key;
      }
      return undefined;
    };
    return (
      find(({ byFile }) => byFile.get(transcript.name)) ??
      find((catalog) => keyById(catalog, transcript)) ??
      find(({ byFamily }) => (isMisnamed(transcript) ? undefined : byFamily.get(idOf(transcript))))
    );
  }

  /** Whether what the catalogs of its directory say of a transcript, or all they say, is a copy of another directory's. */
  isCopied(transcript: TranscriptName): boolean {
    return [...this.#over(transcript.dir)].some((catalog) => {
      const id = idOf(transcript);
      const key = catalog.byFile.get(transcript.name) ?? catalog.byId.get(id) ?? catalog.byFamily.get(id);
      const entry = key === undefined ? undefined : catalog.entries.get(key);
      if (key !== undefined && entry !== undefined) return this.#isCopy(catalog, key, entry);
      return catalog.entries.size > 0 && this.#originals(catalog).size === 0;
    });
  }

  *#over(dir: string): Generator<Catalog, void> {
    for (const catalog of this.#catalogs.values()) {
      if (catalog.describesAll || catalog.dir === undefined || catalog.dir === dir) yield catalog;
    }
  }

  #originals(catalog: Catalog): ReadonlyMap<string, CatalogEntry> {
    if (this.#copies.size === 0) return catalog.entries;
    return new Map([...catalog.entries].filter(([key, entry]) => !this.#isCopy(catalog, key, entry)));
  }

  #isCopy(catalog: Catalog, key: string, entry: CatalogEntry): boolean {
    return this.#copies.size > 0 && this.#copies.has(nameOf(catalog, key, entry));
  }

  /** Of the entries for one session, finds those that are copies. */
  #findCopies(key: string): void {
    const claims = [...this.#catalogs.values()].flatMap((catalog) => {
      const entry = catalog.entries.get(key);
      return entry === undefined || this.#isCopy(catalog, key, entry) ? [] : [{ catalog, entry }];
    });
    const [first, ...others] = claims;
    if (first === undefined || others.length === 0) return;
    const claimOf = ({ catalog, entry }: (typeof claims)[number]): number => strengthOf(catalog.dir, key, entry);
    const best = others.reduce((a, b) => {
      const isBetter = claimOf(b) - claimOf(a) || (b.entry.updatedAt ?? 0) - (a.entry.updatedAt ?? 0);
      return isBetter > 0 ? b : a;
    }, first);
    for (const claim of claims) {
      const isWeaker = claimOf(claim) < claimOf(best) || claim.entry.sessionId === best.entry.sessionId;
      if (claim !== best && isWeaker) this.#copies.add(nameOf(claim.catalog, key, claim.entry));
    }
  }
}

function toCatalog({ path, dir, describesAll, entries: raw }: CatalogSeen): Catalog {
  const entries = bySession(raw);
  const byFile = new Map<string, string>();
  const byId = new Map<string, string>();
  const byFamily = new Map<string, string>();
  const add = (index: Map<string, string>, name: string | undefined, key: string): void => {
    if (name !== undefined && !index.has(name)) index.set(name, key);
  };
  for (const [key, entry] of entries) {
    add(byFile, entry.sessionFile?.split(/[\\/]/).at(-1), key);
    add(byId, entry.sessionId, key);
    for (const id of entry.usageFamilySessionIds) add(byFamily, id, key);
  }
  return { path, dir, describesAll: describesAll === true, entries, byFile, byId, byFamily };
}

/**
 * How strongly the place of a catalog speaks for its entry being the original: the entry names a transcript in this
 * place, or the place is called like the session's agent. Only the last two names count: containers mount elsewhere.
 */
function strengthOf(dir: string | undefined, key: string, entry: CatalogEntry): number {
  if (dir === undefined) return 3;
  const place = dir.split(/[\\/]/).slice(-2);
  const named = entry.sessionFile?.split(/[\\/]/).slice(-3, -1);
  if (named !== undefined && named.join('/') === place.join('/')) return 3;
  const [, agentId] = /^agent:([^:]+):/.exec(key) ?? [];
  if (agentId !== undefined && place.includes(agentId)) return 2;
  return named === undefined ? 1 : 0;
}

function keyById({ byId, entries }: Catalog, transcript: TranscriptName): string | undefined {
  const key = byId.get(idOf(transcript));
  if (key === undefined || !isMisnamed(transcript)) return key;
  return transcript.isCopy === true || entries.get(key)?.sessionFile !== undefined ? undefined : key;
}

/** The session id of a transcript: the one in its header, else the one in its name. */
function idOf({ name, headerId }: TranscriptName): string {
  return headerId ?? sessionIdIn(name);
}

/** Whether a transcript has another session's id in its header than in its name. */
export function isMisnamed({ name, headerId }: TranscriptName): boolean {
  return headerId !== undefined && headerId !== sessionIdIn(name);
}

function sessionIdIn(name: string): string {
  const parsed = parseFileName(name);
  return parsed.kind === 'transcript' ? parsed.sessionId : name;
}

function nameOf({ path }: Catalog, key: string, { sessionId }: CatalogEntry): string {
  return `${path}\n${key}\n${sessionId}`;
}

/** Cron keys `…:run:<id>` are the same session as their job, whose own entry comes first. */
function bySession(raw: ReadonlyMap<string, CatalogEntry>): ReadonlyMap<string, CatalogEntry> {
  const entries = new Map<string, CatalogEntry>();
  for (const [key, entry] of raw) {
    const own = parseSessionKey(key).key;
    if (own === key || !raw.has(own)) entries.set(own, entry);
  }
  return entries;
}
