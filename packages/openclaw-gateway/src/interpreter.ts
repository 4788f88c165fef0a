import type { SessionEvent } from '@live-status/session-state';
import { readFrame } from './frames.ts';
import type { Observation } from './observation.ts';
import { endRun } from './run-endings.ts';
import { loseSight, passUnseen, regainSight, sightDeadline } from './sight.ts';
import type { ResumedRun, World } from './state.ts';

export interface InterpreterOptions {
  /** How long the gateway may be unreachable before its runs are given up as interrupted, milliseconds. Default 120 000. */
  readonly graceMs?: number;
  /** Runs to find again: taken up where they go on, ended as their sessions say where they do not. Default none. */
  readonly resumed?: readonly ResumedRun[];
}

/**
 * Turns what a gateway tells into session events. Deterministic: no clock, no IO; the same observations give the same
 * events.
 */
export interface Interpreter {
  /** The events an observation brings about, in order. */
  observe(seen: Observation): readonly SessionEvent[];
  /** When a `tick` changes something, milliseconds since the epoch; `undefined`: not before the next observation. */
  nextDeadline(): number | undefined;
  /** Keys, as the gateway knows them, of sessions with a run that has not ended, or was given up: their history tells how it went on. */
  openSessions(): readonly string[];
}

export function createInterpreter({ graceMs = 120_000, resumed = [] }: InterpreterOptions = {}): Interpreter {
  const world: World = {
    graceMs,
    sessions: new Map(),
    runs: new Map(),
    announced: new Set(),
    childKeys: new Map(),
    resumed: [...resumed],
    underWay: new Set(),
    bootId: undefined,
    lost: undefined,
    events: [],
  };
  return {
    observe(seen) {
      endOverdue(world, seen.at);
      passUnseen(world, seen.at);
      if (seen.type === 'frame') readFrame(world, seen);
      else if (seen.type === 'caught-up') regainSight(world, seen);
      else if (seen.type === 'met') world.bootId = seen.bootId;
      else if (seen.type === 'lost') loseSight(world, seen.at);
      return world.events.splice(0);
    },
    nextDeadline: () => nextDeadline(world),
    openSessions: () => openSessions(world),
  };
}

function endOverdue(world: World, at: number): void {
  for (const run of world.runs.values()) {
    if (run.endDue !== undefined && run.endDue.at <= at) endRun(world, run, run.endDue.outcome, at, run.endDue.reason);
  }
}

function nextDeadline(world: World): number | undefined {
  let next = sightDeadline(world) ?? Number.POSITIVE_INFINITY;
  for (const run of world.runs.values()) next = Math.min(next, run.endDue?.at ?? Number.POSITIVE_INFINITY);
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

function openSessions(world: World): string[] {
  const open = [...world.runs.values()].filter((run) => !run.ended || run.givenUp);
  const looked = world.resumed.map(({ sessionKey }) => sessionKey);
  return [...new Set([...open.map((run) => run.session.address), ...looked])];
}
