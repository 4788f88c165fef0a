import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

type Fields = Readonly<Record<string, unknown>>;

/** How a run of the writer ends. */
export type WrittenEnd = 'done' | 'error' | 'aborted' | 'interrupted';

/** A run as it was written: what a post about it has to show. */
export interface WrittenRun {
  readonly sessionKey: string;
  readonly end: WrittenEnd;
  /** Commands of its calls, each unique, in order; the last has no result where the run was aborted or cut. */
  readonly commands: readonly string[];
}

/** Something the writer does at a moment. */
export interface WriterStep {
  readonly atMs: number;
  readonly write: () => void;
}

/** A session on disk. */
export interface WrittenSession {
  readonly key: string;
  readonly agentId: string;
  sessionId: string;
  /** Base name of the transcript. */
  file: string;
}

/**
 * An OpenClaw gateway (2026.7.1) that writes into a real directory: transcripts, locks that come and go with every call,
 * a catalog for each agent. Its clock, and that of the file server, may be wrong.
 */
export class DiskWriter {
  readonly root: string;
  readonly runs: WrittenRun[] = [];
  /** How far the gateway's clock is ahead. Milliseconds. */
  clockMs = 0;
  /** How far the clock of the file server is ahead; 0 leaves times as they are. Milliseconds. */
  serverMs = 0;
  /** Whether the file system keeps times in whole seconds. */
  isCoarse = false;
  catalogName = 'sessions.json';
  readonly #now: () => number;
  readonly #catalogs = new Map<string, Map<string, Fields>>();
  readonly #lastIds = new Map<WrittenSession, string | null>();
  #ids = 0;
  #files = 0;

  /** `root`: the directory of the agents; `now`: the true time. */
  constructor(root: string, now: () => number) {
    this.root = root;
    this.#now = now;
  }

  folder(agentId: string): string {
    return join(this.root, agentId, 'sessions');
  }

  path(session: WrittenSession, name: string = session.file): string {
    return join(this.folder(session.agentId), name);
  }

  session(key: string, agentId: string): WrittenSession {
    const sessionId = this.#newSessionId();
    const session: WrittenSession = { key, agentId, sessionId, file: `${sessionId}.jsonl` };
    mkdirSync(this.folder(agentId), { recursive: true });
    this.entry(session, {
      sessionId,
      sessionFile: this.path(session),
      abortedLastRun: false,
      lastChannel: 'mattermost',
      lastTo: 'channel:town',
      deliveryContext: { channel: 'mattermost', to: 'channel:town', accountId: 'default' },
    });
    return session;
  }

  /**
   * The steps of a run from a moment on: its locks, held for `lockMs` and gone for `gapMs` in between, its lines, its
   * catalog entry. Returns when the last one is over.
   */
  run(
    session: WrittenSession,
    run: { readonly atMs: number; readonly end: WrittenEnd; readonly calls: number; readonly callMs: number },
    steps: WriterStep[],
  ): number {
    const number = this.runs.length + 1;
    const commands = Array.from({ length: run.calls }, (_, index) => `work ${number}.${index}`);
    this.runs.push({ sessionKey: session.key, end: run.end, commands });
    let atMs = run.atMs;
    const step = (waitMs: number, write: () => void): void => {
      atMs += waitMs;
      steps.push({ atMs, write });
    };
    step(0, () => this.lock(session));
    step(110, () => this.unlock(session));
    step(30, () => this.lock(session));
    step(20, () =>
      this.entry(session, { status: 'running', startedAt: this.#time(), endedAt: undefined, abortedLastRun: false }),
    );
    step(20, () => this.message(session, { role: 'user', content: `do ${number}` }));
    for (const [index, command] of commands.entries()) {
      const callId = `call-${number}-${index}`;
      const content = [{ type: 'toolCall', id: callId, name: 'exec', arguments: { command } }];
      step(150, () => this.message(session, { role: 'assistant', stopReason: 'toolUse', content }));
      const isCut = index === run.calls - 1 && (run.end === 'aborted' || run.end === 'interrupted');
      // While a call works, its lock is released and taken again.
      for (let leftMs = run.callMs; leftMs > 0; leftMs -= 230) {
        step(200, () => this.unlock(session));
        step(30, () => this.lock(session));
      }
      if (isCut) break;
      const details = { status: 'completed', exitCode: 0 };
      step(10, () =>
        this.message(session, {
          role: 'toolResult',
          toolCallId: callId,
          toolName: 'exec',
          content: [],
          details,
          isError: false,
        }),
      );
    }
    this.#end(session, run.end, step);
    return atMs;
  }

  #end(session: WrittenSession, end: WrittenEnd, step: (waitMs: number, write: () => void) => void): void {
    const finish = (status: string): void => {
      step(15, () => this.unlock(session));
      step(100, () => this.entry(session, { status, endedAt: this.#time() }));
    };
    if (end === 'done') {
      const content = [{ type: 'text', text: 'Done.' }];
      step(200, () => this.message(session, { role: 'assistant', stopReason: 'stop', content }));
      step(5, () => this.rewrite(session));
      finish('done');
    } else if (end === 'error') {
      const message = { role: 'assistant', stopReason: 'error', errorMessage: '429 Rate limit', content: [] };
      step(200, () => this.message(session, message));
      finish('failed');
    } else if (end === 'aborted') {
      step(50, () => this.entry(session, { abortedLastRun: true }));
      const data = { error: 'Reply operation aborted by user' };
      step(60, () => this.line(session, { type: 'custom', customType: 'openclaw:prompt-error', data }));
      step(15, () => this.unlock(session));
    } else step(50, () => this.unlock(session));
  }

  message(session: WrittenSession, message: Fields): void {
    this.line(session, { type: 'message', message });
  }

  line(session: WrittenSession, fields: Fields): void {
    const path = this.path(session);
    const isNew = !existsSync(path);
    const parentId = this.#lastIds.get(session) ?? null;
    const id = this.#newId();
    this.#lastIds.set(session, id);
    const header = { type: 'session', version: 3, id: session.sessionId, timestamp: this.#iso(), cwd: '/' };
    const model = { type: 'model_change', id: this.#newId(), parentId: null, timestamp: this.#iso() };
    const entry = { id, parentId: parentId ?? model.id, timestamp: this.#iso(), ...fields };
    const lines = isNew ? [header, model, entry] : [entry];
    appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    this.#stamp(path);
  }

  /** A whole-file rewrite in place, with the same bytes. */
  rewrite(session: WrittenSession): void {
    const path = this.path(session);
    if (!existsSync(path)) return;
    writeFileSync(path, readFileSync(path));
    this.#stamp(path);
  }

  /** A repair: a copy whose first error line has other bytes, renamed over the transcript. */
  repair(session: WrittenSession): void {
    const path = this.path(session);
    if (!existsSync(path)) return;
    const text = readFileSync(path, 'utf8').replace(
      '"429 Rate limit","content":[]',
      '"429 Rate limit","content":[{"type":"text","text":"[assistant turn failed before producing content]"}]',
    );
    writeFileSync(`${path}.repair.1.x.tmp`, text);
    renameSync(`${path}.repair.1.x.tmp`, path);
    this.#stamp(path);
  }

  /** After a compaction the session goes on in another transcript, with copies of its last entries. */
  succeed(session: WrittenSession): void {
    const path = this.path(session);
    if (!existsSync(path)) return;
    const sessionId = this.#newSessionId();
    const file = `${this.#iso().replace(/[:.]/g, '-')}_${sessionId}.jsonl`;
    const header = { type: 'session', version: 3, id: sessionId, timestamp: this.#iso(), parentSession: path };
    const kept = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1).slice(-20);
    writeFileSync(this.path(session, `.${file}.tmp`), `${[JSON.stringify(header), ...kept].join('\n')}\n`);
    renameSync(this.path(session, `.${file}.tmp`), this.path(session, file));
    this.#stamp(this.path(session, file));
    const before = session.sessionId;
    session.sessionId = sessionId;
    session.file = file;
    this.entry(session, { sessionId, sessionFile: this.path(session), usageFamilySessionIds: [before, sessionId] });
  }

  /** The session gets another id, and stays in its transcript. */
  changeId(session: WrittenSession): void {
    session.sessionId = this.#newSessionId();
    this.entry(session, { sessionId: session.sessionId });
  }

  /** The gateway's clock is set: so far ahead of the true time. */
  setClock(clockMs: number): void {
    this.clockMs = clockMs;
  }

  /** The transcript was written last some time ago. */
  age(session: WrittenSession, ageMs: number): void {
    const path = this.path(session);
    const at = new Date(statSync(path).mtimeMs - ageMs);
    utimesSync(path, at, at);
  }

  lock(session: WrittenSession): void {
    const path = `${this.path(session)}.lock`;
    const owner = {
      pid: process.pid,
      createdAt: this.#iso(),
      starttime: startTime(),
      maxHoldMs: 300_000,
      n: this.#newId(),
    };
    writeFileSync(path, JSON.stringify(owner));
    this.#stamp(path);
  }

  unlock(session: WrittenSession): void {
    rmSync(`${this.path(session)}.lock`, { force: true });
    this.#stamp(`${this.path(session)}.lock`);
  }

  /** Fields of the session's catalog entry change. */
  entry(session: WrittenSession, change: Fields): void {
    const entries = this.#catalogs.get(session.agentId) ?? new Map<string, Fields>();
    this.#catalogs.set(session.agentId, entries);
    entries.set(session.key, { ...entries.get(session.key), ...change, updatedAt: this.#time() });
    const path = join(this.folder(session.agentId), this.catalogName);
    writeFileSync(`${path}.tmp`, JSON.stringify(Object.fromEntries(entries)));
    renameSync(`${path}.tmp`, path);
    this.#stamp(path);
  }

  // What others do in the same tree.

  /** A copy of an agent's directory, with what is in it at the moment, locks too. */
  copyAgent(agentId: string): void {
    this.#files += 1;
    const target = join(this.root, `${agentId}.bak${this.#files}`);
    cpSync(join(this.root, agentId), target, { recursive: true, preserveTimestamps: this.serverMs !== 0 });
    this.#stamp(target);
  }

  /** A copy of a transcript beside it, under a name as people and programs choose it; sometimes with a lock. */
  copyTranscript(session: WrittenSession, kind: 'copy' | '(1)' | 'bak' | 'part' | 'other'): void {
    const path = this.path(session);
    if (!existsSync(path)) return;
    this.#files += 1;
    const stem = session.file.replace(/\.jsonl$/, '');
    const names = {
      copy: `${stem}-copy${this.#files}.jsonl`,
      '(1)': `${stem} (${this.#files}).jsonl`,
      bak: `${session.file}.bak${this.#files}`,
      part: `part${this.#files}.jsonl`,
      other: `${this.#newSessionId()}.jsonl`,
    };
    const target = this.path(session, names[kind]);
    if (kind === 'part')
      writeFileSync(target, `${readFileSync(path, 'utf8').trimEnd().split('\n').slice(2).join('\n')}\n`);
    else copyFileSync(path, target);
    this.#stamp(target);
    if (!existsSync(`${path}.lock`)) return;
    copyFileSync(`${path}.lock`, `${target}.lock`);
    this.#stamp(`${target}.lock`);
  }

  /** A link to an agent's directory, or to a transcript beside it. */
  link(session: WrittenSession, kind: 'agent' | 'transcript'): void {
    this.#files += 1;
    const agentLink = join(this.root, `link${this.#files}`);
    const fileLink = this.path(session, `link${this.#files}.jsonl`);
    if (kind === 'agent') symlinkSync(session.agentId, agentLink);
    else symlinkSync(session.file, fileLink);
    this.#stamp(kind === 'agent' ? agentLink : fileLink);
  }

  /** Files of other programs: recorded sessions in a workspace, and logs that are JSON lines. */
  litter(session: WrittenSession): void {
    this.#files += 1;
    const path = this.path(session);
    const recordings = join(this.root, session.agentId, 'workspace', 'recordings', 'sessions');
    mkdirSync(recordings, { recursive: true });
    if (existsSync(path)) copyFileSync(path, join(recordings, `${this.#newSessionId()}.jsonl`));
    const rollouts = join(this.folder(session.agentId), '2026', '11');
    mkdirSync(rollouts, { recursive: true });
    const rollout = `${JSON.stringify({ timestamp: this.#iso(), type: 'session_meta', payload: {} })}\nnot JSON\n`;
    writeFileSync(join(rollouts, `rollout-${this.#files}.jsonl`), rollout);
    const beside = join(dirname(path), `rollout-${this.#files}.jsonl`);
    writeFileSync(beside, rollout);
    this.#stamp(beside);
  }

  /** Gives a file that was written, and its directory, the times that the file server would. */
  #stamp(path: string): void {
    if (this.serverMs === 0 && !this.isCoarse) return;
    for (const changed of existsSync(path) ? [path, dirname(path)] : [dirname(path)]) {
      const atMs = Date.now() + this.serverMs;
      const at = new Date(this.isCoarse ? Math.trunc(atMs / 1_000) * 1_000 : atMs);
      utimesSync(changed, at, at);
    }
  }

  #time(): number {
    return Math.round(this.#now() + this.clockMs);
  }

  #iso(): string {
    return new Date(this.#time()).toISOString();
  }

  #newId(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(8, '0');
  }

  #newSessionId(): string {
    this.#ids += 1;
    return `${this.#ids.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  }
}

let ownStartTime: number | undefined;

/** Start time of this process as in locks: clock ticks since boot. */
function startTime(): number {
  if (ownStartTime !== undefined) return ownStartTime;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  ownStartTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return ownStartTime;
}
