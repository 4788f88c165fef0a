import { describe, expect, it } from 'vitest';
import { abortable } from './abortable.ts';

describe('abortable', () => {
  it('gives what the promise gives', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('ends with the reason of the abort, before or during the wait', async () => {
    const aborter = new AbortController();
    const wait = abortable(new Promise(() => undefined), aborter.signal);
    aborter.abort(new Error('stop'));
    await expect(wait).rejects.toThrow('stop');
    await expect(abortable(Promise.resolve(1), aborter.signal)).rejects.toThrow('stop');
  });
});
