import { expect, it } from 'vitest';
import { Conditions } from './conditions.ts';

it('resolves when a condition holds, looked at now and after each check', async () => {
  const conditions = new Conditions();
  let count = 0;
  await conditions.until(() => count === 0);
  const waiting = conditions.until(() => count === 2);
  for (; count < 2; count += 1) conditions.check();
  conditions.check();
  await waiting;
});

it('rejects with the reason of the signal, and looks no more', async () => {
  const conditions = new Conditions();
  const stopping = new AbortController();
  let looks = 0;
  const waiting = conditions.until(() => ++looks < 0, { signal: stopping.signal });
  stopping.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  conditions.check();
  expect(looks).toBe(1);
  await expect(conditions.until(() => false, { signal: stopping.signal })).rejects.toThrow('enough');
});

it('rejects with what a condition throws', async () => {
  const broken = new Conditions().until(() => {
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
});
