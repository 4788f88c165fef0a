import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEvent, SessionState, Tick } from './index.ts';
import { boxIds, createState, DEFAULT_RULES, foldAll, nextDeadline, viewBox } from './index.ts';

const SESSIONS = ['agent:main:a', 'agent:main:b', 'agent:main:subagent:x', 'agent:main:subagent:y'];
const rules = { ...DEFAULT_RULES, maxLines: 3 };

const sessionKey = fc.constantFrom(...SESSIONS);
const run = fc
  .tuple(sessionKey, fc.integer({ min: 0, max: 3 }))
  .map(([key, n]) => ({ sessionKey: key, runId: `${key}/${n}` }));
const entryId = fc.integer({ min: 0, max: 30 }).map((n) => `e${n}`);
const callId = fc.integer({ min: 0, max: 6 }).map((n) => `c${n}`);
const outcome = fc.constantFrom('done', 'error', 'aborted', 'interrupted', 'waiting' as const);

const content: fc.Arbitrary<object> = fc.oneof(
  fc.record({ sessionKey, parentKey: fc.option(sessionKey, { nil: undefined }) }).map((session) => ({
    type: 'session',
    agentId: 'main',
    child: session.sessionKey.includes(':subagent:'),
    ...session,
  })),
  run.map((ids) => ({ type: 'run-started', evidence: [`id:${ids.runId}`], ...ids })),
  fc
    .tuple(run, fc.constantFrom('message', 'announce', 'resume', 'other'), fc.boolean())
    .map(([ids, trigger, silent]) => ({
      type: 'run-identified',
      evidence: [],
      trigger,
      silent,
      ...ids,
    })),
  fc.tuple(run, callId, entryId).map(([ids, call, entry]) => ({
    type: 'tool-started',
    callId: call,
    entryId: entry,
    tool: 'exec',
    args: { command: call },
    ...ids,
  })),
  fc
    .tuple(
      run,
      callId,
      entryId,
      fc.constantFrom('ok', 'error', 'background'),
      fc.option(sessionKey, { nil: undefined }),
    )
    .map(([ids, call, entry, how, spawned]) => ({
      type: 'tool-ended',
      callId: call,
      entryId: entry,
      tool: 'exec',
      outcome: how,
      ...(spawned === undefined ? {} : { spawned }),
      ...ids,
    })),
  fc
    .tuple(run, entryId, fc.string())
    .map(([ids, entry, text]) => ({ type: 'commentary', entryId: entry, text, ...ids })),
  fc.tuple(run, entryId, fc.option(outcome)).map(([ids, entry, how]) => ({
    type: 'run-ending',
    entryId: entry,
    outcome: how,
    text: 'text',
    ...ids,
  })),
  fc.tuple(run, outcome).map(([ids, how]) => ({ type: 'run-ended', outcome: how, ...ids })),
  fc.tuple(run, entryId, fc.nat(99)).map(([ids, entry, tokens]) => ({
    type: 'usage',
    entryId: entry,
    input: tokens,
    output: 1,
    cacheRead: 0,
    cacheWrite: 0,
    ...ids,
  })),
  fc.tuple(sessionKey, fc.option(sessionKey, { nil: undefined })).map(([key, childKey]) => ({
    type: 'announced',
    sessionKey: key,
    ...(childKey === undefined ? {} : { childKey }),
  })),
  fc.tuple(sessionKey, fc.array(entryId)).map(([key, entryIds]) => ({ type: 'retracted', sessionKey: key, entryIds })),
  fc.tuple(run, fc.option(fc.constant('unreachable'))).map(([ids, lost]) => ({ type: 'run-sight', lost, ...ids })),
  sessionKey.map((key) => ({ type: 'session-gone', sessionKey: key })),
);

/** A story in order of time: any events, with gaps from nothing to beyond every delay. */
const story: fc.Arbitrary<SessionEvent[]> = fc
  .array(fc.tuple(fc.oneof(fc.nat(500), fc.nat(5_000), fc.nat(200_000)), content), { maxLength: 80, size: 'max' })
  .map((steps) => {
    let at = 0;
    const known = SESSIONS.slice(0, 3).map((key) => ({
      type: 'session',
      sessionKey: key,
      agentId: 'main',
      child: key.includes(':subagent:'),
    }));
    const begun = SESSIONS.map((key) => ({ type: 'run-started', sessionKey: key, runId: `${key}/0`, evidence: [] }));
    const opening = [...known, ...begun].map((event): [number, object] => [10, event]);
    return [...opening, ...steps].map(([gapMs, event]) => {
      at += gapMs;
      return { ...event, at, startedAt: at, endedAt: at } as unknown as SessionEvent;
    });
  });

const views = (state: SessionState): unknown => boxIds(state).map((boxId) => viewBox(state, boxId));

describe('foldAll, for any story', () => {
  it('gives the same from any prefix as at once', () => {
    fc.assert(
      fc.property(story, fc.nat(60), (events, cut) => {
        const end: Tick = { type: 'tick', at: (events.at(-1)?.at ?? 0) + 1 };
        const start = createState(rules);
        const whole = foldAll(foldAll(start, events).state, [end]).state;
        const prefix = foldAll(start, events.slice(0, cut)).state;
        const parts = foldAll(foldAll(prefix, events.slice(cut)).state, [end]).state;
        expect(views(parts)).toEqual(views(whole));
      }),
    );
  });

  it('gives the same however often it ticks', () => {
    fc.assert(
      fc.property(story, (events) => {
        const end: Tick = { type: 'tick', at: (events.at(-1)?.at ?? 0) + 400_000 };
        const seldom = foldAll(createState(rules), [...events, end]).state;
        let often = createState(rules);
        for (const event of [...events, end]) {
          for (;;) {
            const at = nextDeadline(often);
            if (at === undefined || at > event.at) break;
            often = foldAll(often, [{ type: 'tick', at }]).state;
          }
          often = foldAll(often, [event]).state;
        }
        expect(views(often)).toEqual(views(seldom));
      }),
    );
  });

  it('changes nothing by itself before its next deadline', () => {
    fc.assert(
      fc.property(story, (events) => {
        const { state } = foldAll(createState(rules), events);
        const at = (nextDeadline(state) ?? state.now + 1_000_000_000) - 1;
        fc.pre(at >= state.now);
        // Made to search, where it would trust that nothing is due.
        const later = foldAll({ ...state, dueAt: 0 }, [{ type: 'tick', at }]);
        expect(views(later.state)).toEqual(views(state));
        expect(later.settled).toEqual([]);
      }),
    );
  });

  it('never changes the state it was given', () => {
    fc.assert(
      fc.property(story, story, (first, second) => {
        const given = foldAll(createState(rules), first).state;
        const copy = structuredClone(given);
        foldAll(given, second);
        expect(given).toEqual(copy);
      }),
    );
  });

  it('keeps every box bounded and every change reported', () => {
    fc.assert(
      fc.property(story, (events) => {
        let state = createState(rules);
        for (const event of events) {
          const before = new Map(boxIds(state).map((boxId) => [boxId, viewBox(state, boxId)]));
          const folded = foldAll(state, [event]);
          const left = [...before.keys()].filter((boxId) => viewBox(folded.state, boxId) === undefined);
          expect(folded.settled.map((entry) => entry.boxId)).toEqual(expect.arrayContaining(left));
          for (const boxId of boxIds(folded.state)) {
            const view = viewBox(folded.state, boxId);
            expect(JSON.stringify(view).length).toBeLessThan(20_000);
            if (!folded.changed.has(boxId)) expect(view).toEqual(before.get(boxId));
          }
          state = folded.state;
        }
      }),
    );
  });

  it('ends empty when all runs ended and time went by', () => {
    fc.assert(
      fc.property(story, (events) => {
        let state = foldAll(createState(rules), events).state;
        const at = (events.at(-1)?.at ?? 0) + 1;
        const ends = [...state.runs.values()].map(
          ({ sessionKey: key, runId }): SessionEvent => ({
            type: 'run-ended',
            at,
            endedAt: at,
            sessionKey: key,
            runId,
            outcome: 'done',
          }),
        );
        state = foldAll(state, [...ends, { type: 'tick', at: at + 200_000_000 }]).state;
        expect(boxIds(state)).toEqual([]);
        expect(nextDeadline(state)).toBeUndefined();
      }),
    );
  });
});
