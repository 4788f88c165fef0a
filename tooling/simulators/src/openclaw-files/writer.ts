import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedVersion } from '@live-status/fixtures';
import type { ProcessName } from './lock-owner.ts';

/** Does to a directory what OpenClaw does, with the same system calls. */
export interface SessionsWriter {
  readonly dir: string;
  append(file: string, bytes: Uint8Array): void;
  truncate(file: string): void;
  rename(file: string, to: string): void;
  replaceCatalog(content: Uint8Array): void;
  lock(file: string, owner: ProcessName, nowMs: number): void;
  unlock(file: string): void;
}

const MAX_HOLD_MS = 300_000;

/** A writer into `dir`, which is created, with the habits of `version`. Its methods throw the file system's errors. */
export function createSessionsWriter(dir: string, version: RecordedVersion): SessionsWriter {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const write = (file: string, flags: string, bytes?: Uint8Array): void => {
    const fd = openSync(join(dir, file), flags, 0o644);
    try {
      if (bytes !== undefined) writeSync(fd, bytes);
    } finally {
      closeSync(fd);
    }
  };
  return {
    dir,
    append: (file, bytes) => write(file, 'a', bytes),
    truncate: (file) => write(file, 'w'),
    rename: (file, to) => renameSync(join(dir, file), join(dir, to)),
    unlock: (file) => unlinkSync(join(dir, file)),
    replaceCatalog: (content) => {
      const pid = version === '2026.3.28' ? '' : `${process.pid}.`;
      const temporary = join(dir, `sessions.json.${pid}${randomUUID()}.tmp`);
      writeFileSync(temporary, content, { mode: 0o600 });
      renameSync(temporary, join(dir, 'sessions.json'));
      chmodSync(join(dir, 'sessions.json'), 0o600);
    },
    lock: (file, owner, nowMs) => write(file, 'wx', Buffer.from(lockContent(version, owner, nowMs))),
  };
}

/** One line without `maxHoldMs` in 2026.3.28, pretty-printed in 2026.7.1. */
function lockContent(version: RecordedVersion, owner: ProcessName, nowMs: number): string {
  const { pid, startTime: starttime } = owner;
  const createdAt = new Date(nowMs).toISOString();
  if (version === '2026.3.28') return JSON.stringify({ pid, createdAt, starttime });
  return JSON.stringify({ pid, createdAt, maxHoldMs: MAX_HOLD_MS, starttime }, null, 2);
}
