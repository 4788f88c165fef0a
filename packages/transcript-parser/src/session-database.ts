/**
 * Files of the database in which OpenClaw 2026.8 and later keep sessions, in the folder `agent` of each agent. SQLite
 * writes to the second one first.
 */
export const DATABASE_FILES: readonly string[] = ['openclaw-agent.sqlite', 'openclaw-agent.sqlite-wal'];

/**
 * OpenClaw writes transcript, catalog and database within one turn, so their times may differ a little without meaning
 * anything. 5 s is more than that. It is not longer because work stays invisible until an upgrade is noticed, and
 * because a later check corrects a mistake: the gateway's own version, or the next line of a transcript, decides.
 */
const NEWER_BY_MS = 5_000;

/** Whether a session database is so much newer than the transcripts that OpenClaw no longer writes them. Milliseconds since the epoch. */
export function isDatabaseNewer({
  databaseAt,
  transcriptsAt,
}: {
  readonly databaseAt: number;
  readonly transcriptsAt: number;
}): boolean {
  return databaseAt > transcriptsAt + NEWER_BY_MS;
}
