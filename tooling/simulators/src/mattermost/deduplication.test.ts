import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

describe('de-duplication of creates', () => {
  let simulator: Simulator;
  let clock: FakeClock;
  const create = (fields: object = {}) =>
    ask<Post>(simulator, 'POST /posts', {
      token: simulator.bot.token,
      body: { channel_id: simulator.channel.id, message: 'hello', pending_post_id: 'key', ...fields },
    });

  beforeEach(async () => {
    clock = createFakeClock();
    simulator = await createSimulator({ clock });
  });
  afterEach(() => simulator.close());

  it('holds for 30 s after the create and not longer', async () => {
    const first = await create();
    await clock.advance(29_999);
    const inTime = await create();
    await clock.advance(1);
    const late = await create();
    expect(inTime.json.id).toBe(first.json.id);
    expect(late.json.id).not.toBe(first.json.id);
  });

  it('ends when it is told to expire', async () => {
    const first = await create();
    simulator.expireDeduplication();
    expect((await create()).json.id).not.toBe(first.json.id);
  });

  it('answers 500 while the first request still saves, then its post', async () => {
    const hold = simulator.faults.hold('save', { route: 'POST /posts' });
    const saving = create();
    await hold.reached;
    const meanwhile = await create();
    expect([meanwhile.status, meanwhile.json.id]).toEqual([500, 'api.post.deduplicate_create_post.pending']);
    hold.release();
    const first = await saving;
    expect([first.status, (await create()).json.id]).toEqual([201, first.json.id]);
    expect(simulator.posts()).toHaveLength(1);
  });

  it('lets a create be repeated that failed', async () => {
    expect((await create({ root_id: 'a'.repeat(26) })).status).toBe(400);
    expect((await create()).status).toBe(201);
  });

  it('counts the key alone: another message with it is the first post', async () => {
    const first = await create();
    expect((await create({ message: 'other' })).json).toMatchObject({ id: first.json.id, message: 'hello' });
  });

  it('answers 500 where the first post was deleted in between', async () => {
    const first = await create();
    simulator.deletePost(first.json.id);
    const { status, json } = await create();
    expect([status, json.id]).toEqual([500, 'api.post.deduplicate_create_post.failed_to_get']);
  });

  it('is off without a key', async () => {
    const [first, second] = [await create({ pending_post_id: '' }), await create({ pending_post_id: '' })];
    expect(second.json.id).not.toBe(first.json.id);
  });
});
