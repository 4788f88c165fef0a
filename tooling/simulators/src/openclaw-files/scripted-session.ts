import type { RecordedVersion, TimelineEvent } from '@live-status/fixtures';

/** Fields of a JSON object as OpenClaw writes it. */
export type Fields = Readonly<Record<string, unknown>>;

/** The files of a gateway while a script is turned into events. */
export interface Disk {
  readonly events: TimelineEvent[];
  readonly files: Map<string, string>;
  readonly catalog: Map<string, Fields>;
}

/** What sessions need of the script they are part of. */
export interface Script {
  readonly version: RecordedVersion;
  /** Where the catalog says that transcripts are. */
  readonly sessionsDir: string;
  /** Epoch milliseconds of the script's moment 0. */
  readonly startedAt: number;
  /** Whether a transcript appears with its first line; OpenClaw itself waits for the first line of the assistant. */
  readonly showsFirstLine: boolean;
  /** Adds something that happens to the files, milliseconds after the start. */
  step(tMs: number, write: (disk: Disk) => void): void;
}

/** A session of a script. */
export interface SessionOptions {
  readonly id: string;
  /** Without one it has no catalog entry. */
  readonly key?: string;
  /** Its first catalog entry. */
  readonly entry?: Fields;
  /** When that appears. Default 0. */
  readonly tMs?: number;
  /** Name of the transcript. Default `<id>.jsonl`. */
  readonly file?: string;
  /** More fields of the transcript's header. */
  readonly header?: Fields;
}

/** Tokens of every model call of a script. */
export const USAGE: { readonly input: number; readonly output: number } = { input: 10, output: 5 };

/**
 * A session of a script: what is said in it, its transcript, its locks and its catalog entry, as the script's version
 * of OpenClaw writes them. The first parameter of every method is when, milliseconds; every method returns the session.
 */
export class ScriptedSession {
  readonly id: string;
  readonly file: string;
  readonly key: string | undefined;
  readonly #script: Script;
  readonly #header: Fields;
  #held = '';
  #lines = 0;

  constructor(script: Script, { id, key, entry, tMs = 0, file = `${id}.jsonl`, header = {} }: SessionOptions) {
    this.#script = script;
    this.id = id;
    this.key = key;
    this.file = file;
    this.#header = header;
    this.entry(tMs, { sessionId: id, sessionFile: `${script.sessionsDir}/${file}`, ...entry });
  }

  // What is said

  message(tMs: number, message: Fields): this {
    return this.line(tMs, { type: 'message', message: { timestamp: this.#at(tMs), ...message } });
  }

  /** A line the model reads as the user's. */
  user(tMs: number, content: string, more: Fields = {}): this {
    return this.message(tMs, { role: 'user', content, ...more });
  }

  /** A person's message. */
  person(tMs: number, text: string, { id = 'alice', channel = 'chan' }: { id?: string; channel?: string } = {}): this {
    if (this.#script.version === '2026.3.28') return this.user(tMs, inbound328(text, id, channel));
    return this.user(tMs, text, { __openclaw: { senderIsOwner: false, senderId: id, senderName: `@${id}` } });
  }

  /** A model call that ends in tool calls: `{ call id: command, or [tool, arguments] }`. `say`: text before them. */
  calls(tMs: number, calls: Readonly<Record<string, string | readonly [string, Fields]>>, say?: string): this {
    const blocks = Object.entries(calls).map(([id, call]) => {
      const [name, args] = typeof call === 'string' ? ['exec', { command: call }] : call;
      return { type: 'toolCall', id, name, arguments: args };
    });
    const text = say === undefined ? [] : [{ type: 'text', text: say }];
    return this.assistant(tMs, { content: [...text, ...blocks], stopReason: 'toolUse' });
  }

  /** The result of a call. `more`: other fields of the message. */
  result(
    tMs: number,
    toolCallId: string,
    details: Fields = { status: 'completed', exitCode: 0 },
    more: Fields = {},
  ): this {
    const content = [{ type: 'text', text: 'output' }];
    const common = { role: 'toolResult', toolCallId, toolName: 'exec', content, details, isError: false };
    return this.message(tMs, { ...common, ...more });
  }

  /** A call of `sessions_spawn` was accepted. */
  spawned(tMs: number, toolCallId: string, childSessionKey: string): this {
    const details = { status: 'accepted', childSessionKey, runId: 'r', mode: 'run' };
    return this.result(tMs, toolCallId, details, { toolName: 'sessions_spawn' });
  }

  answer(tMs: number, text: string, stopReason = 'stop'): this {
    return this.assistant(tMs, { content: text === '' ? [] : [{ type: 'text', text }], stopReason });
  }

  /** The model call failed: no content, no tokens. */
  fail(tMs: number, errorMessage: string, stopReason = 'error'): this {
    return this.assistant(tMs, { content: [], stopReason, errorMessage, usage: usage(0, 0) });
  }

  assistant(tMs: number, message: Fields): this {
    const { input, output } = USAGE;
    const common = { role: 'assistant', provider: 'mock', model: 'mock-1', usage: usage(input, output) };
    return this.message(tMs, { ...common, ...message });
  }

  promptError(tMs: number, error = 'Reply operation aborted by user'): this {
    return this.line(tMs, { type: 'custom', customType: 'openclaw:prompt-error', data: { error } });
  }

  compaction(tMs: number): this {
    return this.line(tMs, { type: 'compaction', summary: '## Goal', tokensBefore: 31298 });
  }

  /** Call, result and line of `sessions_yield`, with the aborted line that a rewrite takes back. */
  yields(tMs: number, callId: string): this {
    const is328 = this.#script.version === '2026.3.28';
    this.calls(tMs, { [callId]: ['sessions_yield', { message: 'Waiting.' }] });
    this.result(tMs + 40, callId, { status: 'yielded', message: 'Waiting.' }, { toolName: 'sessions_yield' });
    if (is328)
      this.line(tMs + 42, { type: 'custom_message', customType: 'openclaw.sessions_yield_interrupt', content: 'x' });
    this.fail(tMs + 43, 'This operation was aborted', 'aborted');
    this.rewrite(is328 ? tMs + 44 : tMs + 250, (lines) => lines.slice(0, is328 ? -2 : -1));
    return this.line(is328 ? tMs + 45 : tMs + 252, {
      type: 'custom_message',
      customType: 'openclaw.sessions_yield',
      content: 'Waiting.',
    });
  }

  /** A child's completion, as a user line: every one in 2026.3.28, one steered into a run in 2026.7.1. */
  announced(tMs: number, childKey: string): this {
    const text = `OpenClaw runtime context (internal):\nThis context is runtime-generated.\n\n[Internal task completion event]\nsource: subagent\nsession_key: ${childKey}\nsession_id: x\ntask: t\nstatus: completed successfully\n\nResult`;
    const wrapped =
      this.#script.version === '2026.3.28'
        ? `[Sun 2026-11-22 08:00 UTC] ${text}`
        : `<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\n${text}`;
    const provenance = {
      kind: 'inter_session',
      sourceSessionKey: childKey,
      sourceChannel: 'webchat',
      sourceTool: 'subagent_announce',
    };
    return this.user(tMs, wrapped, { provenance });
  }

  // The transcript

  /** One line, as an entry with an id and the time of the append. */
  line(tMs: number, fields: Fields): this {
    this.#script.step(tMs, (disk) => this.#append(disk, tMs, fields));
    return this;
  }

  /** A whole-file rewrite in place; `change` edits the lines. `cut`: bytes written first, the rest that much later. */
  rewrite(
    tMs: number,
    change: (lines: string[]) => string[] = (lines) => lines,
    cut?: { bytes: number; afterMs: number },
  ): this {
    let rest = '';
    this.#script.step(tMs, ({ events, files }) => {
      const text = change(linesOf(files.get(this.file))).join('');
      files.set(this.file, text);
      const bytes = Buffer.from(text);
      const first = cut === undefined ? bytes : bytes.subarray(0, cut.bytes);
      rest = cut === undefined ? '' : bytes.subarray(cut.bytes).toString();
      events.push({ tMs, op: 'truncate', file: this.file }, { tMs, op: 'append', file: this.file, bytes: first });
    });
    if (cut !== undefined) {
      const later = tMs + cut.afterMs;
      this.#script.step(later, ({ events }) => {
        events.push({ tMs: later, op: 'append', file: this.file, bytes: Buffer.from(rest) });
      });
    }
    return this;
  }

  /** The repair of 2026.7.1: a changed copy under another name, renamed over the transcript. */
  repair(tMs: number, change: (lines: string[]) => string[]): this {
    this.#script.step(tMs, (disk) => {
      const text = change(linesOf(disk.files.get(this.file))).join('');
      replaceFile(disk, tMs, { file: this.file, temporary: `${this.file}.repair.1.x.tmp`, text });
    });
    return this;
  }

  rename(tMs: number, to: string): this {
    this.#script.step(tMs, ({ events, files }) => {
      files.delete(this.file);
      events.push({ tMs, op: 'rename', file: this.file, to });
    });
    return this;
  }

  /** Another transcript appears by a rename (a fork, a successor): header and copies of this session's lines so far. */
  copyTo(tMs: number, other: ScriptedSession, pick: (line: string) => boolean = () => true): this {
    this.#script.step(tMs, (disk) => {
      const copied = linesOf(disk.files.get(this.file)).slice(1).filter(pick).join('');
      const header = {
        type: 'session',
        version: 3,
        id: other.id,
        timestamp: this.#iso(tMs),
        parentSession: `/home/node/x/${this.file}`,
      };
      const text = `${JSON.stringify(header)}\n${copied}`;
      replaceFile(disk, tMs, { file: other.file, temporary: `.${other.file}.x.fallback.tmp`, text });
    });
    return this;
  }

  // Locks

  /** The lock is held from one moment to another; for ever without an end. */
  locked(fromMs: number, toMs?: number): this {
    const file = `${this.file}.lock`;
    this.#script.step(fromMs, ({ events }) => events.push({ tMs: fromMs, op: 'lock', file }));
    return toMs === undefined ? this : this.unlocked(toMs);
  }

  /** The lock is released. */
  unlocked(tMs: number): this {
    this.#script.step(tMs, ({ events }) => events.push({ tMs, op: 'unlock', file: `${this.file}.lock` }));
    return this;
  }

  /**
   * Locks of one run as the version takes them, from the first one to the last line. In 2026.7.1 with short ones before
   * and after, gaps at `gapsAt`, and an identical rewrite after the end.
   */
  worked(fromMs: number, lastLineMs: number, gapsAt: readonly number[] = []): this {
    if (this.#script.version === '2026.3.28') return this.locked(fromMs, lastLineMs + 10);
    this.locked(fromMs, fromMs + 110);
    let openMs = fromMs + 140;
    for (const gapMs of gapsAt) {
      this.locked(openMs, gapMs);
      openMs = gapMs + 25;
    }
    this.locked(openMs, lastLineMs + 10)
      .rewrite(lastLineMs + 13)
      .locked(lastLineMs + 12, lastLineMs + 20);
    return this.locked(lastLineMs + 30, lastLineMs + 35).locked(lastLineMs + 70, lastLineMs + 75);
  }

  /** Locks and status of a run that ends as the version lets a plain one end. */
  run(
    fromMs: number,
    lastLineMs: number,
    { status = 'done', gapsAt = [] }: { status?: string; gapsAt?: readonly number[] } = {},
  ): this {
    this.worked(fromMs, lastLineMs, gapsAt).started(fromMs + 105, fromMs);
    return this.ended(lastLineMs + 120, status, lastLineMs + 40);
  }

  // The catalog entry

  /** The catalog says `running`. */
  started(tMs: number, startedMs: number = tMs): this {
    const startedAt = this.#at(startedMs);
    return this.entry(tMs, { status: 'running', startedAt, endedAt: undefined, abortedLastRun: false });
  }

  /** The catalog shows a final status. */
  ended(tMs: number, status = 'done', endedMs: number = tMs): this {
    return this.entry(tMs, { status, endedAt: this.#at(endedMs) });
  }

  /** Fields of the catalog entry change. */
  entry(tMs: number, change: Fields): this {
    const { key } = this;
    if (key === undefined) return this;
    this.#script.step(tMs, (disk) => {
      disk.catalog.set(key, { ...disk.catalog.get(key), ...change, updatedAt: this.#at(tMs) });
      replaceCatalog(disk, tMs);
    });
    return this;
  }

  /** The catalog has no entry of the session any more. */
  unlisted(tMs: number): this {
    this.#script.step(tMs, (disk) => {
      disk.catalog.delete(this.key ?? '');
      replaceCatalog(disk, tMs);
    });
    return this;
  }

  /** Nothing is on disk before the first assistant line of a file, unless the script shows every line. */
  #append({ events, files }: Disk, tMs: number, fields: Fields): void {
    const { version, showsFirstLine } = this.#script;
    this.#lines += 1;
    const id = `${this.id.slice(0, 4)}${this.#lines.toString(16).padStart(4, '0')}`;
    const text = `${JSON.stringify({ type: fields.type, id, timestamp: this.#iso(tMs), ...fields })}\n`;
    const before = files.get(this.file);
    if (before !== undefined) {
      files.set(this.file, before + text);
      events.push({ tMs, op: 'append', file: this.file, bytes: Buffer.from(text) });
      return;
    }
    if (this.#held === '') {
      const header = { type: 'session', version: 3, id: this.id, timestamp: this.#iso(tMs), ...this.#header };
      this.#held = `${JSON.stringify(header)}\n`;
    }
    this.#held += text;
    if (!showsFirstLine && (fields.message as Fields | undefined)?.role !== 'assistant') return;
    files.set(this.file, this.#held);
    const parts = version === '2026.3.28' ? linesOf(this.#held) : [this.#held];
    if (version !== '2026.3.28') events.push({ tMs, op: 'truncate', file: this.file });
    for (const part of parts) events.push({ tMs, op: 'append', file: this.file, bytes: Buffer.from(part) });
    this.#held = '';
  }

  #at(tMs: number): number {
    return Math.round(this.#script.startedAt + tMs);
  }

  #iso(tMs: number): string {
    return new Date(this.#at(tMs)).toISOString();
  }
}

/** How 2026.3.28 wraps what a person wrote. */
export function inbound328(text: string, senderId: string, channelId: string): string {
  const info = {
    message_id: 'm',
    sender_id: senderId,
    conversation_label: `name id:${channelId}`,
    sender: `@${senderId}`,
  };
  return `System: [2026-11-22 08:00:00 UTC] Mattermost message in #name from @${senderId}: ${text.slice(0, 20)}\n\nConversation info (untrusted metadata):\n\`\`\`json\n${JSON.stringify(info, null, 2)}\n\`\`\`\n\nSender (untrusted metadata):\n\`\`\`json\n{"label":"${senderId}"}\n\`\`\`\n\n${text}`;
}

/** Where the catalog says that answers go: `channel:<id>` or `user:<id>` on Mattermost, through one of its accounts. */
export function mattermostEntry(to: string, accountId = 'default'): Fields {
  return {
    lastChannel: 'mattermost',
    lastTo: to,
    lastAccountId: accountId,
    deliveryContext: { channel: 'mattermost', to, accountId },
  };
}

/** The catalog as the file has it. */
export function catalogBytes({ catalog }: Disk): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(catalog), null, 2));
}

/** The catalog is replaced as a whole. */
function replaceCatalog(disk: Disk, tMs: number): void {
  disk.events.push({ tMs, op: 'replace', file: 'sessions.json', content: catalogBytes(disk) });
}

/** Writes a file under another name and renames it. */
function replaceFile(
  { events, files }: Disk,
  tMs: number,
  { file, temporary, text }: { readonly file: string; readonly temporary: string; readonly text: string },
): void {
  files.set(file, text);
  events.push({ tMs, op: 'append', file: temporary, bytes: Buffer.from(text) });
  events.push({ tMs, op: 'rename', file: temporary, to: file });
}

function linesOf(text: string = ''): string[] {
  return text.split(/(?<=\n)/);
}

function usage(input: number, output: number): Fields {
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
}
