import mm from '@mattermost/client';
import type { Post } from '@mattermost/types/posts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmptySimulator, createSimulator, type Simulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

const { Client4 } = mm;

/** The official client knows nothing of this simulator: what it reads is what a server would have said. */
describe('@mattermost/client', () => {
  let simulator: Simulator;
  let client: InstanceType<typeof Client4>;
  const create = (fields: Partial<Post> = {}): Promise<Post> =>
    client.createPost({ channel_id: simulator.channel.id, message: 'hello', ...fields } as Post);

  beforeEach(async () => {
    simulator = await createSimulator();
    client = new Client4();
    client.setUrl(simulator.url);
    client.setToken(simulator.bot.token);
    client.setIncludeCookies(false);
  });
  afterEach(() => simulator.close());

  it('creates, reads, patches and deletes a post', async () => {
    const post = await create();
    expect(await client.getPost(post.id)).toMatchObject({ id: post.id, message: 'hello', pending_post_id: '' });
    const patched = await client.patchPost({ id: post.id, message: 'changed' } as Post);
    expect(patched.message).toBe('changed');
    expect(patched.edit_at).toBeGreaterThan(0);
    expect(await client.deletePost(post.id)).toEqual({ status: 'OK' });
    await expect(client.getPost(post.id)).rejects.toMatchObject({
      status_code: 404,
      server_error_id: 'app.post.get.app_error',
    });
  });

  it('reads threads and what changed since a time', async () => {
    const root = await create();
    const reply = await create({ root_id: root.id });
    const thread = await client.getPostThread(root.id, false);
    expect(new Set(thread.order)).toEqual(new Set([root.id, reply.id]));
    const since = await client.getPostsSince(simulator.channel.id, root.create_at - 1);
    expect(Object.keys(since.posts)).toEqual(expect.arrayContaining([root.id, reply.id]));
    expect((await client.getPosts(simulator.channel.id, 0, 1)).order).toEqual([reply.id]);
  });

  it('finds itself, people, teams and channels by name', async () => {
    const person = simulator.addUser({ username: 'ada' });
    expect(await client.getMe()).toMatchObject({ id: simulator.bot.user.id, is_bot: true });
    expect((await client.getUserByUsername('ada')).id).toBe(person.id);
    expect((await client.getTeamByName('main')).id).toBe(simulator.team.id);
    expect((await client.getChannelByName(simulator.team.id, 'town-square')).id).toBe(simulator.channel.id);
    const byNames = await client.getChannelByNameAndTeamName('main', 'town-square');
    expect(byNames.id).toBe(simulator.channel.id);
    expect((await client.getChannel(simulator.channel.id)).name).toBe('town-square');
    await expect(client.getChannelByName(simulator.team.id, 'nowhere')).rejects.toMatchObject({
      status_code: 404,
      server_error_id: 'app.channel.get_by_name.missing.app_error',
    });
  });

  it('writes to a person through a direct channel', async () => {
    const person = simulator.addUser({ username: 'ada' });
    const direct = await client.createDirectChannel([simulator.bot.user.id, person.id]);
    expect(direct).toMatchObject({ type: 'D', team_id: '' });
    expect(await create({ channel_id: direct.id })).toMatchObject({ channel_id: direct.id });
  });

  it('gets errors with their ids', async () => {
    await expect(create({ channel_id: 'a'.repeat(26) })).rejects.toMatchObject({
      status_code: 403,
      server_error_id: 'api.context.permissions.app_error',
    });
    client.setToken('wrong');
    await expect(client.getMe()).rejects.toMatchObject({
      status_code: 401,
      server_error_id: 'api.context.session_expired.app_error',
    });
  });

  it('sets up a server from nothing: first admin, team, channel, bot, token, members', async () => {
    await using empty = await createEmptySimulator();
    const account = { username: 'root', email: 'root@localhost', password: 'correct horse' };
    const first = await ask(empty, 'POST /users', { body: account });
    expect([first.status, empty.users()[0]?.roles]).toEqual([201, 'system_admin system_user']);
    expect((await ask(empty, 'POST /users', { body: { ...account, username: 'late' } })).status).toBe(403);

    const login = await ask(empty, 'POST /users/login', { body: { login_id: 'root', password: account.password } });
    const token = login.headers.get('token') ?? '';
    const make = (name: string, body: unknown) => ask<Record<string, string>>(empty, name, { token, body });
    const team = (await make('POST /teams', { name: 'ops', display_name: 'Ops', type: 'O' })).json.id;
    const channel = (await make('POST /channels', { team_id: team, name: 'alerts', type: 'P' })).json.id;
    const bot = (await make('POST /bots', { username: 'robot' })).json.user_id;
    const access = (await make(`POST /users/${bot}/tokens`, { description: 'for tests' })).json.token ?? '';

    client.setUrl(empty.url);
    client.setToken(access);
    await expect(create({ channel_id: channel ?? '' })).rejects.toMatchObject({ status_code: 403 });
    expect((await make(`POST /channels/${channel}/members`, { user_id: bot })).status).toBe(404);
    expect((await make(`POST /teams/${team}/members`, { team_id: team, user_id: bot })).status).toBe(201);
    expect((await make(`POST /channels/${channel}/members`, { user_id: bot })).status).toBe(201);
    expect(await create({ channel_id: channel ?? '' })).toMatchObject({ user_id: bot, props: { from_bot: 'true' } });
    expect(JSON.stringify(empty.requests())).not.toMatch(/correct horse/);
    expect(JSON.stringify(empty.requests())).not.toContain(access);
  });
});
