import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { ask } from './testing/ask.ts';

const CREATE = { route: 'POST /posts' };

describe('faults', () => {
  let simulator: Simulator;
  let clock: FakeClock;
  const create = (fields: object = {}) =>
    ask<Post>(simulator, 'POST /posts', {
      token: simulator.bot.token,
      body: { channel_id: simulator.channel.id, message: 'hello', ...fields },
    });
  const ping = async (): Promise<number> => (await fetch(`${simulator.url}/api/v4/system/ping`)).status;
  const errorCode = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'no error',
      (error: { cause?: { code?: unknown } }) => error.cause?.code,
    );

  beforeEach(async () => {
    clock = createFakeClock();
    simulator = await createSimulator({ clock });
  });
  afterEach(() => simulator.close());

  it('resets the next requests of a route, n times, and no others', async () => {
    const fault = simulator.faults.reset({ ...CREATE, times: 2 });
    expect(await ping()).toBe(200);
    expect(await errorCode(create())).toBe('ECONNRESET');
    expect(await errorCode(create())).toBe('ECONNRESET');
    expect((await create()).status).toBe(201);
    expect(fault.hits).toBe(2);
    expect(simulator.posts()).toHaveLength(1);
  });

  it('hangs until the client gives up, and never handles that request', async () => {
    simulator.faults.hang(CREATE);
    const aborting = new AbortController();
    const hanging = fetch(`${simulator.url}/api/v4/posts`, { method: 'POST', body: '{}', signal: aborting.signal });
    await simulator.until(() => simulator.requests().length === 1);
    expect(await ping()).toBe(200);
    aborting.abort();
    await expect(hanging).rejects.toThrow('aborted');
    expect((await create()).status).toBe(201);
    expect(simulator.posts()).toHaveLength(1);
  });

  it('lets what hangs go on when cleared', async () => {
    simulator.faults.hang(CREATE);
    const hanging = create();
    await simulator.until(() => simulator.requests().length === 1);
    simulator.faults.clear();
    expect((await hanging).status).toBe(201);
  });

  it('fails with a given status and error id, in the shape of the API', async () => {
    simulator.faults.fail({ status: 503, errorId: 'some.app_error' }, CREATE);
    const { status, json } = await create();
    expect([status, json]).toMatchObject([503, { id: 'some.app_error', status_code: 503 }]);
    expect(simulator.requests()[0]).toMatchObject({ fault: 'fail', status: 503, errorId: 'some.app_error' });
  });

  it('answers 502 in HTML as a proxy does', async () => {
    simulator.faults.html502();
    const response = await fetch(`${simulator.url}/api/v4/system/ping`);
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<h1>502 Bad Gateway</h1>');
  });

  it('sends half a body and cuts, after it did the work', async () => {
    simulator.faults.halfBody(CREATE);
    expect(await errorCode(create())).toBe('UND_ERR_SOCKET');
    expect(simulator.posts()).toHaveLength(1);
  });

  it('loses the answer to a committed create; its repetition finds the post, unless de-duplication expired', async () => {
    simulator.faults.loseAnswerAfterCreate(2);
    expect(await errorCode(create({ pending_post_id: 'a' }))).toBe('ECONNRESET');
    expect(simulator.posts()).toHaveLength(1);
    expect(await errorCode(create({ pending_post_id: 'b' }))).toBe('ECONNRESET');
    simulator.expireDeduplication();
    expect((await create({ pending_post_id: 'b' })).json.id).not.toBe(simulator.posts()[1]?.id);
    expect(simulator.posts()).toHaveLength(3);
  });

  it('holds an answer after the commit, so that its client can be killed in between', async () => {
    const hold = simulator.faults.hold('answer', CREATE);
    const aborting = new AbortController();
    const lost = fetch(`${simulator.url}/api/v4/posts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${simulator.bot.token}` },
      body: JSON.stringify({ channel_id: simulator.channel.id, message: 'committed' }),
      signal: aborting.signal,
    });
    await hold.reached;
    expect(simulator.posts().map(({ message }) => message)).toEqual(['committed']);
    aborting.abort();
    await expect(lost).rejects.toThrow('aborted');
    hold.release();
    expect(await ping()).toBe(200);
  });

  it('answers late by the given time on its clock, also when the client gave up', async () => {
    const fault = simulator.faults.latency(5000, CREATE);
    const aborting = new AbortController();
    const given = fetch(`${simulator.url}/api/v4/posts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${simulator.bot.token}` },
      body: JSON.stringify({ channel_id: simulator.channel.id, message: 'late' }),
      signal: aborting.signal,
    });
    await simulator.until(() => simulator.requests().length === 1);
    expect(clock.timerCount).toBe(1);
    await clock.advance(4999);
    expect(clock.timerCount).toBe(1);
    aborting.abort();
    await expect(given).rejects.toThrow('aborted');
    await clock.advance(1);
    await simulator.until(() => simulator.posts().length === 1);
    fault.clear();
    expect((await create()).status).toBe(201);
  });

  it('flaps by its clock: up, down, up', async () => {
    const fault = simulator.faults.flapping({ upMs: 1000, downMs: 500 });
    expect(await ping()).toBe(200);
    await clock.advance(1000);
    expect(await errorCode(ping())).toBe('ECONNRESET');
    await clock.advance(500);
    expect(await ping()).toBe(200);
    await clock.advance(1000);
    fault.clear();
    expect(await ping()).toBe(200);
  });

  it('refuses connections while offline, and is back on the same port with its posts', async () => {
    await create();
    const { url } = simulator;
    await simulator.faults.offline();
    expect(await errorCode(ping())).toBe('ECONNREFUSED');
    await simulator.faults.online();
    expect([await ping(), simulator.url, simulator.posts().length]).toEqual([200, url, 1]);
  });

  it('cuts what is in flight when it goes offline', async () => {
    simulator.faults.hang(CREATE);
    const hanging = errorCode(create());
    await simulator.until(() => simulator.requests().length === 1);
    await simulator.faults.offline();
    expect(await hanging).toBe('UND_ERR_SOCKET');
  });

  it('answers 401 to a revoked token until it is restored', async () => {
    simulator.revokeToken(simulator.bot.token);
    const { status, json } = await create();
    expect([status, json.id]).toEqual([401, 'api.context.session_expired.app_error']);
    simulator.restoreToken(simulator.bot.token);
    expect((await create()).status).toBe(201);
  });

  it('says so when a route has no such name', () => {
    expect(() => simulator.faults.reset({ route: 'POST /post' })).toThrow(/No route is called "POST \/post"/);
  });

  it('disposes of a fault at the end of its scope', async () => {
    {
      using _fault = simulator.faults.fail({ status: 500, errorId: 'x' }, { times: Number.POSITIVE_INFINITY });
      expect(await ping()).toBe(500);
    }
    expect(await ping()).toBe(200);
  });
});
