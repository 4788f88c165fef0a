import { createInterpreter } from '@live-status/openclaw-transcripts';
import type { SessionEvent } from '@live-status/session-state';
import type { RecordedFrame } from '@live-status/simulators/gateway';
import { type JsonObject, objectOf, parseCatalog, textOf, toEntry } from '@live-status/transcript-parser';

const DIR = '/state/agents/main/sessions';
const NAME = '00000000-0000-4000-8000-000000000000.jsonl';

interface Line {
  readonly t: number;
  readonly message: JsonObject;
}

/** What the transcript source reports of a recorded turn of the gateway, written the way transcripts are. */
export function readAsTranscript(frames: readonly RecordedFrame[]): SessionEvent[] {
  const interpreter = createInterpreter();
  const path = `${DIR}/${NAME}`;
  const first = frames[0]?.t ?? 0;
  const last = frames.at(-1)?.t ?? 0;
  return [
    ...interpreter.observe({ type: 'live', at: first }),
    ...interpreter.observe({ type: 'catalog', path: `${DIR}/sessions.json`, entries: catalogOf(frames), at: first }),
    ...interpreter.observe({ type: 'lock', path, at: first }),
    ...linesOf(frames).flatMap(({ t: at, message }, index) => {
      const entry = toEntry('message', { id: `e${index}`, message });
      return interpreter.observe({ type: 'line', path, fingerprint: 'f', startOffset: index, entry, at });
    }),
    ...interpreter.observe({ type: 'lock-gone', path, at: last }),
    ...interpreter.observe({ type: 'tick', at: last + 60_000 }),
  ];
}

/** The catalog's entry has the fields of the gateway's row. */
function catalogOf(frames: readonly RecordedFrame[]) {
  const payload = frames.find(({ event, payload }) => event === 'session.message' && payload?.session)?.payload;
  const { sessionId, deliveryContext, label } = objectOf(payload?.session) ?? {};
  const row = { sessionId, deliveryContext, label, sessionFile: NAME, updatedAt: frames[0]?.t, status: 'running' };
  const catalog = parseCatalog(JSON.stringify({ [sessionKeyOf(payload)]: row }));
  if (!catalog.ok) throw new Error('no catalog');
  return catalog.entries;
}

/** The catalog has one entry for a cron job, and not one for each of its runs. */
function sessionKeyOf(payload: RecordedFrame['payload']): string {
  return (textOf(payload?.sessionKey) ?? '').replace(/:run:.*$/, '');
}

/** Commentary is inside its message, and each result is a message of its own. */
function linesOf(frames: readonly RecordedFrame[]): Line[] {
  let commentary = '';
  return frames.flatMap(({ t, event, payload }): Line[] => {
    const data = objectOf(payload?.data);
    if (data?.kind === 'preamble' && data.phase === 'end') commentary = String(data.progressText);
    const message = event === 'session.message' ? objectOf(payload?.message) : undefined;
    if (message !== undefined) {
      const content = Array.isArray(message.content) ? message.content : [{ type: 'text', text: message.content }];
      const before = commentary === '' ? [] : [{ type: 'text', text: commentary }];
      commentary = '';
      return [{ t, message: { ...message, ...cronPrompt(message), content: [...before, ...content] } }];
    }
    const result = data?.phase === 'result' ? objectOf(data.result) : undefined;
    if (result === undefined) return [];
    const { toolCallId, name: toolName, isError } = data ?? {};
    return [{ t, message: { role: 'toolResult', toolCallId, toolName, isError, ...result } }];
  });
}

/** Prompts of cron are the assistant's for the gateway, and the user's in transcripts. */
function cronPrompt(message: JsonObject): JsonObject {
  return objectOf(message.provenance)?.sourceTool === 'cron' ? { role: 'user' } : {};
}
