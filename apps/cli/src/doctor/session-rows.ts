import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compact } from '@live-status/basics';
import type { TriedGateway } from '@live-status/openclaw-gateway';
import type { KnownDelivery } from '@live-status/run-tracker';
import type { Settings } from '@live-status/settings';
import { parseCatalog } from '@live-status/transcript-parser';

/** A session as OpenClaw lists it. */
export interface SessionRow {
  readonly key: string;
  /** Where its answers go. */
  readonly delivery: KnownDelivery;
  /** Milliseconds since the epoch. */
  readonly updatedAt?: number;
  /** Another session began it. */
  readonly isChild: boolean;
}

/** Where the catalogs of sessions are. */
export interface CatalogPlaces {
  /** A sessions directory, or a tree of them. */
  readonly transcriptDir: string;
  /** This catalog instead. */
  readonly sessionsJson?: string | undefined;
  /** OpenClaw's setting `session.store`: an absolute path, with `{agentId}` where each agent has a catalog of its own. */
  readonly sessionStore?: string | undefined;
}

const AGENT = '{agentId}';

/**
 * The sessions of OpenClaw, the latest first: of the gateway where that is followed, else of the catalogs. Never rejects.
 *
 * @param gateway what trying the gateway said, where it is followed
 */
export async function readSessions(
  settings: Partial<Settings>,
  { transcriptDir, gateway }: { readonly transcriptDir: string; readonly gateway?: Promise<TriedGateway> | undefined },
): Promise<readonly SessionRow[]> {
  if (gateway !== undefined) {
    // Why it cannot be read is a finding of its own.
    const { known } = await gateway.catch(() => ({ known: [] }));
    return newestFirst(known);
  }
  const { sessionsJson, openclaw } = settings;
  // Whoever names a directory does not mean the catalogs of OpenClaw's configuration.
  const sessionStore = transcriptDir === openclaw?.agentsDir ? openclaw.sessionStore : undefined;
  return readCatalogs({ transcriptDir, sessionsJson, sessionStore });
}

/** The sessions of all catalogs, the latest first. Catalogs that cannot be read count as empty. */
export function readCatalogs(places: CatalogPlaces): readonly SessionRow[] {
  const rows = catalogPaths(places).flatMap((path): readonly SessionRow[] => {
    const catalog = parseCatalog(readText(path));
    if (!catalog.ok) return [];
    return [...catalog.entries].map(([key, { delivery, spawnedBy, updatedAt }]) => {
      return { key, delivery, isChild: spawnedBy !== undefined, ...compact({ updatedAt }) };
    });
  });
  return newestFirst(rows);
}

function newestFirst(rows: readonly SessionRow[]): readonly SessionRow[] {
  return rows.toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
}

function catalogPaths({ transcriptDir, sessionsJson, sessionStore }: CatalogPlaces): readonly string[] {
  if (sessionsJson !== undefined) return [sessionsJson];
  if (sessionStore !== undefined) return expandAgents(sessionStore);
  const agents = [transcriptDir, ...namesIn(transcriptDir).map((name) => join(transcriptDir, name))];
  const paths = agents.flatMap((agent) => [join(agent, 'sessions.json'), join(agent, 'sessions', 'sessions.json')]);
  // The sessions of one agent are its own directory, and one in it.
  return [...new Set(paths)];
}

/** The paths that a pattern stands for, whichever agents there are. */
function expandAgents(pattern: string): readonly string[] {
  if (!pattern.includes(AGENT)) return [pattern];
  const name = basename(pattern);
  return expandAgents(dirname(pattern)).flatMap((directory) => {
    if (!name.includes(AGENT)) return [join(directory, name)];
    const [before = '', after = ''] = name.split(AGENT);
    const fits = (found: string): boolean =>
      found.startsWith(before) && found.endsWith(after) && found.length > before.length + after.length;
    return namesIn(directory).flatMap((found) => (fits(found) ? [join(directory, found)] : []));
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The text of a file, empty if it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
