import { type RecordedVersion, type Recording, readRecording } from '@live-status/fixtures';
import { createInterpreter, type Observation } from '@live-status/openclaw-transcripts';
import type { SessionEvent } from '@live-status/session-state';
import { parseCatalog, readEntry } from '@live-status/transcript-parser';

const DIR = '/state/agents/main/sessions';
const T0 = Date.UTC(2031, 0, 1);

/** What the transcript source reports of a recording. */
export function playTranscripts(version: RecordedVersion, scenario: string): SessionEvent[] {
  const player = new Player();
  player.observe({ type: 'live', at: T0 });
  for (const event of readRecording(version, scenario).events) player.apply(event, T0 + event.tMs);
  player.observe({ type: 'tick', at: T0 + 3_600_000 });
  return player.events;
}

/** The files of a recording as they are seen; a rewrite is seen as all lines again. */
class Player {
  readonly events: SessionEvent[] = [];
  readonly #interpreter = createInterpreter();
  readonly #files = new Map<string, string>();
  readonly #locks = new Set<string>();

  observe(seen: Observation): void {
    for (let due = this.#interpreter.nextDeadline(); due !== undefined && due <= seen.at; ) {
      this.events.push(...this.#interpreter.observe({ type: 'tick', at: due }));
      const next = this.#interpreter.nextDeadline();
      if (next === due) throw new Error(`stuck at ${due}`);
      due = next;
    }
    this.events.push(...this.#interpreter.observe(seen));
  }

  apply(event: Recording['events'][number], at: number): void {
    switch (event.op) {
      case 'lock':
        this.#locks.add(transcriptOf(event.file));
        this.observe({ type: 'lock', path: transcriptOf(event.file), at });
        break;
      case 'unlock':
        this.#locks.delete(transcriptOf(event.file));
        this.observe({ type: 'lock-gone', path: transcriptOf(event.file), at });
        break;
      case 'kill':
        for (const path of this.#locks) this.observe({ type: 'owner-died', path, at });
        break;
      case 'append':
        this.#append(event.file, event.bytes.toString(), at);
        break;
      case 'truncate':
        this.#rewrite(event.file, '', at);
        break;
      case 'rename':
        this.#rename(event.file, event.to, at);
        break;
      case 'replace': {
        const catalog = parseCatalog(event.content?.toString() ?? '');
        const path = `${DIR}/sessions.json`;
        if (catalog.ok) this.observe({ type: 'catalog', path, dir: DIR, entries: catalog.entries, at });
      }
    }
  }

  #append(file: string, text: string, at: number): void {
    const before = this.#files.get(file) ?? '';
    this.#files.set(file, before + text);
    if (!isFollowed(file)) return;
    const path = `${DIR}/${file}`;
    let startOffset = Buffer.byteLength(before);
    for (const line of text.split('\n')) {
      const parsed = readEntry(Buffer.from(line));
      if (parsed.ok) this.observe({ type: 'line', path, fingerprint: 'f', startOffset, entry: parsed.entry, at });
      startOffset += Buffer.byteLength(line) + 1;
    }
    this.observe({ type: 'caught-up', path, at });
  }

  #rewrite(file: string, text: string, at: number): void {
    this.#files.set(file, '');
    if (isFollowed(file)) this.observe({ type: 'rewritten', path: `${DIR}/${file}`, fromOffset: 0, at });
    if (text !== '') this.#append(file, text, at);
  }

  #rename(file: string, to: string, at: number): void {
    const text = this.#files.get(file) ?? '';
    this.#files.delete(file);
    if (isFollowed(file)) this.observe({ type: 'file-gone', path: `${DIR}/${file}`, renamedTo: `${DIR}/${to}`, at });
    this.#rewrite(to, text, at);
  }
}

function transcriptOf(lock: string): string {
  return `${DIR}/${lock.replace(/\.lock$/, '')}`;
}

function isFollowed(file: string): boolean {
  return file.endsWith('.jsonl') && !file.startsWith('.');
}
