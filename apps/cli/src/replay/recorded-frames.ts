import { createInterpreter, type Observation } from '@live-status/openclaw-gateway';
import type { SourceEvent } from '@live-status/session-state';
import { type JsonObject, numberOf, objectOf, parseObject, textOf } from '@live-status/transcript-parser';
import { readRecordedLines, recordedTime } from './recorded-lines.ts';
import { ticksUntil } from './ticks.ts';

/** A line of a frame log: an event frame of the gateway, and when it was received, milliseconds since the epoch. */
interface RecordedFrame {
  readonly at: number | undefined;
  readonly type: string | undefined;
  readonly event: string | undefined;
  readonly payload: JsonObject;
}

/** Reads one line of a frame log; `undefined` when it is none. */
export function readFrame(line: string): RecordedFrame | undefined {
  const raw = parseObject(line);
  if (raw === undefined) return undefined;
  const payload = objectOf(raw.payload) ?? {};
  const at = recordedTime(numberOf(raw.t)) ?? recordedTime(numberOf(payload.ts));
  return { at, type: textOf(raw.type), event: textOf(raw.event), payload };
}

/** What happened in the recorded frames of a gateway, as if it was followed from the first frame on. */
export async function* eventsOfFrames(path: string): AsyncGenerator<SourceEvent> {
  const interpreter = createInterpreter();
  const observe = (seen: Observation): readonly SourceEvent[] => {
    const events = interpreter.observe(seen);
    // Nobody can be asked any more: the log has what was reported, and no more.
    interpreter.takeRequests();
    return events;
  };
  const tick = (at: number): readonly SourceEvent[] => observe({ type: 'tick', at });
  let lastAt = 0;
  for await (const { text } of readRecordedLines(path)) {
    const frame = readFrame(text);
    if (frame === undefined) continue;
    lastAt = Math.max(lastAt, frame.at ?? 0);
    yield* ticksUntil(interpreter, lastAt, tick);
    if (frame.type === 'event' && frame.event !== undefined) {
      yield* observe({ type: 'frame', event: frame.event, payload: frame.payload, at: lastAt });
    } else if (frame.type === '_close') yield* observe({ type: 'lost', at: lastAt });
  }
  yield* ticksUntil(interpreter, Number.MAX_SAFE_INTEGER, tick);
}
