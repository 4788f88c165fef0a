import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from './progress.mjs';

describe('createProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function linesOf(durationMs: number, note?: string): Promise<string[]> {
    const lines: string[] = [];
    const done = createProgress((line) => lines.push(line))('Build', async (say) => {
      if (note) say(note);
      await new Promise((resolve) => setTimeout(resolve, durationMs));
    });
    await vi.advanceTimersByTimeAsync(durationMs);
    await done;
    return lines;
  }

  it('says nothing about a step that is over at once', async () => {
    expect(await linesOf(900)).toEqual([]);
  });

  it('announces a longer step, tells every ten seconds what it is at, and closes with its time', async () => {
    expect(await linesOf(12_300, 'resolved 12')).toEqual([
      'Build ...',
      'Build ... 10.0 s (resolved 12)',
      'Build: 12.3 s',
    ]);
  });

  it('goes silent after a step that failed', async () => {
    const lines: string[] = [];
    const failed = createProgress((line) => lines.push(line))('Build', () => Promise.reject(new Error('broken')));
    await expect(failed).rejects.toThrow('broken');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toEqual([]);
  });
});
