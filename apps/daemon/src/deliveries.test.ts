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
