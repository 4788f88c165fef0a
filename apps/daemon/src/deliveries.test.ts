import { textContent } from '@live-status/mm-poster';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { beforeEach, expect, it } from 'vitest';
import { Deliveries } from './deliveries.ts';

let clock: FakeClock;
let deliveries: Deliveries;

beforeEach(() => {
  clock = createFakeClock();
  deliveries = new Deliveries(clock, () => 'gateway');
});

const seconds = (): number => deliveries.latency.series()[0]?.sumS ?? 0;
const count = (): number => (deliveries.latency.series()[0]?.counts ?? []).reduce((sum, each) => sum + each, 0);

it('measures from the first change that was not delivered', async () => {
  const [first, second] = [textContent('a'), textContent('b')];
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', first);
  await clock.advance(300);
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', second);
  await clock.advance(200);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: second });
  expect([count(), seconds()]).toEqual([1, 0.5]);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: second });
  expect(count()).toBe(1);
});

it('measures what came while the request was on its way from when it came', async () => {
  const [first, second] = [textContent('a'), textContent('b')];
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', first);
  await clock.advance(1_000);
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', second);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: first });
  await clock.advance(250);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: second });
  expect([count(), seconds()]).toEqual([2, 1.25]);
});

it('does not count time in which the post was right already', async () => {
  const [first, same, other] = [textContent('a'), textContent('a'), textContent('b')];
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', first);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: first });
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', same);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: same, isUnchanged: true });
  await clock.advance(600_000);
  deliveries.changed('b1', clock.now());
  deliveries.given('b1', other);
  await clock.advance(100);
  deliveries.delivered({ boxId: 'b1', postId: 'p1', content: other });
  expect([count(), seconds()]).toEqual([2, 0.1]);
});

it('forgets work that is over and was given to nobody, but not what is still on its way', async () => {
  const last = textContent('a');
  for (const boxId of ['shown', 'nowhere']) deliveries.changed(boxId, clock.now());
  deliveries.given('shown', last);
  for (const boxId of ['shown', 'nowhere']) deliveries.settled(boxId);
  await clock.advance(1_000);
  deliveries.delivered({ boxId: 'nowhere', postId: 'p2', content: last });
  expect(count()).toBe(0);
  deliveries.delivered({ boxId: 'shown', postId: 'p1', content: last });
  expect([count(), seconds()]).toEqual([1, 1]);
});

it('knows where a box has its post, for the newest thousand', () => {
  for (let index = 0; index < 1_001; index += 1) {
    deliveries.delivered({
      boxId: `b${index}`,
      postId: `p${index}`,
      server: 'https://chat.example.com/',
      content: textContent(''),
    });
  }
  expect(deliveries.urlOf('b0')).toBeUndefined();
  expect(deliveries.urlOf('b1')).toBe('https://chat.example.com/_redirect/pl/p1');
});
