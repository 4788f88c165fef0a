import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockOwners } from './lock-owners.ts';
import type { ProcessState } from './process-state.ts';

let dir = '';
let sights: Record<number, ProcessState> = {};
let owners = new LockOwners();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'live-status-owners-'));
  sights = {};
  owners = new LockOwners(({ pid }) => sights[pid] ?? 'hidden');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Writes the lock of a transcript, as its owner does, and reads it. */
function lock(name: string, pid: number, startTime = 100): string {
  const path = join(dir, name);
  writeFileSync(`${path}.lock`, JSON.stringify({ pid, createdAt: 'now', starttime: startTime }));
  owners.read(path);
  return path;
}

describe('the owner of a lock', () => {
  it('that was seen alive and is not found any more is dead, and is named once', () => {
    sights = { 7: 'alive' };
    const path = lock('a.jsonl', 7);
    expect(owners.dead([path])).toEqual([]);
    sights = {};
    expect(owners.dead([path])).toEqual([path]);
    expect(owners.dead([path])).toEqual([]);
  });

  it('that was seen alive under an earlier lock is dead, however short the next one was', () => {
    sights = { 7: 'alive' };
    lock('a.jsonl', 7);
    sights = {};
    const path = lock('b.jsonl', 7);
    expect(owners.dead([path])).toEqual([path]);
  });

  it('that was never seen may live in another pid namespace, also beside one that was', () => {
    sights = { 7: 'alive' };
    lock('a.jsonl', 7);
    const path = lock('b.jsonl', 1);
    expect(owners.dead([path])).toEqual([]);
  });

  it('with the pid of one that was seen, but another start time, is another process', () => {
    sights = { 7: 'alive' };
    lock('a.jsonl', 7);
    sights = {};
    const path = lock('b.jsonl', 7, 200);
    expect(owners.dead([path])).toEqual([]);
  });

  it('that has ended under its own start time is dead, although it was never seen alive', () => {
    sights = { 7: 'dead' };
    const path = lock('a.jsonl', 7);
    expect(owners.dead([path])).toEqual([path]);
  });

  it('of whom only a pid is known proves nothing', () => {
    sights = { 7: 'alive' };
    const path = lock('a.jsonl', 7);
    sights = { 7: 'unknown' };
    expect(owners.dead([path])).toEqual([]);
  });
});
