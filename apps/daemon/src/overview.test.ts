import { createFakeClock } from '@live-status/resilience/testing';
import { expect, it } from 'vitest';
import { Overview } from './overview.ts';
import { boxEntry } from './testing/box-entry.ts';

const ids = (entries: readonly { readonly boxId: string }[]): string[] => entries.map(({ boxId }) => boxId);

it('lists what waits for a person first, then the rest, each the oldest first', () => {
  const overview = new Overview(createFakeClock());
  overview.update(boxEntry('young', { startedAt: 3 }));
  overview.update(boxEntry('asking', { startedAt: 5, state: 'waiting' }));
  overview.update(boxEntry('old', { startedAt: 1 }));
  overview.update(boxEntry('asking too', { startedAt: 4, state: 'waiting' }));
  expect(ids(overview.ongoing())).toEqual(['asking too', 'asking', 'old', 'young']);
});

it('leaves out what needs no post and what was over before the start', () => {
  const overview = new Overview(createFakeClock());
  overview.update(boxEntry('quick', {}, { worthPost: false }));
  overview.update(boxEntry('before', { state: 'done', endedAt: 1 }, { old: true }));
  expect([...overview.ongoing(), ...overview.ended()]).toEqual([]);
});

it('remembers what ended for an hour, the newest first, and takes back what goes on after all', async () => {
  const clock = createFakeClock();
  const overview = new Overview(clock);
  const end = (boxId: string): void => overview.update(boxEntry(boxId, { state: 'done', endedAt: clock.now() }));
  end('a');
  await clock.advance(1_000);
  end('b');
  expect(ids(overview.ended())).toEqual(['b', 'a']);
  overview.update(boxEntry('a'));
  expect([ids(overview.ongoing()), ids(overview.ended())]).toEqual([['a'], ['b']]);
  await clock.advance(1_000);
  end('a');
  await clock.advance(3_600_000);
  expect(ids(overview.ended())).toEqual(['a']);
  await clock.advance(1);
  expect(overview.ended()).toEqual([]);
});

it('keeps at most 50 of them', () => {
  const clock = createFakeClock();
  const overview = new Overview(clock);
  for (let index = 0; index < 60; index += 1) {
    overview.update(boxEntry(`b${index}`, { state: 'error', endedAt: clock.now() }));
  }
  expect(overview.ended()).toHaveLength(50);
  expect(overview.ended()[0]?.boxId).toBe('b59');
});

it('reports each change to whoever asked for it, until they leave', () => {
  const overview = new Overview(createFakeClock());
  const changed: string[] = [];
  const leave = overview.subscribe((boxId) => changed.push(boxId));
  overview.update(boxEntry('a'));
  leave();
  overview.update(boxEntry('b'));
  expect(changed).toEqual(['a']);
});
