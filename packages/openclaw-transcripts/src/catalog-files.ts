import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Log } from '@live-status/resilience';
import { parseCatalog } from '@live-status/transcript-parser';
import type { CatalogSeen } from './observation.ts';
import { readSmallFile, type SmallFile } from './small-file.ts';

/** Some file systems keep times in steps of two seconds. */
const COARSE_STEP_MS = 2_000;
/** Catalogs of some 10 000 sessions have about 100 MB; more is not a catalog. */
const CATALOG_BYTES = 256 * 1024 * 1024;

interface KnownCatalog {
  readonly dir: string | undefined;
  /** What was read last; absent while it may have changed without showing it. */
  version?: string;
  /** The version that may have changed so, and when it was read first. */
  unsure?: { readonly version: string; readonly since: number };
  seen?: CatalogSeen;
}

export interface CatalogFilesOptions {
  /** The one catalog that describes all transcripts; without it there are several. */
  readonly configured: string | undefined;
  /** Knows them by their names. */
  readonly isCatalog: (name: string) => boolean;
  /** Whether each of them describes transcripts in whatever directory, not only beside it. */
  readonly describeAll: boolean;
  readonly log: Log;
}

/** The `sessions.json` files in use: read when they changed, and their problems. */
export class CatalogFiles {
  readonly #catalogs = new Map<string, KnownCatalog>();
  readonly #problems = new Map<string, string>();
  /** The one catalog in use, if one was given and exists. */
  readonly explicit: string | undefined;
  readonly #isCatalog: (name: string) => boolean;
  readonly #describeAll: boolean;
  readonly #log: Log;

  constructor({ configured, isCatalog, describeAll, log }: CatalogFilesOptions) {
    this.#isCatalog = isCatalog;
    this.#describeAll = describeAll;
    this.#log = log;
    const exists = configured !== undefined && existsSync(configured);
    this.explicit = exists ? configured : undefined;
    if (this.explicit !== undefined) this.#catalogs.set(this.explicit, { dir: undefined });
    else if (configured !== undefined) {
      this.#complain(
        configured,
        'does not exist: the sessions.json beside the transcripts are used; correct SESSIONS_JSON.',
      );
    }
  }

  /** What is wrong with catalogs, with the fix. */
  get problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  /** A catalog was found. Returns false for one that is not in use. */
  add(path: string): boolean {
    if (this.explicit !== undefined) return path === this.explicit;
    if (!this.#isCatalog(basename(path))) return false;
    if (!this.#catalogs.has(path)) this.#catalogs.set(path, { dir: dirname(path) });
    return true;
  }

  /** The catalogs that changed since they were read last; with `all`, the others too, as they were read. */
  read(at: number, all = false): CatalogSeen[] {
    return [...this.#catalogs].flatMap(([path, known]) => this.#readOne(path, known, at, all) ?? []);
  }

  #readOne(path: string, known: KnownCatalog, at: number, all: boolean): CatalogSeen | undefined {
    const read = readSmallFile(path, CATALOG_BYTES, known.version);
    if (!read.ok) {
      if (read.reason === 'unchanged') return all && known.seen !== undefined ? { ...known.seen, at } : undefined;
      if (read.reason !== 'missing')
        this.#complain(path, `cannot be read (${read.message}): make it readable for this user.`);
      return undefined;
    }
    const parsed = parseCatalog(read.file.text);
    if (!parsed.ok) {
      this.#complain(path, `is not a catalog (${parsed.reason}): the one read before stays in use.`);
      return undefined;
    }
    if (parsed.malformed > 0)
      this.#complain(path, `has ${parsed.malformed} entries that are not sessions: they are left out.`);
    else this.#problems.delete(path);
    remember(known, read.file, at);
    known.seen = {
      type: 'catalog',
      path,
      ...(known.dir === undefined ? {} : { dir: known.dir }),
      ...(this.#describeAll ? { describesAll: true } : {}),
      entries: parsed.entries,
      at,
    };
    return known.seen;
  }

  #complain(path: string, problem: string): void {
    const text = `${path} ${problem}`;
    if (this.#problems.get(path) === text) return;
    this.#problems.set(path, text);
    this.#log.warn({ path }, text);
  }
}

/** A version of a whole second counts as read once no other can come within its second. */
function remember(known: KnownCatalog, { version, isCoarse }: SmallFile, at: number): void {
  if (known.unsure?.version !== version) known.unsure = { version, since: at };
  if (!isCoarse || at - known.unsure.since > COARSE_STEP_MS) known.version = version;
  else delete known.version;
}
