import fc from 'fast-check';
import type { SessionEvent } from '../index.ts';

const SESSIONS = ['agent:main:a', 'agent:main:b', 'agent:main:subagent:x', 'agent:main:subagent:y'];

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
export const story: fc.Arbitrary<SessionEvent[]> = fc
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
