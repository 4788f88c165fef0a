import { parseCatalog, parseEntry } from '@live-status/transcript-parser';
import { expect, it } from 'vitest';
import { CatalogChanges } from './catalog-changes.ts';
import { Catalogs } from './catalogs.ts';
import { EntryReader } from './entry-reader.ts';
import { RunEnds } from './run-end.ts';
import { Sessions } from './sessions.ts';
import { TranscriptFiles } from './transcript-files.ts';

const DIR = '/agents/main/sessions';
const PATH = `${DIR}/s1.jsonl`;
const KEY = 'agent:main:subagent:a';

/** What observations are applied to, and how many sessions are known. */
function watched() {
  const catalogs = new Catalogs();
  const sessions = new Sessions(catalogs, []);
  const ends = new RunEnds(sessions, { idleTimeoutMs: 60_000, maxSessionDurationMs: 1_800_000 });
  const files = new TranscriptFiles({ sessions, catalogs, ends, reader: new EntryReader(sessions, ends) });
  const changes = new CatalogChanges({ sessions, catalogs, files, ends });
  ends.goLive(0);
  const catalog = (at: number, content: object): void => {
    const parsed = parseCatalog(JSON.stringify(content));
    if (!parsed.ok) throw new Error(parsed.reason);
    changes.observe({ type: 'catalog', path: `${DIR}/sessions.json`, dir: DIR, entries: parsed.entries, at });
  };
  const line = (at: number, startOffset: number, message: object): void => {
    const raw = { type: 'message', id: `e${startOffset}`, timestamp: new Date(at).toISOString(), message };
    const parsed = parseEntry(JSON.stringify(raw));
    if (!parsed.ok) throw new Error(parsed.reason);
    files.observe({ type: 'line', path: PATH, fingerprint: 'f', startOffset, entry: parsed.entry, at });
  };
  const owner = { pid: 1, createdAt: '', startTime: 1 };
  return {
    count: () => [...sessions.all()].length,
    begin(): void {
      catalog(10, { [KEY]: { sessionId: 's1', sessionFile: PATH, status: 'running' } });
      files.observe({ type: 'lock', path: PATH, owner, at: 20 } as unknown as Parameters<typeof files.observe>[0]);
      line(30, 0, { role: 'user', content: 'go' });
    },
    answer: () => line(40, 100, { role: 'assistant', stopReason: 'stop', content: [{ type: 'text', text: 'Done.' }] }),
    unlock: () => files.observe({ type: 'lock-gone', path: PATH, at: 50 }),
    unlist: () => catalog(60, {}),
    archive: () => files.observeGone({ type: 'file-gone', path: PATH, renamedTo: `${PATH}.deleted.x`, at: 70 }),
  };
}

it.each([
  ['its file is archived first', ['unlock', 'archive', 'unlist']],
  ['its entry goes first', ['unlock', 'unlist', 'archive']],
  ['its entry goes while it runs', ['unlist', 'unlock', 'archive']],
  ['all goes while it runs', ['unlist', 'archive', 'unlock']],
] as const)('a session that nothing names any more is forgotten: %s', (_order, steps) => {
  const gateway = watched();
  gateway.begin();
  gateway.answer();
  expect(gateway.count()).toBe(1);
  for (const step of steps) gateway[step]();
  expect(gateway.count()).toBe(0);
});
