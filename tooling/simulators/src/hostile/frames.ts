import fc from 'fast-check';
import { type Json, mutated } from './json.ts';
import { hostileName, hostileText } from './texts.ts';
import { anyMessage, toolArguments, toolName } from './transcripts.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An event of a gateway. */
export interface HostileFrame {
  readonly event: string;
  readonly payload: Json;
}

/** A session that frames are about: posts of it are looked at. */
export const FRAME_KEY = 'agent:main:mattermost:channel:known00000000000000000000';

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constant(FRAME_KEY) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('agent:main:main', 'agent:main:subagent:x', 'agent:main:cron:job', '', 'agent:::'),
  },
  { weight: 1, arbitrary: hostileName },
);
const runId = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('r1', 'r2') }, { weight: 1, arbitrary: hostileName });
const callId = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('c1', 'c2', 'tool_search_code:c1:exec:1') },
  { weight: 1, arbitrary: hostileName },
);
const number = fc.constantFrom(0, 1, -1, 1_796_000_000_000, 1e300, 0.5);
const phase = fc.oneof(
  fc.constantFrom(
    'start',
    'update',
    'result',
    'end',
    'error',
    'finishing',
    'model',
    'fallback_step',
    'waiting-approval',
    'approval-resolved',
    'fallback',
  ),
  hostileName,
);
const status = fc.oneof(
  fc.constantFrom('running', 'done', 'failed', 'killed', 'timeout', 'completed', 'constructor', '__proto__'),
  hostileName,
);

const toolData = fc.record({
  ...{
    phase,
    name: toolName,
    toolCallId: callId,
    args: toolArguments,
    parentToolCallId: optional(callId),
    isError: fc.boolean(),
  },
  result: optional(
    fc.record({
      content: fc.oneof(
        fc.array(
          hostileText.map((text) => ({ type: 'text', text })),
          { maxLength: 2 },
        ),
        hostileText,
      ),
      details: fc.record({
        status,
        exitCode: optional(number),
        error: optional(hostileText),
        childSessionKey: optional(key),
        sessionId: optional(hostileName),
      }),
    }),
  ),
});
const itemData = fc.record({
  ...{
    phase,
    kind: fc.constantFrom('preamble', 'tool', 'x'),
    itemId: hostileName,
    toolCallId: callId,
    name: toolName,
    title: hostileText,
  },
  ...{ progressText: hostileText, status, error: optional(hostileText), startedAt: number, endedAt: number },
});
const lifecycleData = fc.record({
  ...{
    phase,
    error: optional(hostileText),
    aborted: optional(fc.boolean()),
    yielded: optional(fc.boolean()),
    executionSettled: fc.boolean(),
  },
  ...{
    stopReason: hostileName,
    model: hostileText,
    provider: hostileText,
    approvalId: hostileName,
    toolCallId: callId,
  },
  errorObservation: optional(fc.record({ failoverReason: hostileText, httpStatus: number })),
  terminalReply: optional(fc.record({ text: hostileText })),
});
const planData = fc.record({ phase, steps: fc.array(fc.record({ step: hostileText, status }), { maxLength: 3 }) });

const agent = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant('tool'), toolData),
      fc.tuple(fc.constant('item'), itemData),
      fc.tuple(fc.constant('lifecycle'), lifecycleData),
      fc.tuple(fc.constant('plan'), planData),
      fc.tuple(fc.constantFrom('compaction', 'run_status', 'thinking', 'assistant', 'constructor'), lifecycleData),
    ),
    fc.record({
      sessionKey: key,
      runId,
      ts: number,
      isHeartbeat: optional(fc.boolean()),
      spawnedBy: optional(key),
      seq: number,
    }),
  )
  .map(([[stream, data], payload]) => ({ event: 'agent', payload: { ...payload, stream, data } }));
const row = fc.record({
  ...{
    key,
    status,
    sessionId: hostileName,
    label: optional(hostileText),
    model: optional(hostileText),
    contextTokens: optional(number),
  },
  ...{
    hasActiveRun: optional(fc.boolean()),
    parentSessionKey: optional(key),
    spawnedBy: optional(key),
    startedAt: number,
    endedAt: optional(number),
  },
  deliveryContext: optional(
    fc.record({ channel: fc.oneof(fc.constant('mattermost'), hostileName), to: hostileName, accountId: hostileName }),
  ),
});
const message = fc
  .tuple(
    anyMessage,
    fc.record({ runId, id: hostileName, senderId: hostileName, senderName: hostileText }),
    key,
    optional(row),
  )
  .map(([content, openclaw, sessionKey, session]) => ({
    event: 'session.message',
    payload: { sessionKey, session, message: { ...content, __openclaw: openclaw } },
  }));
const change = fc
  .record({
    sessionKey: key,
    phase: optional(phase),
    reason: optional(fc.oneof(fc.constantFrom('create', 'delete', 'reset'), hostileName)),
    runId: optional(runId),
    session: optional(row),
  })
  .map((payload) => ({ event: 'sessions.changed', payload }));
const task = fc
  .record({
    kind: fc.constantFrom('exec', 'subagent', 'cli'),
    status,
    sessionKey: key,
    childSessionKey: optional(key),
    runId,
    sourceId: optional(hostileName),
    title: hostileText,
    error: optional(hostileText),
    endedAt: number,
  })
  .map((content) => ({ event: 'task', payload: { action: 'upserted', task: content } }));
const other = fc.oneof(
  fc
    .record({ sessionKey: key, operation: fc.constant('compact'), phase, completed: fc.boolean() })
    .map((payload) => ({ event: 'session.operation', payload })),
  fc
    .record({ sessionKey: key, runId, state: fc.constantFrom('delta', 'final', 'error') })
    .map((payload) => ({ event: 'chat', payload })),
  fc.record({ sessionKey: key, cardId: hostileName }).map((payload) => ({ event: 'progressCard.changed', payload })),
  fc.tuple(hostileName, fc.record({ sessionKey: key })).map(([event, payload]) => ({ event, payload })),
);

const valid: fc.Arbitrary<{ readonly event: string; readonly payload: Fields }> = fc.oneof(
  { weight: 8, arbitrary: agent },
  { weight: 4, arbitrary: message },
  { weight: 2, arbitrary: change },
  { weight: 1, arbitrary: task },
  { weight: 1, arbitrary: other },
);

/** An event frame, of a real shape or changed. */
export const hostileFrame: fc.Arbitrary<HostileFrame> = valid.chain(({ event, payload }) =>
  mutated(fc.constant(payload)).map((changed) => ({ event, payload: changed })),
);

/** Rows of `sessions.list`, and the answer of `chat.history` for a session. */
export const hostileRow: fc.Arbitrary<Json> = mutated(row);
export const hostileHistory: fc.Arbitrary<Json> = mutated(
  fc.record({
    messages: fc.array(anyMessage, { maxLength: 3 }),
    inFlightRun: optional(
      fc.record({
        runId,
        text: hostileText,
        startedAt: number,
        events: fc.array(
          agent.map(({ payload }) => payload),
          { maxLength: 3 },
        ),
      }),
    ),
  }),
);
