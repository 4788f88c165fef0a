import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

/** Every answer here was measured on a real server, 5.36.1 with PostgreSQL, except where a name says newer. */
describe('answers as a real server', () => {
  let simulator: Simulator;
  let post: Post;
  const clock = createFakeClock();
  const call = <T = Post>(name: string, body?: unknown) =>
    ask<T>(simulator, name, { token: simulator.bot.token, body });
  const create = (fields: object = {}) =>
    call('POST /posts', { channel_id: simulator.channel.id, message: 'hello', ...fields });

  beforeEach(async () => {
    simulator = await createSimulator({ clock, version: '5.36.1', silentSupported: false });
    post = (await create({ props: { attachments: [{ text: 'kept' }] } })).json;
  });
  afterEach(() => simulator.close());

  it('makes one post of two creates with the same pending_post_id', async () => {
    const first = await create({ pending_post_id: 'key' });
    const second = await create({ pending_post_id: 'key' });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.id).toBe(first.json.id);
    expect(simulator.posts()).toHaveLength(2);
  });

  it('ignores silent=true where it is too old for it', async () => {
    const { status, json } = await call('POST /posts?silent=true', { channel_id: simulator.channel.id, message: 'x' });
    expect(status).toBe(201);
    expect(json.props).toEqual({ from_bot: 'true' });
  });

  it.for([
    { type: 'system_join_channel', id: 'api.context.invalid_param.app_error' },
    { type: 'status', id: 'model.post.is_valid.type.app_error' },
  ])('refuses a post of type $type with $id (measured on 5.37.0)', async ({ type, id }) => {
    const answer = await create({ type });
    expect([answer.status, answer.json.id]).toEqual([400, id]);
  });

  it('keeps pin and props when a message is patched', async () => {
    simulator.pinPost(post.id);
    const { status, json } = await call(`PUT /posts/${post.id}/patch`, { message: 'new' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ message: 'new', is_pinned: true, props: post.props });
  });

  it('unpins and wipes the props when a bare message is put', async () => {
    simulator.pinPost(post.id);
    const { status, json } = await call(`PUT /posts/${post.id}`, { id: post.id, message: 'new' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ message: 'new', is_pinned: false, props: {} });
  });

  it.for([
    { version: '5.36.1', id: 'model.post.is_valid.msg.app_error' },
    { version: '11.10.0', id: 'model.post.is_valid.message_length.app_error' },
  ])('refuses 16 384 characters with $id on $version', async ({ version, id }) => {
    simulator.configure({ version });
    const answer = await call<{ id: string }>(`PUT /posts/${post.id}/patch`, { message: 'x'.repeat(16_384) });
    expect(answer.status).toBe(400);
    expect(answer.json.id).toBe(id);
  });

  it('takes 16 383 emoji: the limit counts code points', async () => {
    const { status } = await call(`PUT /posts/${post.id}/patch`, { message: '🙂'.repeat(16_383) });
    expect(status).toBe(200);
  });

  it.for(['deleted', 'never existed'])(
    'answers 403 to the patch and 404 to the get of a post that %s',
    async (kind) => {
      if (kind === 'deleted') simulator.deletePost(post.id);
      const id = kind === 'deleted' ? post.id : 'a'.repeat(26);
      const patch = await call(`PUT /posts/${id}/patch`, { message: 'x' });
      const get = await call(`GET /posts/${id}`);
      expect([patch.status, patch.json.id]).toEqual([403, 'api.context.permissions.app_error']);
      expect([get.status, get.json.id]).toEqual([404, 'app.post.get.app_error']);
    },
  );

  it('refuses a deleted root and a reply as root', async () => {
    const reply = await create({ root_id: post.id });
    const underReply = await create({ root_id: reply.json.id });
    simulator.deletePost(post.id);
    const underDeleted = await create({ root_id: post.id });
    for (const answer of [underReply, underDeleted]) {
      expect([answer.status, answer.json.id]).toEqual([400, 'api.post.create_post.root_id.app_error']);
    }
  });

  it('answers 403 to a create in an unknown channel and in one the bot is not in', async () => {
    const other = simulator.addChannel({ teamId: simulator.team.id, name: 'other' });
    for (const channel_id of ['b'.repeat(26), other.id]) {
      const { status, json } = await create({ channel_id });
      expect([status, json.id]).toEqual([403, 'api.context.permissions.app_error']);
    }
  });

  it('answers 401 to a bad token, and to none, before it looks at anything else', async () => {
    const answers = [
      await ask(simulator, 'GET /users/me', { token: 'wrong' }),
      await ask(simulator, 'POST /posts', { body: 'not JSON' }),
    ];
    for (const { status, json } of answers) {
      expect([status, json.id]).toEqual([401, 'api.context.session_expired.app_error']);
    }
  });

  it('answers 201 to a direct channel of bot and user, the same one each time', async () => {
    const person = simulator.addUser({ username: 'ada' });
    const first = await call('POST /channels/direct', [simulator.bot.user.id, person.id]);
    const second = await call('POST /channels/direct', [person.id, simulator.bot.user.id]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.id).toBe(first.json.id);
  });

  it('limits a burst of 160 GETs as text/plain with whole headers, and has the headers on every 200', async () => {
    simulator.setLimiter({ enable: true });
    const responses: Response[] = [];
    for (let index = 0; index < 160; index += 1) {
      await clock.advance(2.2);
      responses.push(await fetch(`${simulator.url}/api/v4/system/ping`));
    }
    expect(Object.groupBy(responses, ({ status }) => status)).toMatchObject({
      200: { length: 104 },
      429: { length: 56 },
    });
    expect(responses.every(({ headers }) => headers.get('x-ratelimit-limit') === '101')).toBe(true);
    const last = responses[159];
    expect(Object.fromEntries(last?.headers ?? [])).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'retry-after': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '11',
    });
    expect(await last?.text()).toBe('limit exceeded\n');
  });

  it('sends X-Request-Id, X-Version-Id and exactly application/json with answers and errors', async () => {
    for (const { headers } of [await call('GET /users/me'), await call(`GET /posts/${'c'.repeat(26)}`)]) {
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('x-request-id')).toMatch(/^[a-z0-9]{26}$/);
      expect(headers.get('x-version-id')).toMatch(/^5\.36\.1\..*\.[0-9a-f]{32}\.false$/);
    }
  });

  it('marks the posts of bots, and only those', async () => {
    const byAdmin = await ask<Post>(simulator, 'POST /posts', {
      token: simulator.adminToken,
      body: { channel_id: simulator.channel.id, message: 'x' },
    });
    expect(post.props.from_bot).toBe('true');
    expect(byAdmin.json.props).toEqual({});
  });
});
