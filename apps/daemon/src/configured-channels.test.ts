import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { beforeEach, expect, it } from 'vitest';
import { ConfiguredChannels } from './configured-channels.ts';

let clock: FakeClock;
let there: boolean | undefined;
let asked: number;
let stop: AbortController;

beforeEach(() => {
  clock = createFakeClock();
  there = undefined;
  asked = 0;
  stop = new AbortController();
});

function look(channels: ConstructorParameters<typeof ConfiguredChannels>[0]['channels']): ConfiguredChannels {
  const isThere = async (): Promise<boolean | undefined> => {
    asked += 1;
    return there;
  };
  const looking = new ConfiguredChannels({ channels, isThere, clock });
  void looking.run(stop.signal).catch(() => undefined);
  return looking;
}

it('names a channel that no bot sees until one does, and then asks no more', async () => {
  there = false;
  const looking = look({ DEFAULT_CHANNEL: { channel: 'main/jobbs' }, BOARD_CHANNEL: undefined });
  await clock.advance(0);
  expect(looking.reasons()).toMatchObject([
    { level: 'degraded', what: 'DEFAULT_CHANNEL is main/jobbs: no bot sees such a channel' },
  ]);
  there = true;
  await clock.advance(30_000);
  expect(looking.reasons()).toEqual([]);
  await clock.advance(3_600_000);
  expect(asked).toBe(2);
});

it('says nothing while it is not known, and keeps looking', async () => {
  const looking = look({ DEFAULT_CHANNEL: { username: 'annna' } });
  await clock.advance(60_000);
  expect([looking.reasons(), asked]).toEqual([[], 3]);
  there = false;
  await clock.advance(30_000);
  expect(looking.reasons()[0]?.what).toBe('DEFAULT_CHANNEL is @annna: no bot sees that person');
});

it('stops with the daemon', async () => {
  look({ DEFAULT_CHANNEL: { channelId: 'a'.repeat(26) } });
  await clock.advance(0);
  stop.abort();
  await clock.advance(0);
  expect(clock.timerCount).toBe(0);
});
