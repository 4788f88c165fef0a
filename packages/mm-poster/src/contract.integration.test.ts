import { createSimulator } from '@live-status/simulators/mattermost';
import { describe, expect, it } from 'vitest';
import { createMattermostApi } from './mattermost-api.ts';
import type { PostApi } from './post-api.ts';
import { createMemoryServer } from './testing.ts';

/** A server with one channel the account may post to. */
interface Place extends AsyncDisposable {
  readonly api: PostApi;
  readonly channelId: string;
  readonly otherUserId: string;
  deletePost(postId: string): void;
  expireDeduplication(): void;
}

async function simulator(): Promise<Place> {
  const sim = await createSimulator();
  const api = createMattermostApi({ url: sim.url, token: sim.bot.token });
  return {
    api,
    channelId: sim.channel.id,
    otherUserId: sim.addUser({ username: 'ann' }).id,
    deletePost: (id) => sim.deletePost(id),
    expireDeduplication: () => sim.expireDeduplication(),
    async [Symbol.asyncDispose]() {
      await api.close();
      await sim.close();
    },
  };
}

async function memory(): Promise<Place> {
  const server = createMemoryServer();
  return { ...server, channelId: 'town', otherUserId: 'user-ann', [Symbol.asyncDispose]: async () => undefined };
}

const PLACES = [
  ['the adapter on the simulator', simulator],
  ['the server in memory', memory],
] as const;

describe.each(PLACES)('a PostApi: %s', (_name, start) => {
  it('creates, gets and patches a post; what a patch leaves out stays', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const created = await api.createPost({ channelId, message: 'one', props: { mine: 1 }, silent: true });
    expect(created).toMatchObject({ channelId, message: 'one', rootId: '', deleteAt: 0, originalId: '' });
    await api.patchPost(created.id, { message: 'two' });
    expect(await api.getPost(created.id)).toMatchObject({ message: 'two', props: { mine: 1 } });
    await api.patchPost(created.id, { message: 'three', props: { other: 2 } });
    const { props } = await api.getPost(created.id);
    expect(props).toMatchObject({ other: 2 });
    expect(props).not.toHaveProperty('mine');
  });

  it('keeps the type a post is created with', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const created = await api.createPost({ channelId, message: 'one', type: 'custom_status' });
    await api.patchPost(created.id, { message: 'two' });
    expect([created.type, (await api.getPost(created.id)).type]).toEqual(['custom_status', 'custom_status']);
    expect((await api.getPostsSince(channelId, created.createAt - 1))[0]?.type).toBe('custom_status');
    expect((await api.createPost({ channelId, message: 'one' })).type).toBe('');
  });

  it('answers a repeated create with the first post while the key is known, and with a second one after', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const post = { channelId, message: 'one', pendingPostId: 'key' };
    const first = await api.createPost(post);
    expect((await api.createPost({ ...post, message: 'two' })).id).toBe(first.id);
    expect((await api.getPost(first.id)).message).toBe('one');
    place.expireDeduplication();
    expect((await api.createPost(post)).id).not.toBe(first.id);
  });

  it('lists what was created, edited or deleted since, replies as well', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const root = await api.createPost({ channelId, message: 'root', props: { a: 1 } });
    const reply = await api.createPost({ channelId, message: 'reply', rootId: root.id });
    const gone = await api.createPost({ channelId, message: 'gone' });
    await api.patchPost(reply.id, { message: 'edited' });
    place.deletePost(gone.id);
    const posts = (await api.getPostsSince(channelId, root.createAt - 1)).filter((post) => post.originalId === '');
    const seen = new Map(posts.map((post) => [post.id, post]));
    expect(seen.get(root.id)).toMatchObject({ message: 'root', props: { a: 1 }, deleteAt: 0 });
    expect(seen.get(reply.id)).toMatchObject({ message: 'edited', rootId: root.id });
    expect(seen.get(gone.id)?.deleteAt).toBeGreaterThan(0);
    expect(seen.size).toBe(3);
  });

  it('pins a post and lists what is pinned', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const post = await api.createPost({ channelId, message: 'one', props: { a: 1 } });
    await api.createPost({ channelId, message: 'two' });
    expect(await api.getPinnedPosts(channelId)).toEqual([]);
    await api.setPinned(post.id, true);
    await api.setPinned(post.id, true);
    await api.patchPost(post.id, { message: 'edited' });
    expect(await api.getPinnedPosts(channelId)).toMatchObject([{ id: post.id, message: 'edited', props: { a: 1 } }]);
    await api.setPinned(post.id, false);
    expect(await api.getPinnedPosts(channelId)).toEqual([]);
  });

  it('answers forbidden to an edit, and gone to a get, of a deleted post', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const post = await api.createPost({ channelId, message: 'one' });
    place.deletePost(post.id);
    await expect(api.patchPost(post.id, { message: 'two' })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(api.getPost(post.id)).rejects.toMatchObject({ kind: 'gone' });
  });

  it('reads a thread, and deletes a post with its thread, once', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const root = await api.createPost({ channelId, message: 'root' });
    const reply = await api.createPost({ channelId, message: 'reply', rootId: root.id });
    const gone = await api.createPost({ channelId, message: 'gone', rootId: root.id });
    await api.deletePost(gone.id);
    const thread = await api.getThread(root.id);
    expect(thread.map(({ id, rootId }) => [id, rootId])).toEqual([
      [root.id, ''],
      [reply.id, root.id],
    ]);
    await api.deletePost(root.id);
    await expect(api.getPost(reply.id)).rejects.toMatchObject({ kind: 'gone' });
    await expect(api.deletePost(root.id)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(api.getThread(root.id)).rejects.toMatchObject({ name: 'MattermostError' });
  });

  it('knows the team of a channel', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const { teamId } = await api.getChannel(channelId);
    expect(await api.getTeam(teamId)).toEqual({ id: teamId, name: 'main' });
  });

  it('opens one direct channel for two users, and knows its own account', async () => {
    await using place = await start();
    const { api, otherUserId } = place;
    const me = await api.getMe();
    expect(me).toMatchObject({ username: 'bot', isBot: true });
    const direct = await api.createDirectChannel([me.id, otherUserId]);
    expect(direct.type).toBe('D');
    expect((await api.createDirectChannel([me.id, otherUserId])).id).toBe(direct.id);
    await api.ping();
  });

  it('rejects with the reason of an aborted signal', async () => {
    await using place = await start();
    const { api, channelId } = place;
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await expect(api.createPost({ channelId, message: 'x' }, { signal })).rejects.toBe(reason);
    await expect(api.getMe({ signal })).rejects.toBe(reason);
  });

  it('reports the head of every answer until told not to', async () => {
    await using place = await start();
    const statuses: number[] = [];
    const stop = place.api.onAnswer(({ status }) => statuses.push(status));
    await place.api.getMe();
    stop();
    await place.api.getMe();
    expect(statuses).toEqual([200]);
  });
});

describe('the adapter on the simulator', () => {
  it('finds channels and users by name', async () => {
    await using sim = await createSimulator();
    await using api = createMattermostApi({ url: sim.url, token: sim.bot.token });
    const ann = sim.addUser({ username: 'ann' });
    expect((await api.getChannelByName('main', 'town-square')).id).toBe(sim.channel.id);
    expect((await api.getChannel(sim.channel.id)).name).toBe('town-square');
    expect((await api.getUserByUsername('ann')).id).toBe(ann.id);
    await expect(api.getChannelByName('main', 'nowhere')).rejects.toMatchObject({ kind: 'gone' });
    await expect(api.getUserByUsername('nobody')).rejects.toMatchObject({ kind: 'gone' });
  });

  it('finds a post among more changes than one listing holds', async () => {
    await using sim = await createSimulator();
    await using api = createMattermostApi({ url: sim.url, token: sim.bot.token });
    const channelId = sim.channel.id;
    const busy = await api.createPost({ channelId, message: 'busy' });
    for (let edit = 0; edit < 1100; edit += 1) await api.patchPost(busy.id, { message: `edit ${edit}` });
    const late = await api.createPost({ channelId, message: 'late' });
    const posts = await api.getPostsSince(channelId, busy.createAt - 1);
    expect(posts.map((post) => post.id)).toContain(late.id);
  });
});

describe('calls for commands, on the simulator', () => {
  it('deletes a post, and is refused a second time', async () => {
    await using sim = await createSimulator();
    await using api = createMattermostApi({ url: sim.url, token: sim.bot.token });
    const { id } = await api.createPost({ channelId: sim.channel.id, message: 'one' });
    await api.deletePost(id);
    expect(sim.posts()).toEqual([]);
    await expect(api.deletePost(id)).rejects.toMatchObject({ name: 'MattermostError' });
  });

  it('tells the channels the account is in from those it is not in', async () => {
    await using sim = await createSimulator();
    await using api = createMattermostApi({ url: sim.url, token: sim.bot.token });
    const open = sim.addChannel({ teamId: sim.team.id, name: 'open' });
    const closed = sim.addChannel({ teamId: sim.team.id, name: 'closed', type: 'P' });
    const asked = [sim.channel.id, open.id, closed.id].map((id) => api.isMember(id));
    expect(await Promise.all(asked)).toEqual([true, false, false]);
    sim.revokeToken(sim.bot.token);
    await expect(api.isMember(sim.channel.id)).rejects.toMatchObject({ kind: 'auth' });
  });

  it('lists the teams of the account and no others', async () => {
    await using sim = await createSimulator();
    await using api = createMattermostApi({ url: sim.url, token: sim.bot.token });
    sim.addTeam({ name: 'elsewhere' });
    expect(await api.getTeams()).toEqual([{ id: sim.team.id, name: 'main' }]);
  });
});
