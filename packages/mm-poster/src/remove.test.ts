import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryLedger, type Ledger } from './ledger.ts';
import { createPosterWith, type Poster } from './poster.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from './testing.ts';

interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly ledger: Ledger;
  readonly poster: Poster;
}

function start(before?: World): World {
  const clock = before?.clock ?? createFakeClock();
  const server = before?.server ?? createMemoryServer(clock);
  const ledger = createMemoryLedger(clock);
  for (const entry of before?.ledger.entries() ?? []) ledger.put(entry);
  return { clock, server, ledger, poster: createPosterWith({ api: server.api, clock, ledger }) };
}

const target = { channelId: 'c1' };
const living = ({ server }: World): readonly string[] =>
  [...server.posts.values()].filter(({ deleteAt }) => deleteAt === 0).map(({ message }) => message);

async function close({ clock, poster }: World): Promise<void> {
  const closed = poster.close({ deadlineMs: 0 });
  await clock.advance(2_000);
  await closed;
}

async function posted(world: World = start()): Promise<World> {
  world.poster.show('b', target, 'at work');
  await world.clock.advance(1_000);
  return world;
}

describe('a box that is finished by deleting its post', () => {
  it('leaves nothing behind', async () => {
    const world = await posted();
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(1_000);
    expect(await finished).toEqual({ delivered: true, deleted: true });
    expect(living(world)).toEqual([]);
    expect(world.ledger.entries()).toEqual([]);
    expect(world.poster.status()).toMatchObject({ state: 'ok', deletes: 1, queue: 0 });
  });

  it('makes no post to delete it', async () => {
    const world = start();
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(1_000);
    expect(await finished).toEqual({ delivered: true, deleted: true });
    expect(world.server.posts.size).toBe(0);
  });

  it('makes no post that waited for its turn until it was to be deleted', async () => {
    const world = start();
    for (const boxId of ['1', '2', '3', '4', 'b']) world.poster.show(boxId, target, 'at work');
    await world.clock.advance(10);
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(1_000);
    expect(await finished).toEqual({ delivered: true, deleted: true });
    expect(world.server.posts.size).toBe(4);
  });

  it.each(['createPost', 'patchPost'])('leaves nothing behind when a %s waits meanwhile', async (name) => {
    const world = start();
    const { clock, ledger, poster, server } = world;
    const { flush } = ledger;
    const wait = (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, 300));
    // The create waits for the ledger; the edit for its share of the rate, which 429 keeps back.
    ledger.flush = async () => {
      await flush.call(ledger);
      if (name === 'createPost') await wait();
    };
    poster.show('b', target, 'at work');
    await clock.advance(name === 'createPost' ? 100 : 1_000);
    let isLimited = name === 'patchPost';
    server.onRequest = (request) => {
      if (request.name !== name || !isLimited) return;
      isLimited = false;
      throw mattermostError('rate-limited', undefined, 5_000);
    };
    if (isLimited) poster.show('b', target, 'still at work');
    await clock.advance(100);
    const finished = poster.finish('b', target, 'done', { remove: true });
    await clock.advance(20_000);
    expect(await finished).toEqual({ delivered: true, deleted: true });
    expect(living(world)).toEqual([]);
  });

  it('keeps a post that somebody replied to, and says there how the work ended', async () => {
    const world = await posted();
    const [root] = world.server.posts.keys();
    await world.server.account('ada').createPost({ channelId: 'c1', rootId: root, message: 'Nice!' });
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(1_000);
    expect(await finished).toEqual({ delivered: true, postId: root });
    expect(living(world)).toEqual(['done', 'Nice!']);
    expect(world.poster.status().state).toBe('ok');
  });

  it('is not kept by a reply that was deleted, nor by the replies of the thread it stands in', async () => {
    const world = start();
    const ada = world.server.account('ada');
    const root = await ada.createPost({ channelId: 'c1', message: 'Please' });
    const thread = { channelId: 'c1', rootId: root.id };
    world.poster.show('b', thread, 'at work');
    await world.clock.advance(1_000);
    await ada.createPost({ channelId: 'c1', rootId: root.id, message: 'Thanks' });
    const finished = world.poster.finish('b', thread, 'done', { remove: true });
    await world.clock.advance(1_000);
    expect(await finished).toMatchObject({ deleted: true });
    expect(living(world)).toEqual(['Please', 'Thanks']);
    const other = await posted(start(world));
    const [, , , own] = [...other.server.posts.keys()];
    const reply = await ada.createPost({ channelId: 'c1', rootId: own, message: 'Oops' });
    other.server.deletePost(reply.id);
    const again = other.poster.finish('b', target, 'done', { remove: true });
    await other.clock.advance(1_000);
    expect(await again).toMatchObject({ deleted: true });
  });

  it('waits for a server that is away, and is taken up by the next process', async () => {
    const world = await posted();
    world.server.onRequest = () => {
      throw mattermostError('transient');
    };
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(10_000);
    await close(world);
    expect(await finished).toEqual({ delivered: false, reason: 'closed' });
    world.server.onRequest = () => undefined;
    const next = start(world);
    const again = next.poster.finish('b', target, 'done', { remove: true });
    await next.clock.advance(5_000);
    expect(await again).toMatchObject({ deleted: true });
    expect(living(next)).toEqual([]);
  });

  it('is over when its post is gone already: a person, or a process that was killed, deleted it', async () => {
    for (const phase of ['before', 'after'] as const) {
      const world = await posted();
      if (phase === 'before') world.server.deletePost('post-1');
      else {
        let lost = 0;
        world.server.onRequest = ({ name, phase: now }) => {
          if (name === 'deletePost' && now === 'after' && lost++ === 0) throw mattermostError('transient');
        };
      }
      const finished = world.poster.finish('b', target, 'done', { remove: true });
      await world.clock.advance(5_000);
      expect(await finished).toMatchObject({ deleted: true });
      expect(living(world)).toEqual([]);
      expect(world.ledger.entries()).toEqual([]);
    }
  });

  it('keeps a post that may not be deleted, and health says so', async () => {
    const world = await posted();
    world.server.onRequest = ({ name }) => {
      if (name === 'deletePost') throw mattermostError('forbidden', 'api.context.permissions.app_error');
    };
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(5_000);
    expect(await finished).toMatchObject({ delivered: true, postId: 'post-1' });
    expect(living(world)).toEqual(['done']);
    expect(world.poster.status().reasons).toEqual([
      {
        level: 'degraded',
        what: expect.stringMatching(/^A post of finished work could not be deleted \(/),
        fix: 'Let the bot delete its own posts (delete_post)',
      },
    ]);
    await world.clock.advance(600_000);
    expect(world.poster.status().state).toBe('ok');
  });

  it('deletes the posts that it continued as well', async () => {
    const world = start();
    world.server.settings = { editLimitMs: 60_000 };
    const text = (message: string) => ({ key: message, ticking: true, render: () => ({ message }) });
    world.poster.show('b', target, text('one'));
    await world.clock.advance(70_000);
    expect(living(world)).toHaveLength(2);
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(10_000);
    expect(await finished).toMatchObject({ deleted: true });
    expect(living(world)).toEqual([]);
  });

  it('deletes what it could not edit any more', async () => {
    const world = await posted();
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'patchPost' || phase !== 'before') return;
      throw mattermostError('invalid', 'api.post.update_post.permissions_time_limit.app_error');
    };
    world.poster.show('b', target, 'still at work');
    const finished = world.poster.finish('b', target, 'done', { remove: true });
    await world.clock.advance(20_000);
    expect(await finished).toEqual({ delivered: true, deleted: true });
    expect(living(world)).toEqual([]);
  });

  it('deletes a post whose create was cut off', async () => {
    const world = start();
    world.server.onRequest = ({ name, phase }) => {
      if (name === 'createPost' && phase === 'after') throw mattermostError('transient');
    };
    world.poster.show('b', target, 'at work');
    await world.clock.advance(100);
    await close(world);
    world.server.onRequest = () => undefined;
    const next = start(world);
    const finished = next.poster.finish('b', target, 'done', { remove: true });
    await next.clock.advance(30_000);
    expect(await finished).toMatchObject({ deleted: true });
    expect(living(next)).toEqual([]);
  });
});

describe('a post with an attachment that is to have none', () => {
  it('loses it, also when another process made it', async () => {
    const world = start();
    const card = { key: 'card', render: () => ({ message: 'head', props: { attachments: [{ text: 'lines' }] } }) };
    world.poster.show('b', target, card);
    await world.clock.advance(1_000);
    await close(world);
    const next = start(world);
    next.poster.show('b', target, 'head');
    await next.clock.advance(1_000);
    expect([...next.server.posts.values()][0]?.props).not.toHaveProperty('attachments');
  });
});
