import fc from 'fast-check';
import { type Json, mutated, writeJson } from './json.ts';
import { hostileName, hostileText } from './texts.ts';

type Fields = Readonly<Record<string, unknown>>;

const id = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 8, maxLength: 8 }) },
  { weight: 1, arbitrary: hostileName },
);
/** Names of tools, most of them real. */
export const toolName: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'exec',
      'read',
      'write',
      'edit',
      'process',
      'message',
      'web_fetch',
      'sessions_spawn',
      'sessions_yield',
      'apply_patch',
      'update_plan',
      'progress_card',
      'TodoWrite',
      'ask_user',
      'secrets',
      'tool_call',
      'mcp__github__create_issue',
      'mcp__openclaw__exec',
      'view_image',
    ),
  },
  { weight: 2, arbitrary: hostileText },
);
const callId = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('call_1', 'call_2', 'call_3') },
  { weight: 1, arbitrary: hostileName },
);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** Arguments of any tool. */
export const toolArguments: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ command: hostileText, workdir: optional(hostileText), background: optional(fc.boolean()) }),
  fc.record({ path: hostileText, content: hostileText }),
  fc.record({ file_path: hostileText, old_string: hostileText, new_string: hostileText }),
  fc.record({ url: hostileText, action: hostileText, sessionId: hostileText }),
  fc.record({ input: hostileText.map((text) => `*** Begin Patch\n*** Add File: ${text}\n+x\n*** End Patch`) }),
  fc.record({
    plan: fc.array(
      fc.record({
        step: hostileText,
        status: fc.oneof(
          fc.constantFrom('pending', 'in_progress', 'completed', 'cancelled', 'constructor', 'toString', '__proto__'),
          hostileText,
        ),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    questions: fc.array(
      fc.record({
        question: hostileText,
        options: fc.array(fc.record({ label: hostileText }), { maxLength: 3 }),
        isSecret: optional(fc.boolean()),
      }),
      { maxLength: 2 },
    ),
    timeoutSeconds: fc.constantFrom(60, 0, -1, 1e300),
  }),
  fc.record({ task: hostileText, label: hostileText, agentId: hostileName }),
  fc.record({ id: toolName, args: fc.record({ command: hostileText }) }),
  hostileText,
  fc.record({ command: hostileText }).map((args) => JSON.stringify(JSON.stringify(args))),
);

const textBlock = hostileText.map((text) => ({ type: 'text', text }));
const callBlock = fc.record({
  type: fc.constantFrom('toolCall', 'toolUse', 'tool_use', 'functionCall', 'function'),
  id: callId,
  name: toolName,
  arguments: toolArguments,
});
const thinkingBlock = hostileText.map((thinking) => ({ type: 'thinking', thinking }));
const imageBlock = hostileText.map((data) => ({ type: 'image', data, mimeType: 'image/png' }));
const resultBlock = fc.record({
  type: fc.constant('tool_result'),
  tool_use_id: callId,
  content: hostileText,
  is_error: fc.boolean(),
});
const count = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 5_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1e308, 0.5, 2 ** 60) },
);
const usage = fc.record({
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite: count,
  totalTokens: count,
  cost: fc.record({ total: fc.oneof(fc.double({ min: 0, max: 10 }), count) }),
});

const assistant = fc.record({
  role: fc.constant('assistant'),
  content: fc.array(fc.oneof(textBlock, callBlock, callBlock, thinkingBlock, imageBlock, resultBlock), {
    maxLength: 4,
  }),
  provider: fc.constantFrom('mock', 'openclaw'),
  model: fc.oneof(fc.constantFrom('mock-1', 'delivery-mirror'), hostileText),
  usage,
  stopReason: fc.oneof(
    fc.constantFrom('stop', 'toolUse', 'length', 'error', 'aborted', 'refusal', 'constructor', '__proto__'),
    hostileName,
  ),
  errorMessage: optional(hostileText),
});
const user = fc.record({
  role: fc.constant('user'),
  content: fc.oneof(
    hostileText,
    hostileName.map((text) => `[cron:${text} x] go`),
    hostileName.map((text) => `[Internal task completion event]\nsource: subagent\nsession_key: ${text}\n`),
    fc.array(fc.oneof(textBlock, imageBlock), { maxLength: 3 }),
  ),
  __openclaw: optional(fc.record({ senderIsOwner: fc.boolean(), senderId: hostileName, senderName: hostileText })),
  provenance: optional(
    fc.record({
      kind: fc.constant('inter_session'),
      sourceSessionKey: hostileName,
      sourceTool: fc.constantFrom('subagent_announce', 'x'),
    }),
  ),
});
const toolResult = fc.record({
  role: fc.constantFrom('toolResult', 'tool', 'function'),
  toolCallId: callId,
  toolName,
  content: fc.oneof(fc.array(textBlock, { maxLength: 2 }), hostileText),
  details: fc.record({
    status: fc.oneof(
      fc.constantFrom(
        'completed',
        'failed',
        'error',
        'running',
        'accepted',
        'approval-pending',
        'yielded',
        'denied',
        'cancelled',
        'constructor',
      ),
      hostileName,
    ),
    exitCode: optional(fc.constantFrom(0, 1, -1, 1e300)),
    durationMs: optional(count),
    childSessionKey: optional(hostileName.map((text) => `agent:main:subagent:${text}`)),
    sessionId: optional(hostileName),
    error: optional(hostileText),
  }),
  isError: fc.boolean(),
});

/** A message as transcripts and gateways have it. */
export const anyMessage: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 4, arbitrary: assistant },
  { weight: 2, arbitrary: toolResult },
  { weight: 1, arbitrary: user },
);

const message = anyMessage.map((content) => ({ type: 'message', message: content }));
const otherEntry: fc.Arbitrary<Fields> = fc.oneof(
  fc.record({
    type: fc.constant('custom'),
    customType: fc.oneof(
      fc.constantFrom('openclaw:prompt-error', 'model-snapshot', 'openclaw:bootstrap-context:full'),
      hostileName,
    ),
    data: fc.record({ error: hostileText, runId: hostileName }),
  }),
  fc.record({
    type: fc.constant('custom_message'),
    customType: fc.oneof(fc.constantFrom('openclaw.sessions_yield', 'openclaw.sessions_yield_interrupt'), hostileName),
    content: hostileText,
    details: fc.record({ message: hostileText }),
  }),
  fc.record({ type: fc.constant('compaction'), summary: hostileText, tokensBefore: count }),
  fc.record({ type: fc.constant('model_change'), provider: hostileText, modelId: hostileText }),
  fc.record({ type: fc.constant('leaf'), targetId: id, appendMode: fc.constant('side') }),
  fc.record({ type: fc.constant('session'), version: count, cwd: hostileName, parentSession: optional(hostileName) }),
  fc.record({ type: hostileName }),
);

const TIMESTAMPS = [
  '2026-11-30T10:00:00.000Z',
  '1970-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  '9999-12-31T23:59:59Z',
  'x',
  '',
];

const validEntry: fc.Arbitrary<Fields> = fc
  .tuple(
    fc.oneof({ weight: 6, arbitrary: message }, { weight: 2, arbitrary: otherEntry }),
    id,
    fc.option(id),
    fc.constantFrom(...TIMESTAMPS),
  )
  .map(([fields, ownId, parentId, timestamp]) => ({ id: ownId, parentId, timestamp, ...fields }));

/** An entry of a transcript, of a real shape or changed. */
export const transcriptEntry: fc.Arbitrary<Json> = mutated(validEntry);

/** Bytes of one line without its line end: an entry, or what no writer writes. */
export const transcriptLine: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 16, arbitrary: transcriptEntry.map((entry) => Buffer.from(writeJson(entry))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(transcriptEntry, fc.nat({ max: 400 }))
      .map(([entry, at]) => Buffer.from(writeJson(entry)).subarray(0, at)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(transcriptEntry, fc.uint8Array({ maxLength: 8 }), fc.nat({ max: 200 }))
      .map(([entry, junk, at]) => {
        const bytes = Buffer.from(writeJson(entry));
        return Buffer.concat([bytes.subarray(0, at), junk.filter((byte) => byte !== 10), bytes.subarray(at)]);
      }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => bytes.filter((byte) => byte !== 10)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '',
        '\ufeff{}',
        '\r',
        '\0'.repeat(40),
        '[]',
        'null',
        '"x"',
        '{',
        '[',
        '{"type":"message"}',
        '['.repeat(50_000),
        `{"type":"message","message":${'['.repeat(50_000)}`,
      )
      .map((text) => Buffer.from(text)),
  },
);

const sessionKey = fc.oneof(
  fc.constantFrom(
    'agent:main:main',
    'agent:main:mattermost:channel:evil',
    'agent:main:cron:job',
    'agent:main:subagent:x',
    'agent:main:telegram:direct:9',
    '',
    ':',
    'agent:::',
  ),
  hostileName,
  hostileName.map((text) => `agent:main:mattermost:channel:${text}`),
  hostileName.map((text) => `agent:${text}:main`),
);
const status = fc.oneof(fc.constantFrom('running', 'done', 'failed', 'killed', 'timeout', 'constructor'), hostileName);

/** The path of a file that a catalog names; `outside`: paths of files that must never be opened. */
function sessionFile(outside: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      ...outside,
      '../../canary.jsonl',
      '/dev/zero',
      '/dev/stdin',
      '/proc/self/environ',
      '.',
      '..',
      '/',
      '\0',
      'hostile.jsonl',
    ),
    hostileName,
  );
}

/** A `sessions.json`. `sessionIds`: the transcripts that are there; `outside`: paths of files that must never be opened. */
export function catalog(sessionIds: readonly string[], outside: readonly string[]): fc.Arbitrary<Json> {
  const entry = fc.record({
    sessionId: fc.oneof(fc.constantFrom(...sessionIds), hostileName),
    sessionFile: fc.oneof(
      fc.constantFrom(...sessionIds.map((name) => `/home/node/.openclaw/agents/main/sessions/${name}.jsonl`)),
      sessionFile(outside),
    ),
    status,
    updatedAt: count,
    startedAt: count,
    endedAt: optional(count),
    abortedLastRun: optional(fc.boolean()),
    spawnedBy: optional(sessionKey),
    label: optional(hostileText),
    model: optional(hostileText),
    contextTokens: optional(count),
    channel: optional(hostileName),
    deliveryContext: optional(
      fc.record({
        channel: fc.oneof(fc.constant('mattermost'), hostileName),
        to: fc.oneof(
          hostileName,
          hostileName.map((text) => `channel:${text}`),
        ),
        accountId: hostileName,
        threadId: hostileName,
      }),
    ),
    usageFamilySessionIds: optional(fc.array(fc.oneof(fc.constantFrom(...sessionIds), hostileName), { maxLength: 3 })),
  });
  const entries = fc.array(fc.tuple(sessionKey, entry), { maxLength: 4 }).map((members) => Object.fromEntries(members));
  return mutated(entries);
}

/** What stands in a `.jsonl.lock`. */
export const lockText: fc.Arbitrary<string> = fc.oneof(
  mutated(
    fc.record({
      pid: fc.constantFrom(1, process.pid, 0, -1, 2 ** 40, 0.5),
      createdAt: fc.constantFrom(...TIMESTAMPS),
      starttime: fc.constantFrom(0, 1e300, -1),
      maxHoldMs: fc.constantFrom(300_000, -1, 1e300),
    }),
  ).map(writeJson),
  hostileName,
);
