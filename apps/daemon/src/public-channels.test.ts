import { MattermostError } from '@live-status/mm-poster';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { beforeEach, expect, it } from 'vitest';
import { PublicChannels } from './public-channels.ts';

let clock: FakeClock;
let types: Record<string, string>;
let asked: string[];
let learnt: number;
let channels: PublicChannels;

beforeEach(() => {
  clock = createFakeClock();
  types = { open: 'O', secret: 'P' };
  asked = [];
  learnt = 0;
  const getChannel = async (id: string) => {
    asked.push(id);
    const type = types[id];
    if (type === undefined) throw new MattermostError({ kind: 'forbidden', request: 'GET /channels' });
    return { id, name: id, displayName: id, teamId: 't', deleteAt: 0, type };
  };
  channels = new PublicChannels({ getChannel } as ConstructorParameters<typeof PublicChannels>[0], clock, () => {
    learnt += 1;
  });
});

async function has(id: string): Promise<boolean> {
  channels.has(id);
  await clock.advance(0);
  return channels.has(id);
}

it('counts a channel as private until it is known to be public', async () => {
  expect(channels.has('open')).toBe(false);
  await clock.advance(0);
  expect([channels.has('open'), await has('secret'), await has('hidden')]).toEqual([true, false, false]);
  expect(learnt).toBe(1);
});

it.each(['P', undefined])('notices that a channel is no longer public (%s)', async (type) => {
  expect(await has('open')).toBe(true);
  if (type === undefined) delete types.open;
  else types.open = type;
  await clock.advance(300_000);
  expect(await has('open')).toBe(false);
  expect(learnt).toBe(2);
});

it('asks for a channel once in five minutes at most', async () => {
  for (let second = 0; second < 600; second += 1) {
    for (const id of ['open', 'secret', 'hidden']) channels.has(id);
    await clock.advance(1_000);
  }
  expect(asked.filter((id) => id === 'open')).toHaveLength(2);
  expect(asked).toHaveLength(6);
});
