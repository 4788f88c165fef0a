import { emit } from './sessions.ts';
import type { Session, World } from './state.ts';

/** Runs of children that are remembered. */
const REMEMBERED_RUNS = 512;
/** Runs that tell a session of a child's end are named after it. */
const ANNOUNCE = /^announce:v\d+:(.+):([^:]+)$/;
/** Or, when it waited for several, after their runs (OpenClaw 2026.9.6: `announce:requester-settle:<agent>:<key>:<run>,<run>:yield-1`). */
const ANNOUNCE_OF_SEVERAL = /^announce:requester-settle:.+:((?!yield-)[^:]+)(?::yield-\d+)?$/;

/** A run of a child whose result is told. `childKey` is absent where nothing told whose run it is. */
interface ToldChild {
  readonly childKey?: string;
  readonly childRunId: string;
}

/** The children whose results a run tells its session, those that are known first; undefined: it tells none. */
export function announcedBy(world: World, gatewayId: string): ToldChild[] | undefined {
  const [, childKey, childRunId] = ANNOUNCE.exec(gatewayId) ?? [];
  if (childKey !== undefined) return [{ childKey, childRunId: childRunId ?? '' }];
  const ids = ANNOUNCE_OF_SEVERAL.exec(gatewayId)?.[1]?.split(',');
  if (ids === undefined) return undefined;
  const told = ids.map((id): ToldChild => {
    const known = childOf(world, id);
    return { childRunId: id, ...(known === undefined ? {} : { childKey: known }) };
  });
  // One that is not known settles what is owed first: that must not be what a known one settles.
  return told.sort((a, b) => Number(a.childKey === undefined) - Number(b.childKey === undefined));
}

function childOf(world: World, childRunId: string): string | undefined {
  const seen = [...world.runs.values()].find((run) => run.gatewayId === childRunId);
  return seen?.session.key ?? world.childKeys.get(childRunId);
}

/** A child began to run under this id; its own events may never be seen. */
export function noteChild(world: World, childKey: unknown, childRunId: unknown): void {
  if (typeof childKey !== 'string' || typeof childRunId !== 'string') return;
  world.childKeys.set(childRunId, childKey);
  const [oldest] = world.childKeys.keys();
  if (world.childKeys.size > REMEMBERED_RUNS && oldest !== undefined) world.childKeys.delete(oldest);
}

/** A child's result reached the session; once for each run of the child. */
export function announce(
  world: World,
  session: Session,
  childKey: string | undefined,
  childRunId: string,
  at: number,
): void {
  const name = `${childKey ?? ''}/${childRunId}`;
  if (world.announced.has(name)) return;
  world.announced.add(name);
  const [oldest] = world.announced;
  if (world.announced.size > REMEMBERED_RUNS && oldest !== undefined) world.announced.delete(oldest);
  emit(world, { type: 'announced', sessionKey: session.key, at, ...(childKey === undefined ? {} : { childKey }) });
}
