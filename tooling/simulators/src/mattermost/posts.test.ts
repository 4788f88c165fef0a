import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { ask, type PostList } from './testing/ask.ts';

describe('posts', () => {
  let simulator: Simulator;
  let clock: FakeClock;
  const call = <T = Post>(name: string, body?: unknown) =>
    ask<T>(simulator, name, { token: simulator.bot.token, body });
  const create = (fields: object = {}) =>
    call('POST /posts', { channel_id: simulator.channel.id, message: 'hello', ...fields });

  beforeEach(async () => {
    clock = createFakeClock();
    simulator = await createSimulator({ clock });
  });
  afterEach(() => simulator.close());

  it('answers errors as {id, message, detailed_error, request_id, status_code}', async () => {
    const { json, headers } = await call(`GET /posts/${'a'.repeat(26)}`);
    expect(json).toEqual({
      id: 'app.post.get.app_error',
      message: expect.any(String),
      detailed_error: '',
      request_id: headers.get('x-request-id'),
      status_code: 404,
    });
  });

  it('creates silently for bots, and refuses it to people', async () => {
    const body = { channel_id: simulator.channel.id, message: 'psst' };
    const byBot = await call('POST /posts?silent=true', body);
    const byPerson = await ask(simulator, 'POST /posts?silent=true', { token: simulator.adminToken, body });
    expect(byBot.json.props).toEqual({ from_bot: 'true', silent_notification: true });
    expect([byPerson.status, byPerson.json.id]).toEqual([403, 'api.post.create_post.silent_notification.app_error']);
  });

  it('keeps the type a post was created with, whatever an edit says', async () => {
    const { status, json: post } = await create({ type: 'custom_live_status' });
    expect([status, post.type]).toEqual([201, 'custom_live_status']);
    await call(`PUT /posts/${post.id}/patch`, { message: 'v2', type: 'custom_other' });
    await call(`PUT /posts/${post.id}`, { id: post.id, message: 'v3', type: '' });
    expect(simulator.post(post.id)).toMatchObject({ message: 'v3', type: 'custom_live_status' });
  });

  it('ignores query parameters it does not know', async () => {
    const body = { channel_id: simulator.channel.id, message: 'x' };
    expect((await call('POST /posts?silent=true&set_online=false&other=1', body)).status).toBe(201);
  });

  it('can be made to lose the type', async () => {
    simulator.configure({ typeKept: false });
    expect((await create({ type: 'custom_live_status' })).json.type).toBe('');
  });

  it('sets edit_at when message or attachments change, and not for a pin or other props', async () => {
    const { json: post } = await create({ props: { marker: 1 } });
    await clock.advance(1000);
    const props = await call(`PUT /posts/${post.id}/patch`, { props: { marker: 2 } });
    const same = await call(`PUT /posts/${post.id}/patch`, { message: 'hello' });
    simulator.pinPost(post.id);
    expect([props.json.edit_at, same.json.edit_at, simulator.post(post.id)?.edit_at]).toEqual([0, 0, 0]);
    const attached = await call(`PUT /posts/${post.id}/patch`, { props: { attachments: [{ text: 'a' }] } });
    expect(attached.json).toMatchObject({ edit_at: clock.now(), update_at: clock.now(), create_at: post.create_at });
    expect(attached.json.props).toEqual({ attachments: [{ text: 'a' }] });
  });

  it('refuses to edit after the time limit, but takes a patch without a message', async () => {
    simulator.configure({ editTimeLimitS: 60 });
    const { json: post } = await create();
    await clock.advance(60_000);
    expect((await call(`PUT /posts/${post.id}/patch`, { message: 'in time' })).status).toBe(200);
    await clock.advance(1);
    const late = await call(`PUT /posts/${post.id}/patch`, { message: 'late' });
    expect([late.status, late.json.id]).toEqual([400, 'api.post.update_post.permissions_time_limit.app_error']);
    expect((await call(`PUT /posts/${post.id}/patch`, { props: {} })).status).toBe(200);
  });

  it('refuses to create and edit in an archived channel', async () => {
    const { json: post } = await create();
    simulator.archiveChannel(simulator.channel.id);
    const answers = [
      await create(),
      await call(`PUT /posts/${post.id}/patch`, { message: 'x' }),
      await call(`PUT /posts/${post.id}`, { id: post.id, message: 'x' }),
    ];
    expect(answers.map(({ status, json }) => [status, json.id])).toEqual([
      [400, 'api.post.create_post.can_not_post_to_deleted.error'],
      [400, 'api.post.patch_post.can_not_update_post_in_deleted.error'],
      [400, 'api.post.update_post.can_not_update_post_in_deleted.error'],
    ]);
  });

  it('refuses a root of another channel', async () => {
    const other = simulator.addChannel({ teamId: simulator.team.id, name: 'other' });
    simulator.join(simulator.bot.user.id, [other.id]);
    const root = await create({ channel_id: other.id });
    const { status, json } = await create({ root_id: root.json.id });
    expect([status, json.id]).toEqual([400, 'api.post.create_post.channel_root_id.app_error']);
  });

  it('lets nobody but its author and admins edit a post, and nobody outside the channel', async () => {
    const { json: post } = await create();
    const person = simulator.addUser({ username: 'ada' });
    simulator.join(person.id, [simulator.team.id, simulator.channel.id]);
    const body = { message: 'mine now' };
    const byPerson = await ask(simulator, `PUT /posts/${post.id}/patch`, {
      token: simulator.addToken(person.id),
      body,
    });
    const byAdmin = await ask(simulator, `PUT /posts/${post.id}/patch`, { token: simulator.adminToken, body });
    simulator.leave(simulator.bot.user.id, simulator.channel.id);
    const byLeaver = await call(`PUT /posts/${post.id}/patch`, body);
    expect([byPerson.status, byAdmin.status, byLeaver.status]).toEqual([403, 200, 403]);
  });

  it('refuses a put whose body names another post', async () => {
    const { json: post } = await create();
    const { status, json } = await call(`PUT /posts/${post.id}`, { id: 'b'.repeat(26), message: 'x' });
    expect([status, json.id]).toEqual([400, 'api.context.invalid_body_param.app_error']);
  });

  it('answers 413 above the body limit, 400 to what is not JSON', async () => {
    simulator.configure({ maxBodyBytes: 1000 });
    const big = await create({ message: 'x'.repeat(1000) });
    const broken = await call('POST /posts', '{"channel_id":');
    expect([big.status, big.json.id]).toEqual([413, 'api.context.request_body_too_large.app_error']);
    expect([broken.status, broken.json.id]).toEqual([400, 'api.context.invalid_body_param.app_error']);
  });

  it('has a smaller message limit where configured, in code points', async () => {
    simulator.configure({ maxMessageRunes: 4 });
    expect((await create({ message: '🙂🙂🙂🙂' })).status).toBe(201);
    expect((await create({ message: '🙂🙂🙂🙂.' })).status).toBe(400);
  });

  it('deletes a root with its thread, keeps the replies of others, and answers a repeated delete 403', async () => {
    const root = (await create()).json;
    const reply = (await create({ root_id: root.id })).json;
    const other = (await create()).json;
    const first = await call<{ status: string }>(`DELETE /posts/${root.id}`);
    expect([first.status, first.json]).toEqual([200, { status: 'OK' }]);
    expect((await call(`DELETE /posts/${root.id}`)).status).toBe(403);
    expect(simulator.posts().map(({ id }) => id)).toEqual([other.id]);
    expect(simulator.post(reply.id)?.delete_at).toBe(clock.now());
  });

  it('lists a channel newest first, by pages, without deleted posts', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.unshift((await create({ message: `${index}` })).json.id);
    simulator.deletePost(ids[2] ?? '');
    const living = ids.filter((_, index) => index !== 2);
    const { json } = await call<PostList>(`GET /channels/${simulator.channel.id}/posts?page=1&per_page=2`);
    expect(json.order).toEqual(living.slice(2, 4));
    expect(json.next_post_id).toBe(living[1]);
    expect(json.prev_post_id).toBe('');
  });

  it('lists since a time what changed, with deleted posts and the copies that edits left behind', async () => {
    const old = (await create({ message: 'old' })).json;
    const edited = (await create({ message: 'v1', props: { marker: 'm' } })).json;
    const time = clock.now();
    await clock.advance(10);
    await call(`PUT /posts/${edited.id}/patch`, { message: 'v2' });
    const gone = (await create({ message: 'gone' })).json;
    simulator.deletePost(gone.id);
    const { json } = await call<PostList>(`GET /channels/${simulator.channel.id}/posts?since=${time}`);
    const rows = json.order.map((id) => json.posts[id]);
    expect(json.order).not.toContain(old.id);
    expect(rows.find((row) => row?.id === edited.id)).toMatchObject({ message: 'v2', delete_at: 0 });
    expect(rows.find((row) => row?.original_id === edited.id)).toMatchObject({
      message: 'v1',
      delete_at: clock.now(),
      props: { marker: 'm' },
    });
    expect(rows.find((row) => row?.id === gone.id)?.delete_at).toBe(clock.now());
  });

  it('answers a thread oldest first from its root or a reply, and counts the replies', async () => {
    const root = (await create()).json;
    const reply = (await create({ root_id: root.id })).json;
    const fromRoot = await call<PostList>(`GET /posts/${root.id}/thread`);
    const fromReply = await call<PostList>(`GET /posts/${reply.id}/thread`);
    expect(fromRoot.json.order).toEqual([root.id, reply.id]);
    expect(fromReply.json.order).toEqual([root.id, reply.id]);
    expect(fromRoot.json.posts[root.id]?.reply_count).toBe(1);
  });

  it('keeps hashtags as the server does: found in words, cut at 1000 bytes', async () => {
    const few = await create({ message: 'see #one, ##two and #3 (#four!)' });
    const many = await create({ message: Array.from({ length: 300 }, (_, n) => `#tag${n}x`).join(' ') });
    expect(few.json.hashtags).toBe('#one #two #four');
    expect(many.status).toBe(201);
    expect(many.json.hashtags.length).toBeLessThan(1000);
    expect(many.json.hashtags).toMatch(/#tag\d+x$/);
  });

  it('keeps every version with its time and the request that made it', async () => {
    const { json: post, headers } = await create({ message: 'one' });
    await clock.advance(500);
    const patch = await call(`PUT /posts/${post.id}/patch`, { message: 'two' });
    simulator.deletePost(post.id);
    const versions = simulator.edits(post.id);
    expect(versions.map(({ at, post: { message }, requestId }) => [at - post.create_at, message, requestId])).toEqual([
      [0, 'one', headers.get('x-request-id')],
      [500, 'two', patch.headers.get('x-request-id')],
      [500, 'two', undefined],
    ]);
    const record = simulator.requests().find(({ id }) => id === versions[1]?.requestId);
    expect(record).toMatchObject({
      method: 'PUT',
      route: 'PUT /posts/:post_id/patch',
      userId: simulator.bot.user.id,
      body: { message: 'two' },
      status: 200,
    });
  });

  it('tells of every change of a post, and forgets what is older than a moment', async () => {
    const heard: string[] = [];
    const listening = simulator.onPost(({ message, delete_at }) => heard.push(delete_at === 0 ? message : 'deleted'));
    const { json: old } = await create({ message: 'old', pending_post_id: 'key' });
    await call(`PUT /posts/${old.id}/patch`, { message: 'edited' });
    await clock.advance(60_000);
    const { json: young } = await create({ message: 'young' });
    listening[Symbol.dispose]();
    simulator.deletePost(young.id);
    expect(heard).toEqual(['old', 'edited', 'young']);
    simulator.forget(clock.now() - 1_000);
    expect([simulator.post(old.id), simulator.edits(old.id)]).toEqual([undefined, []]);
    expect(simulator.requests()).toHaveLength(1);
    expect(simulator.edits(young.id)).toHaveLength(2);
    const since = await call<PostList>(`GET /channels/${simulator.channel.id}/posts?since=1`);
    expect(since.json.order).toEqual([young.id]);
  });
});
