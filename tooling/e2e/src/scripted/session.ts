import { ScriptedConversation } from './conversation.ts';
import { at, type Fields, replaceCatalog, type Script } from './disk.ts';
import type { TranscriptOptions } from './transcript.ts';

export interface SessionOptions extends TranscriptOptions {
  /** Without one it has no catalog entry. */
  readonly key?: string;
  /** Its first catalog entry. */
  readonly entry?: Fields;
  /** When that appears. Default 0. */
  readonly tMs?: number;
}

/** A session of a script: its conversation, its locks and its catalog entry. Every method returns the session. */
export class ScriptedSession extends ScriptedConversation {
  readonly key: string | undefined;

  constructor(gateway: Script, { key, entry = {}, tMs = 0, ...transcript }: SessionOptions) {
    super(gateway, transcript);
    this.key = key;
    if (key === undefined) return;
    const sessionFile = `/home/node/.openclaw/agents/main/sessions/${this.file}`;
    this.entry(tMs, { sessionId: this.id, sessionFile, ...entry });
  }

  /** The lock is held from one moment to another; for ever without an end. */
  locked(fromMs: number, toMs?: number): this {
    const file = `${this.file}.lock`;
    this.gateway.step(fromMs, ({ events }) => events.push({ tMs: fromMs, op: 'lock', file }));
    if (toMs !== undefined) this.gateway.step(toMs, ({ events }) => events.push({ tMs: toMs, op: 'unlock', file }));
    return this;
  }

  /**
   * Locks of one run as the version takes them, from the first one to the last line. In 2026.7.1 with short ones before
   * and after, gaps at `gapsAt`, and an identical rewrite after the end.
   */
  worked(fromMs: number, lastLineMs: number, gapsAt: readonly number[] = []): this {
    if (this.gateway.version === '2026.3.28') return this.locked(fromMs, lastLineMs + 10);
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

  /** The catalog says `running`. */
  started(tMs: number, startedMs: number = tMs): this {
    return this.entry(tMs, { status: 'running', startedAt: at(startedMs), endedAt: undefined, abortedLastRun: false });
  }

  /** The catalog shows a final status. */
  ended(tMs: number, status = 'done', endedMs: number = tMs): this {
    return this.entry(tMs, { status, endedAt: at(endedMs) });
  }

  /** Fields of the catalog entry change. */
  entry(tMs: number, change: Fields): this {
    const { key } = this;
    if (key === undefined) return this;
    this.gateway.step(tMs, (disk) => {
      disk.catalog.set(key, { ...disk.catalog.get(key), ...change, updatedAt: at(tMs) });
      replaceCatalog(disk, tMs);
    });
    return this;
  }

  /** The catalog has no entry of the session any more. */
  unlisted(tMs: number): this {
    this.gateway.step(tMs, (disk) => {
      disk.catalog.delete(this.key ?? '');
      replaceCatalog(disk, tMs);
    });
    return this;
  }
}
