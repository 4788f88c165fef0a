import type { SessionEvent } from '@live-status/session-state';
import { readCatalog } from './catalog-changes.ts';
import { adopt, adoptAt, applyGone, applyRewrite, applyToFile, nameFiles } from './files.ts';
import { judge, judgeAgainAt } from './judging.ts';
import type { Observation } from './observation.ts';
import { retract } from './rewrites.ts';
import { goLive } from './start-up.ts';
import type { World } from './state.ts';
import { fileOf, knownSession } from './transcripts.ts';

export interface InterpreterOptions {
  /** Inactivity before a run of a writer without locks is closed, milliseconds. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** The same while a tool call is pending, milliseconds. Default 1 800 000. */
  readonly maxSessionDurationMs?: number;
}

/**
 * Turns what is seen in sessions directories into session events. Deterministic: no clock, no IO; the same
 * observations give the same events.
 */
export interface Interpreter {
  /** The events an observation brings about, in order. Before `live`, none: `live` brings those of all before it. */
  observe(seen: Observation): readonly SessionEvent[];
  /** When a `tick` changes something, milliseconds since the epoch; `undefined`: not before the next observation. */
  nextDeadline(at: number): number | undefined;
  /** Transcripts whose lock counts: the death of its owner ends the run. */
  heldLocks(): readonly string[];
  /** True while a run has ended by its last entry and its lock, and a catalog could confirm it. */
  awaitsCatalog(): boolean;
}

export function createInterpreter(options: InterpreterOptions = {}): Interpreter {
  const { idleTimeoutMs = 60_000, maxSessionDurationMs = 1_800_000 } = options;
  const world: World = {
    timeouts: { idleTimeoutMs, maxSessionDurationMs },
    sessions: new Map(),
    files: new Map(),
    catalogs: new Map(),
    catalogsRead: 0,
    live: false,
    seq: 0,
    events: [],
  };
  return {
    observe(seen) {
      world.seq += 1;
      apply(world, seen);
      return world.live ? world.events.splice(0) : [];
    },
    nextDeadline: (at) => nextDeadline(world, at),
    heldLocks: () => heldLocks(world),
    awaitsCatalog: () => awaitsCatalog(world),
  };
}

function apply(world: World, seen: Observation): void {
  switch (seen.type) {
    case 'live':
      goLive(world, seen.at);
      break;
    case 'tick':
      tick(world, seen.at);
      break;
    case 'catalog':
      readCatalog(world, seen);
      nameFiles(world);
      break;
    case 'file':
      if (seen.oldBefore !== undefined) fileOf(world, seen.path).oldBefore = seen.oldBefore;
      break;
    case 'rewritten':
    case 'caught-up':
      applyRewrite(world, seen);
      break;
    case 'file-gone':
      applyGone(world, seen);
      break;
    default:
      applyToFile(world, seen);
  }
}

function tick(world: World, at: number): void {
  adopt(
    world,
    [...world.files.values()].filter((file) => adoptAt(file) <= at),
  );
  for (const file of world.files.values()) {
    const session = knownSession(world, file);
    const retractAt = file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY;
    if (session !== undefined && retractAt <= at) retract(world, session, file, at);
  }
  for (const session of world.sessions.values()) judge(world, session, at);
}

function nextDeadline(world: World, at: number): number | undefined {
  if (!world.live) return undefined;
  let next = Number.POSITIVE_INFINITY;
  for (const file of world.files.values()) {
    next = Math.min(next, adoptAt(file), file.rewrite?.retractAt ?? Number.POSITIVE_INFINITY);
  }
  for (const session of world.sessions.values()) next = Math.min(next, judgeAgainAt(session, at, world.timeouts));
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

function heldLocks(world: World): string[] {
  const held = [...world.files.values()].filter((file) => knownSession(world, file)?.locks.ownerOf(file.path));
  return held.map((file) => file.path);
}

function awaitsCatalog(world: World): boolean {
  return [...world.sessions.values()].some(({ run, locks }) => {
    const last = run?.endings.at(-1);
    return last !== undefined && last.meaning !== 'open' && !locks.held;
  });
}
