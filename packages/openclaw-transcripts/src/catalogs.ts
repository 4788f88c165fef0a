import { type CatalogEntry, parseFileName, parseSessionKey } from '@live-status/transcript-parser';
import type { CatalogSeen } from './observation.ts';

/** The last snapshot of one `sessions.json`. */
interface Catalog {
  /** Directory whose transcripts it describes; `undefined` when it describes all. */
  readonly dir: string | undefined;
  readonly entries: ReadonlyMap<string, CatalogEntry>;
}

/** What a transcript can be looked up by. */
export interface TranscriptName {
  readonly dir: string;
  readonly name: string;
  /** Id in its first line. */
  readonly headerId?: string;
}

/** The last snapshot of every catalog. */
export class Catalogs {
  readonly #catalogs = new Map<string, Catalog>();
  #readCount = 0;

  /** Catalogs read so far: a lookup that failed fails again until it changes. */
  get readCount(): number {
    return this.#readCount;
  }

  /** Takes a snapshot in place of the last one of the same file; returns the entries of both, by session. */
  replace(seen: CatalogSeen): Record<'before' | 'entries', ReadonlyMap<string, CatalogEntry>> {
    const before = this.#catalogs.get(seen.path)?.entries ?? new Map<string, CatalogEntry>();
    const entries = bySession(seen.entries);
    this.#readCount += 1;
    this.#catalogs.set(seen.path, { dir: seen.dir, entries });
    return { before, entries };
  }

  /** The entry of a session: its own, or for a cron job that of one of its runs. */
  entryOf(key: string): CatalogEntry | undefined {
    for (const catalog of this.#catalogs.values()) {
      const entry = catalog.entries.get(key);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /**
   * The key under which a catalog names a transcript: by the base name of its path (which may be one of another mount),
   * or by the session id, also of earlier transcripts of the same conversation.
   */
  keyOf({ dir, name, headerId }: TranscriptName): string | undefined {
    const parsed = parseFileName(name);
    const ids = [headerId, parsed.kind === 'transcript' ? parsed.sessionId : undefined].filter(
      (id) => id !== undefined,
    );
    let byFamily: string | undefined;
    for (const catalog of this.#catalogs.values()) {
      if (catalog.dir !== undefined && catalog.dir !== dir) continue;
      for (const [key, entry] of catalog.entries) {
        const base = entry.sessionFile?.split(/[\\/]/).at(-1);
        if (base === name || (entry.sessionId !== undefined && ids.includes(entry.sessionId))) return key;
        if (entry.usageFamilySessionIds.some((id) => ids.includes(id))) byFamily ??= key;
      }
    }
    return byFamily;
  }
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
