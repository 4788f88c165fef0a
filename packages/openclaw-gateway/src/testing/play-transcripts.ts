import { type RecordedVersion, readRecording } from '@live-status/fixtures';
import { createInterpreter, type Observation } from '@live-status/openclaw-transcripts';
import type { SessionEvent } from '@live-status/session-state';
import { parseCatalog, readEntry } from '@live-status/transcript-parser';

const DIR = '/state/agents/main/sessions';
const T0 = Date.UTC(2031, 0, 1);

/** What the transcript source reports of a recording in which no file is renamed or removed. */
export function playTranscripts(version: RecordedVersion, scenario: string): SessionEvent[] {
  const interpreter = createInterpreter();
  const events: SessionEvent[] = [];
  const sizes = new Map<string, number>();
  const observe = (seen: Observation): void => {
    for (let due = interpreter.nextDeadline(seen.at); due !== undefined && due <= seen.at; ) {
      events.push(...interpreter.observe({ type: 'tick', at: due }));
      const next = interpreter.nextDeadline(due);
      if (next === due) throw new Error(`stuck at ${due}`);
      due = next;
    }
    events.push(...interpreter.observe(seen));
  };
  observe({ type: 'live', at: T0 });
  for (const event of readRecording(version, scenario).events) {
    const at = T0 + event.tMs;
    const path = `${DIR}/${'file' in event ? event.file.replace(/\.lock$/, '') : ''}`;
    if (event.op === 'lock') observe({ type: 'lock', path, at });
    else if (event.op === 'unlock') observe({ type: 'lock-gone', path, at });
    else if (event.op === 'append' && path.endsWith('.jsonl')) {
      let startOffset = sizes.get(path) ?? 0;
      for (const line of event.bytes.toString().split('\n')) {
        const parsed = readEntry(Buffer.from(line));
        if (parsed.ok) observe({ type: 'line', path, fingerprint: 'f', startOffset, entry: parsed.entry, at });
        startOffset += Buffer.byteLength(line) + 1;
      }
      sizes.set(path, startOffset - 1);
      observe({ type: 'caught-up', path, at });
    } else if (event.op === 'truncate') {
      sizes.set(path, 0);
      observe({ type: 'rewritten', path, fromOffset: 0, at });
    } else if (event.op === 'replace') {
      const catalog = parseCatalog(event.content?.toString() ?? '');
      if (catalog.ok)
        observe({ type: 'catalog', path: `${DIR}/sessions.json`, dir: DIR, entries: catalog.entries, at });
    } else if (event.op !== 'append') throw new Error(`${event.op} in ${scenario}`);
  }
  observe({ type: 'tick', at: T0 + 3_600_000 });
  return events;
}
