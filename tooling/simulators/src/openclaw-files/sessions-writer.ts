import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DeathEvent, RecordedVersion, TimelineEvent } from '@live-status/fixtures';
import type { ProcessName } from './lock-owner.ts';

/** Something that happens to files. */
export type FileEvent = Exclude<TimelineEvent, DeathEvent>;

/** Does to a directory what OpenClaw does, with the same system calls. */
export interface SessionsWriter {
  readonly dir: string;
  /** `lock`: in whose name and when, epoch milliseconds, a lock is taken. */
  apply(event: FileEvent, lock: { readonly owner: ProcessName; readonly nowMs: number }): void;
}

const MAX_HOLD_MS = 300_000;

/** A writer into `dir`, which is created, with the habits of `version`. It throws the file system's errors. */
export function createSessionsWriter(dir: string, version: RecordedVersion): SessionsWriter {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let catalog: Buffer = Buffer.from('{}\n');
  const write = (file: string, flags: string, bytes?: Uint8Array): void => {
    const fd = openSync(join(dir, file), flags, 0o644);
    try {
      if (bytes !== undefined) writeSync(fd, bytes);
    } finally {
      closeSync(fd);
    }
  };
  const replaceCatalog = (): void => {
    const pid = version === '2026.3.28' ? '' : `${process.pid}.`;
    const temporary = join(dir, `sessions.json.${pid}${randomUUID()}.tmp`);
    writeFileSync(temporary, catalog, { mode: 0o600 });
    renameSync(temporary, join(dir, 'sessions.json'));
    chmodSync(join(dir, 'sessions.json'), 0o600);
  };
  return {
    dir,
    apply(event, { owner, nowMs }) {
      switch (event.op) {
        case 'append':
          return write(event.file, 'a', event.bytes);
        case 'truncate':
          return write(event.file, 'w');
        case 'rename':
          return renameSync(join(dir, event.file), join(dir, event.to));
        case 'replace':
          catalog = event.content ?? catalog;
          return replaceCatalog();
        case 'lock':
          return write(event.file, 'wx', Buffer.from(lockContent(version, owner, nowMs)));
        case 'unlock':
          return unlinkSync(join(dir, event.file));
      }
    },
  };
}

/** One line without `maxHoldMs` in 2026.3.28, pretty-printed in 2026.7.1. */
function lockContent(version: RecordedVersion, owner: ProcessName, nowMs: number): string {
  const { pid, startTime: starttime } = owner;
  const createdAt = new Date(nowMs).toISOString();
  if (version === '2026.3.28') return JSON.stringify({ pid, createdAt, starttime });
  return JSON.stringify({ pid, createdAt, maxHoldMs: MAX_HOLD_MS, starttime }, null, 2);
}
