import type { SessionEvent } from '@live-status/session-state';
import { adopt } from './files.ts';
import { endByLastEntry } from './run-endings.ts';
import type { Session, World } from './state.ts';
import { RECENT_MS } from './timing.ts';

/** Start-up is over. Runs that do not go on are old; nothing about them is news. */
export function goLive(world: World, at: number): void {
  adopt(
    world,
    [...world.files.values()].filter((file) => file.key === undefined && file.held.length > 0),
  );
  const going = new Map<string, string | undefined>();
  for (const session of world.sessions.values()) {
    const { run } = session;
    if (run === undefined) continue;
    if (goesOn(world, session, at)) going.set(run.runId, session.locks.owner?.createdAt);
    else endByLastEntry(world, session, run, at, run.lastLineAt);
  }
  world.events = world.events.map((event) => mark(event, going));
  world.live = true;
}

/** What ended before is old; what goes on is also known by its present lock. `going`: run ids with that lock's name. */
function mark(event: SessionEvent, going: ReadonlyMap<string, string | undefined>): SessionEvent {
  if (event.type !== 'run-started') return event;
  if (!going.has(event.runId)) return { ...event, old: true };
  const lock = going.get(event.runId);
  return lock === undefined ? event : { ...event, evidence: [...event.evidence, `lock:${lock}`] };
}

/** Under a lock a run goes on; without one, if it has no answer and its last entry is fresh. */
function goesOn(world: World, session: Session, at: number): boolean {
  const { run, locks } = session;
  if (run === undefined || locks.held) return run !== undefined;
  const meaning = run.endings.at(-1)?.meaning;
  const isOpen = meaning === 'open' || meaning === 'error';
  if (session.kind === 'cli') return isOpen && at - run.lastLineAt < world.timeouts.idleTimeoutMs;
  // A gateway uses locks: this is a moment between two of them, or the end.
  locks.everSeen = true;
  locks.goneAt = Math.max(locks.goneAt, at);
  return isOpen && at - run.lastLineAt < RECENT_MS;
}
