import type { SessionEvent } from '@live-status/session-state';
import { parseCatalog, parseEntry } from '@live-status/transcript-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInterpreter, type Observation } from './index.ts';

const DIR = '/agents/main/sessions';
const T0 = 1_000_000;
const KEYS = ['agent:main:main', 'agent:main:mattermost:channel:c', 'agent:main:subagent:x', 'agent:main:cron:j'];

const file = fc.constantFrom('a.jsonl', 'b.jsonl');
const id = fc.constantFrom(...'abcdefghij');
const callId = fc.constantFrom('c1', 'c2', 'c3');

const content = fc.oneof(
  fc.record({
    role: fc.constant('user'),
    content: fc.constantFrom('hello', 'again', '[System] Your previous turn was interrupted'),
  }),
  fc.record({
    role: fc.constant('assistant'),
    stopReason: fc.constantFrom('stop', 'toolUse', 'error', 'aborted', 'length'),
    content: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('text'), text: fc.constantFrom('x', 'NO_REPLY') }),
        fc.record({ type: fc.constant('toolCall'), id: callId, name: fc.constant('exec'), arguments: fc.constant({}) }),
      ),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    role: fc.constant('toolResult'),
    toolCallId: callId,
    toolName: fc.constant('exec'),
    isError: fc.boolean(),
    details: fc.record({ childSessionKey: fc.constant('agent:main:subagent:x') }, { requiredKeys: [] }),
  }),
);

const line = fc.oneof(
  fc.record({ type: fc.constant('message'), id, message: content }),
  fc.record({
    type: fc.constantFrom('custom', 'custom_message', 'compaction', 'session', 'leaf'),
    id,
    customType: fc.constantFrom('openclaw:prompt-error', 'openclaw.sessions_yield', 'x'),
  }),
);

const entry = fc.record(
  {
    sessionId: fc.constantFrom('a', 'b', 'z'),
    status: fc.constantFrom('running', 'done', 'failed'),
    startedAt: fc.nat(100),
    endedAt: fc.nat(100),
    abortedLastRun: fc.boolean(),
    spawnedBy: fc.constantFrom(...KEYS.slice(0, 2)),
  },
  { requiredKeys: [] },
);

type Step = (at: number) => Observation;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(file, line, fc.nat(100)).map(([name, raw, recordedAt]) => toLine(name, raw, recordedAt)),
  },
  fc.tuple(file, fc.nat(5), fc.boolean()).map(
    ([name, n, alive]): Step =>
      (at) => ({
        type: 'lock',
        path: `${DIR}/${name}`,
        at,
        owner: { pid: n, createdAt: `l${n}`, maxHoldMs: 500, alive },
      }),
  ),
  file.map(
    (name): Step =>
      (at) => ({ type: 'lock-gone', path: `${DIR}/${name}`, at }),
  ),
  file.map(
    (name): Step =>
      (at) => ({ type: 'owner-died', path: `${DIR}/${name}`, at }),
  ),
  file.map(
    (name): Step =>
      (at) => ({ type: 'rewritten', path: `${DIR}/${name}`, fromOffset: 0, at }),
  ),
  file.map(
    (name): Step =>
      (at) => ({ type: 'caught-up', path: `${DIR}/${name}`, at }),
  ),
  file.map(
    (name): Step =>
      (at) => ({ type: 'file-gone', path: `${DIR}/${name}`, renamedTo: `${DIR}/${name}.reset.x`, at }),
  ),
  fc.dictionary(fc.constantFrom(...KEYS), entry).map((entries): Step => {
    const parsed = parseCatalog(JSON.stringify(entries));
    return (at) => ({
      type: 'catalog',
      path: `${DIR}/sessions.json`,
      dir: DIR,
      entries: parsed.ok ? parsed.entries : new Map(),
      at,
    });
  }),
  fc.constant((at: number): Observation => ({ type: 'live', at })),
);

function toLine(name: string, raw: object, recordedAt: number): Step {
  const parsed = parseEntry(JSON.stringify({ ...raw, timestamp: new Date(recordedAt).toISOString() }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return (at) => ({ type: 'line', path: `${DIR}/${name}`, fingerprint: 'f', startOffset: at, entry: parsed.entry, at });
}

/** Plays steps at times, with ticks when they are due, and an hour after. */
function play(steps: readonly (readonly [Step, number])[], options: { isLive: boolean }): SessionEvent[] {
  const interpreter = createInterpreter();
  const events: SessionEvent[] = [];
  let now = T0;
  const observe = (seen: Observation) => events.push(...interpreter.observe(seen));
  const pass = (until: number) => {
    for (let due = interpreter.nextDeadline(); due !== undefined && due <= until; due = interpreter.nextDeadline()) {
      now = Math.max(due, now);
      observe({ type: 'tick', at: now });
      const next = interpreter.nextDeadline();
      if (next !== undefined && next <= now) throw new Error('a tick left its deadline behind');
    }
    now = until;
  };
  if (options.isLive) observe({ type: 'live', at: now });
  for (const [make, delayMs] of steps) {
    pass(now + delayMs);
    observe(make(now));
  }
  observe({ type: 'live', at: now });
  pass(now + 10_000_000);
  return events;
}

const steps = fc.array(fc.tuple(step, fc.constantFrom(0, 1, 50, 300, 900, 2_000, 70_000)), { maxLength: 40 });

describe('any sequence of observations', () => {
  it('gives runs that begin once, are identified at most once and end at most once for good', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (sequence, isLive) => {
        const events = play(sequence, { isLive });
        const started = new Map<string, number>();
        const identified = new Set<string>();
        const ended = new Set<string>();
        const seen = new Set<string>();
        const lives = new Map<string, number>();
        const lifeOf = (sessionKey: string): number => lives.get(sessionKey) ?? 0;
        for (const event of events) {
          if (event.type === 'session') seen.add(event.sessionKey);
          if (event.type === 'session-gone') lives.set(event.sessionKey, lifeOf(event.sessionKey) + 1);
          if (!('runId' in event)) continue;
          // Here, two keys may share a session id, and ids come again in a file that was deleted: real run ids do not.
          const run = `${event.sessionKey} ${lifeOf(event.sessionKey)} ${event.runId}`;
          if (event.type === 'run-started') {
            expect(started.has(run)).toBe(false);
            expect(seen.has(event.sessionKey)).toBe(true);
            expect(event.startedAt).toBeLessThanOrEqual(event.at);
            started.set(run, event.startedAt);
          } else expect(started.has(run)).toBe(true);
          if (event.type === 'run-identified') {
            expect(identified.has(run)).toBe(false);
            identified.add(run);
          }
          if (event.type === 'run-ended') {
            expect(ended.has(run)).toBe(false);
            if (event.outcome !== 'waiting') ended.add(run);
            expect(event.endedAt).toBeGreaterThanOrEqual(started.get(run) ?? 0);
            expect(event.endedAt).toBeLessThanOrEqual(event.at);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives the same events again', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        expect(play(sequence, { isLive: true })).toEqual(play(sequence, { isLive: true }));
      }),
      { numRuns: 200 },
    );
  });
});
