import { createFakeClock } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryLedger } from './ledger.ts';
import type { Place } from './place.ts';
import { createPosterWith } from './poster.ts';
import type { Target } from './target.ts';
import { createMemoryServer, mattermostError } from './testing.ts';

describe('findPlace', () => {
  const start = () => {
    const clock = createFakeClock();
    const server = createMemoryServer(clock);
    const ledger = createMemoryLedger(clock);
    const poster = createPosterWith({ api: server.api, clock, ledger });
    // The rate of requests is that of all posts.
    const find = async (target: Target): Promise<Place> => {
      const place = poster.findPlace(target);
      await clock.advance(2_000);
      return place;
    };
    return { clock, server, poster, find };
  };

  it('names a channel with its team', async () => {
    const { find } = start();
    expect(await find({ channelId: 'ops' })).toEqual({
      channelId: 'ops',
      type: 'channel',
      name: 'main/ops',
    });
    expect(await find({ channel: 'main/ops' })).toMatchObject({ name: 'main/ops' });
  });

  it('names the person of direct messages, by whatever target', async () => {
    const { find } = start();
    const place = { channelId: 'direct-bot-user-ada', type: 'direct', name: '@name-of-ada' };
    expect(await find({ userId: 'ada' })).toEqual(place);
    expect(await find({ channelId: 'direct-bot-user-ada' })).toEqual(place);
  });

  it('has no name for a group message', async () => {
    const { find, server } = start();
    server.channels.set('g1', { type: 'G' });
    expect(await find({ channelId: 'g1' })).toEqual({ channelId: 'g1', type: 'group' });
  });

  it('rejects with the refusal of the server, and waits for one that is away', async () => {
    const { clock, poster, server } = start();
    server.onRequest = ({ name }) => {
      if (name === 'getChannel') throw mattermostError('forbidden');
    };
    await expect(poster.findPlace({ channelId: 'c1' })).rejects.toMatchObject({ kind: 'forbidden' });
    server.onRequest = () => {
      throw mattermostError('transient');
    };
    const place = poster.findPlace({ channelId: 'c1' });
    await clock.advance(60_000);
    server.onRequest = () => undefined;
    await clock.advance(60_000);
    expect(await place).toMatchObject({ name: 'main/c1' });
  });

  it('rejects when the poster closes', async () => {
    const { clock, poster, server } = start();
    server.onRequest = () => {
      throw mattermostError('transient');
    };
    const place = expect(poster.findPlace({ channelId: 'c1' })).rejects.toMatchObject({ name: 'ClosedError' });
    await clock.advance(1_000);
    const closed = poster.close();
    await clock.advance(20_000);
    await closed;
    await place;
  });
});
