import {
  type ChildExpectation,
  expectationOf,
  type LineExpectation,
  listScenarios,
  type PieceExpectation,
  type Recording,
  readRecording,
  type ScenarioId,
  type TargetExpectation,
} from '@live-status/fixtures';
import type {
  BackgroundEnded,
  Route,
  RunOutcome,
  SessionEvent,
  ToolEnded,
  ToolStarted,
} from '@live-status/session-state';
import { parseCatalog, readEntry } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { createInterpreter, type LockOwner, type Observation } from './index.ts';

const DIR = '/state/agents/main/sessions';
/** Far from every recorded time: nothing may compare the two clocks. */
const T0 = Date.UTC(2031, 0, 1);

/** An abort is written as two entries up to 51 ms apart; the first one ends the run. */
const END_TOLERANCE_MS = 60;

/** How a rewrite in place is seen: compared with what was there, or as all lines again. */
type Sight = 'compared' | 'again';

/** Plays a recording into observations, in order, with ticks when they are due. */
function play(recording: Recording, sight: Sight): SessionEvent[] {
  const interpreter = createInterpreter();
  const events: SessionEvent[] = [];
  const observe = (seen: Observation): void => {
    events.push(...interpreter.observe(seen));
  };
  const passUntil = (until: number, from: number): void => {
    let now = from;
    for (let due = interpreter.nextDeadline(); due !== undefined && due <= until; due = interpreter.nextDeadline()) {
      now = Math.max(due, now);
      const before = events.length;
      observe({ type: 'tick', at: now });
      if (events.length === before && interpreter.nextDeadline() === due) throw new Error(`stuck at ${now - T0}`);
    }
  };
  const disk = createDisk(sight, observe);
  observe({ type: 'live', at: T0 });
  let now = T0;
  for (const event of recording.events) {
    passUntil(T0 + event.tMs, now);
    now = T0 + event.tMs;
    disk.apply(event, now);
  }
  passUntil(now + 3_600_000, now);
  return events;
}

function createDisk(sight: Sight, observe: (seen: Observation) => void) {
  const files = new Map<string, Buffer>();
  const truncated = new Map<string, Buffer>();
  const locks = new Set<string>();
  let pid = 100;
  const pathOf = (name: string) => `${DIR}/${name}`;
  const isFollowed = (name: string) => name.endsWith('.jsonl') && !name.startsWith('.');

  const lines = (name: string, content: Buffer, from: number, at: number): void => {
    for (let start = from; start < content.length; ) {
      const end = content.indexOf(10, start) + 1;
      const parsed = readEntry(content.subarray(start, end - 1));
      if (!parsed.ok) throw new Error(parsed.reason);
      observe({ type: 'line', path: pathOf(name), fingerprint: 'f', startOffset: start, entry: parsed.entry, at });
      start = end;
    }
    observe({ type: 'caught-up', path: pathOf(name), at });
  };
  const rewrite = (name: string, before: Buffer, content: Buffer, at: number): void => {
    const from = sight === 'again' ? 0 : commonLines(before, content);
    if (from < before.length) observe({ type: 'rewritten', path: pathOf(name), fromOffset: from, at });
    lines(name, content, from, at);
  };
  const owner = (at: number): LockOwner => ({ pid, createdAt: new Date(at).toISOString(), startTime: 1, alive: true });

  return {
    apply(event: Recording['events'][number], at: number): void {
      switch (event.op) {
        case 'truncate': {
          const before = files.get(event.file) ?? Buffer.alloc(0);
          truncated.set(event.file, before);
          files.set(event.file, Buffer.alloc(0));
          if (sight === 'again' && before.length > 0) {
            observe({ type: 'rewritten', path: pathOf(event.file), fromOffset: 0, at });
            observe({ type: 'caught-up', path: pathOf(event.file), at });
          }
          return;
        }
        case 'append': {
          const before = files.get(event.file) ?? Buffer.alloc(0);
          const content = Buffer.concat([before, event.bytes]);
          const old = truncated.get(event.file);
          files.set(event.file, content);
          truncated.delete(event.file);
          if (!isFollowed(event.file)) return;
          if (old !== undefined) rewrite(event.file, old, content, at);
          else lines(event.file, content, before.length, at);
          return;
        }
        case 'rename': {
          const content = files.get(event.file) ?? Buffer.alloc(0);
          const before = files.get(event.to);
          files.delete(event.file);
          files.set(event.to, content);
          if (isFollowed(event.file)) {
            observe({ type: 'file-gone', path: pathOf(event.file), renamedTo: pathOf(event.to), at });
          } else if (isFollowed(event.to)) rewrite(event.to, before ?? Buffer.alloc(0), content, at);
          return;
        }
        case 'lock':
          locks.add(event.file);
          observe({ type: 'lock', path: pathOf(event.file.slice(0, -5)), at, owner: owner(at) });
          return;
        case 'unlock':
          locks.delete(event.file);
          observe({ type: 'lock-gone', path: pathOf(event.file.slice(0, -5)), at });
          return;
        case 'kill':
          pid += 1;
          for (const lock of locks) observe({ type: 'owner-died', path: pathOf(lock.slice(0, -5)), at });
          return;
        case 'replace': {
          const catalog = event.content === null ? undefined : parseCatalog(event.content.toString());
          if (catalog?.ok) {
            observe({ type: 'catalog', path: pathOf('sessions.json'), dir: DIR, entries: catalog.entries, at });
          }
        }
      }
    },
  };
}

function commonLines(before: Buffer, after: Buffer): number {
  let from = 0;
  for (;;) {
    const end = before.indexOf(10, from) + 1;
    if (end === 0 || !before.subarray(from, end).equals(after.subarray(from, end))) return from;
    from = end;
  }
}

interface PlayedRun {
  readonly sessionKey: string;
  readonly startMs: number;
  readonly trigger: string | undefined;
  readonly endMs: number | undefined;
  readonly outcome: RunOutcome | undefined;
  readonly reason: string | undefined;
  readonly answer: string | undefined;
  readonly route: Route | undefined;
  readonly lines: readonly string[];
  readonly children: readonly string[];
  readonly tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
}

/** The runs with an entry that the events tell of, in the order of their start. */
function runsOf(events: readonly SessionEvent[]): PlayedRun[] {
  const ids = events.flatMap((event) => (event.type === 'run-started' ? [event.runId] : []));
  expect(new Set(ids).size).toBe(ids.length);
  const lost = new Set(events.flatMap((event) => (event.type === 'retracted' ? event.entryIds : [])));
  const runs = ids.map((runId) => {
    const own = events.filter((event) => 'runId' in event && event.runId === runId);
    const kept = own.filter((event) => !('entryId' in event) || !lost.has(event.entryId));
    const ends = events.filter((event) => event.type === 'background-ended');
    return toRun(kept, ends);
  });
  return runs.filter((run) => run.trigger !== undefined).sort((a, b) => a.startMs - b.startMs);
}

function toRun(events: readonly SessionEvent[], ends: readonly BackgroundEnded[]): PlayedRun {
  const all = <T extends SessionEvent['type']>(type: T) =>
    events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);
  const [started] = all('run-started');
  const ended = all('run-ended').at(0);
  const endIndex = events.findIndex((event) => event.type === 'run-ended');
  const before = endIndex === -1 ? events : events.slice(0, endIndex);
  const results = before.filter((event): event is ToolEnded => event.type === 'tool-ended');
  const usage = all('usage');
  const sum = (field: 'input' | 'output' | 'cacheRead' | 'cacheWrite') =>
    usage.reduce((n, entry) => n + entry[field], 0);
  return {
    sessionKey: started?.sessionKey ?? '',
    startMs: (started?.startedAt ?? 0) - T0,
    trigger: all('run-identified')[0]?.trigger,
    endMs: ended === undefined ? undefined : ended.endedAt - T0,
    outcome: ended?.outcome,
    reason: ended?.reason,
    answer: all('run-ending').at(-1)?.text,
    route: all('run-routed').at(-1)?.route,
    lines: before.flatMap((event) => {
      if (event.type === 'commentary') return [`say ${event.text}`];
      if (event.type === 'tool-started') return [toolLine(event, results, ends)];
      if (event.type === 'tool-ended' && !all('tool-started').some((call) => call.callId === event.callId)) {
        return [`${event.tool} ${event.callId} ${event.outcome}`];
      }
      return [];
    }),
    children: results.flatMap((result) => result.spawned ?? []),
    tokens: { input: sum('input'), output: sum('output'), cacheRead: sum('cacheRead'), cacheWrite: sum('cacheWrite') },
  };
}

function toolLine(call: ToolStarted, results: readonly ToolEnded[], ends: readonly BackgroundEnded[]): string {
  const result = results.find((ended) => ended.callId === call.callId);
  const end = ends.find(({ backgroundId }) => backgroundId === result?.backgroundId) ?? result;
  const exit = end?.exitCode ? ` exit ${end.exitCode}` : '';
  return `${call.tool} ${call.callId} ${end?.outcome ?? 'aborted'}${exit}`;
}

function expectedLine(line: LineExpectation): string {
  if (line.kind === 'text') return `say ${line.text}`;
  if (line.kind === 'compaction') return 'compacted';
  if (line.kind === 'model') return `model ${line.reason} x${line.failures}`;
  const exit = line.exitCode === undefined ? '' : ` exit ${line.exitCode}`;
  return `${line.tool} ${line.callId} ${line.state}${exit}`;
}

function expectedRoute(target: TargetExpectation): Route {
  // Every recording was made with one account.
  const accountId = 'default';
  switch (target.kind) {
    case 'channel': {
      const { channelId, rootId } = target;
      return { kind: 'mattermost', channelId, ...(rootId ? { rootId } : {}), accountId };
    }
    case 'user':
      return { kind: 'mattermost-user', userId: target.userId, accountId };
    case 'default':
      return { kind: 'background', origin: target.origin };
    case 'elsewhere':
      return { kind: 'elsewhere', origin: target.origin };
  }
}

function childrenOf(piece: PieceExpectation): ChildExpectation[] {
  if (piece.posts === 'never') return [];
  return piece.lines.flatMap((line) => (line.kind === 'tool' && line.child !== undefined ? [line.child] : []));
}

/** Roots in order of their start, each piece with the announce runs that follow it. */
function rootRunsOf(runs: readonly PlayedRun[], pieces: readonly PieceExpectation[], index: number): PlayedRun[] {
  const children = new Set(pieces.flatMap(childrenOf).map((child) => child.sessionKey));
  const roots = runs.filter((run) => !children.has(run.sessionKey));
  const starts = roots.filter((run) => run.trigger !== 'announce');
  const start = starts[index];
  if (start === undefined) return [];
  const next = starts.slice(index + 1).find((run) => run.sessionKey === start.sessionKey);
  return roots.filter(
    (run) =>
      run.sessionKey === start.sessionKey &&
      run.startMs >= start.startMs &&
      (next === undefined || run.startMs < next.startMs),
  );
}

const scenarios = listScenarios();
const sights: readonly Sight[] = ['compared', 'again'];

describe.each(sights)('recordings, rewrites seen %s', (sight) => {
  it.each(scenarios.map((id): [string, ScenarioId] => [`${id.version}/${id.scenario}`, id]))('%s', (_name, id) => {
    const { pieces } = expectationOf(id);
    const runs = runsOf(play(readRecording(id.version, id.scenario), sight));
    const children = pieces.flatMap(childrenOf);
    const starts = runs.filter(
      (run) => run.trigger !== 'announce' && !children.some((child) => child.sessionKey === run.sessionKey),
    );
    expect(starts.map((run) => Math.round(run.startMs))).toEqual(pieces.map((piece) => Math.round(piece.startMs)));
    for (const [index, piece] of pieces.entries()) {
      const own = rootRunsOf(runs, pieces, index);
      const last = own.at(-1);
      if (piece.rootKey !== null) expect(last?.sessionKey).toBe(piece.rootKey);
      expect(last).toMatchObject({ outcome: piece.outcome });
      expect(Math.abs((last?.endMs ?? 0) - piece.endMs), `end ${last?.endMs}`).toBeLessThan(END_TOLERANCE_MS);
      if (piece.posts === 'never') continue;
      const spawned = runs.filter((run) => childrenOf(piece).some((child) => child.sessionKey === run.sessionKey));
      expect(own.flatMap((run) => run.lines)).toEqual(piece.lines.map(expectedLine));
      expect(own[0]?.route).toEqual(expectedRoute(piece.target));
      if (piece.reason !== undefined) expect(last?.reason).toContain(piece.reason);
      if (piece.answer !== undefined) expect(last?.answer).toContain(piece.answer);
      for (const field of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) {
        const total = [...own, ...spawned].reduce((n, run) => n + run.tokens[field], 0);
        expect(total, field).toBe(piece.tokens[field]);
      }
      for (const child of childrenOf(piece)) {
        const run = runs.find((candidate) => candidate.sessionKey === child.sessionKey);
        expect(run).toMatchObject({ outcome: child.outcome, lines: child.lines.map(expectedLine) });
        expect(run?.startMs, 'child start').toBeCloseTo(child.startMs, 0);
        expect(run?.endMs, 'child end').toBeCloseTo(child.endMs, 0);
        expect(own.some((parent) => parent.children.includes(child.sessionKey))).toBe(true);
      }
    }
  });
});
