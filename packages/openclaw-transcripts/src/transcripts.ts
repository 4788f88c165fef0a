import { basename, dirname } from 'node:path';
import { parseFileName, parseSessionKey } from '@live-status/transcript-parser';
import { entryOf, sessionOf, uncataloguedSession } from './sessions.ts';
import type { Session, TranscriptFile, World } from './state.ts';

/** The file of a path, remembered when it is met for the first time. */
export function fileOf(world: World, path: string): TranscriptFile {
  const known = world.files.get(path);
  if (known !== undefined) return known;
  const file: TranscriptFile = { path, dir: dirname(path), name: basename(path), provisional: false, held: [] };
  world.files.set(path, file);
  return file;
}

/** The session of a file, if it was found before. */
export function knownSession(world: World, file: TranscriptFile): Session | undefined {
  return file.key === undefined ? undefined : world.sessions.get(file.key);
}

/** The session a transcript belongs to, as far as the catalog says. */
export function sessionOfFile(world: World, file: TranscriptFile): Session | undefined {
  const key = file.key ?? lookUp(world, file);
  if (key === undefined) return undefined;
  file.key = key;
  return sessionOf(world, key);
}

/** Looks again only when a catalog or what is known of the file changed. */
function lookUp(world: World, file: TranscriptFile): string | undefined {
  const known = `${world.catalogsRead} ${file.headerId ?? ''}`;
  if (file.lookedUpWith === known) return undefined;
  file.lookedUpWith = known;
  return cataloguedKey(world, file);
}

/**
 * The key under which a catalog names a transcript: by the base name of its path (which may be one of another mount),
 * or by the session id, also of earlier transcripts of the same conversation.
 */
export function cataloguedKey(world: World, file: TranscriptFile): string | undefined {
  const name = parseFileName(file.name);
  const ids = [file.headerId, name.kind === 'transcript' ? name.sessionId : undefined].filter((id) => id !== undefined);
  let byFamily: string | undefined;
  for (const catalog of world.catalogs.values()) {
    if (catalog.dir !== undefined && catalog.dir !== file.dir) continue;
    for (const [key, entry] of catalog.entries) {
      const base = entry.sessionFile?.split(/[\\/]/).at(-1);
      if (base === file.name || (entry.sessionId !== undefined && ids.includes(entry.sessionId))) return key;
      if (entry.usageFamilySessionIds.some((id) => ids.includes(id))) byFamily ??= key;
    }
  }
  return byFamily;
}

/** No catalog names the transcript in time: a cron run that tells its job, else the work of a command line. */
export function nameUncatalogued(world: World, file: TranscriptFile): Session {
  const jobKey = cronKey(world, file);
  const session =
    jobKey === undefined ? uncataloguedSession(world, agentOf(file), stem(file)) : sessionOf(world, jobKey);
  file.key = session.key;
  file.provisional = true;
  session.sessionId ??= file.headerId ?? stem(file);
  return session;
}

function cronKey(world: World, file: TranscriptFile): string | undefined {
  const first = file.held.find((seen) => seen.type === 'line' && seen.entry.kind === 'user');
  const text = first?.type === 'line' && first.entry.kind === 'user' ? first.entry.text : '';
  const jobId = /^\[cron:([^\s\]]+)/.exec(text)?.[1];
  const key = jobId === undefined ? undefined : `agent:${agentOf(file)}:cron:${jobId}`;
  return key !== undefined && entryOf(world, key) !== undefined ? parseSessionKey(key).key : undefined;
}

/** `<agents>/<agentId>/sessions/<file>`; other layouts have one agent, `main`. */
function agentOf(file: TranscriptFile): string {
  return basename(file.dir) === 'sessions' ? basename(dirname(file.dir)) : 'main';
}

function stem(file: TranscriptFile): string {
  return file.name.slice(0, -'.jsonl'.length);
}
