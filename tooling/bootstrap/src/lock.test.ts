import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

describe('withLock', () => {
  let dir = '';
  let lock = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'live-status-lock-'));
    lock = join(dir, 'lock');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const signal = new AbortController().signal;

  function ownedBy(owner: string, beatAgoMs: number): void {
    mkdirSync(lock);
    writeFileSync(join(lock, owner), '');
    const beatAt = new Date(Date.now() - beatAgoMs);
    utimesSync(join(lock, owner), beatAt, beatAt);
  }

  it('lets one work after the other, also when ten take over from a dead owner at once', async () => {
    ownedBy('dead', 60_000);
    let inside = 0;
    const most: number[] = [];
    const work = () =>
      withLock(lock, { signal }, async () => {
        inside += 1;
        await new Promise((resolve) => setImmediate(resolve));
        most.push(inside);
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 10 }, work));
    expect(most).toEqual(Array(10).fill(1));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('waits for an owner that lives, says so, and stops waiting when told to', async () => {
    ownedBy('alive', 0);
    const interruption = new AbortController();
    const onWait = () => interruption.abort(new Error('interrupted'));
    await expect(withLock(lock, { signal: interruption.signal, onWait }, async () => 'entered')).rejects.toThrow();
    expect(interruption.signal.aborted).toBe(true);
    expect(readdirSync(dir)).toEqual(['lock']);
    expect(readdirSync(lock)).toEqual(['alive']);
  });

  it('is free again after work that failed', async () => {
    await expect(withLock(lock, { signal }, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await withLock(lock, { signal }, async () => 'entered')).toBe('entered');
  });
});
