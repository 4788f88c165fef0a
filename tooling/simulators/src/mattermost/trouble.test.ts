import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { ask } from './testing/ask.ts';
import type { FirewallAnswer } from './trouble.ts';

describe('what stands between a client and the server, or is missing behind it', () => {
  let simulator: Simulator;
  let post: Post;
  const call = <T = Post>(name: string, body?: unknown) =>
    ask<T>(simulator, name, { token: simulator.bot.token, body });
  const create = (message: string) => call('POST /posts', { channel_id: simulator.channel.id, message });
  const raw = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${simulator.url}/api/v4${path}`, {
      ...init,
      redirect: 'manual',
      headers: { Authorization: `Bearer ${simulator.bot.token}` },
    });
  const put = (message: string): Promise<Response> =>
    raw(`/posts/${post.id}/patch`, { method: 'PUT', body: JSON.stringify({ message }) });

  beforeEach(async () => {
    simulator = await createSimulator();
    post = (await create('hello')).json;
  });
  afterEach(() => simulator.close());

  it('a limiter counts by address, or by token where it is set to', async () => {
    const other = simulator.addBot({ username: 'other', memberOf: [] });
    const statuses = async (varyByUser: boolean): Promise<readonly number[]> => {
      simulator.setLimiter({ enable: true, perSec: 0.01, burst: 0, varyByUser });
      const answers: number[] = [];
      for (const token of [simulator.bot.token, other.token, simulator.bot.token]) {
        const headers = { Authorization: `Bearer ${token}` };
        answers.push((await fetch(`${simulator.url}/api/v4/users/me`, { headers })).status);
      }
      return answers;
    };
    expect(await statuses(false)).toEqual([200, 429, 429]);
    expect(await statuses(true)).toEqual([200, 200, 429]);
  });

  it('a database that is away is answered with refusals, as measured on 5.37.0', async () => {
    const ann = simulator.addUser({ username: 'ann' });
    const { id } = simulator.channel;
    const fault = simulator.faults.databaseAway();
    const answers: [string, number, string][] = [];
    for (const [name, body] of [
      [`PUT /posts/${post.id}/patch`, { message: 'x' }],
      ['POST /posts', { channel_id: id, message: 'x' }],
      [`GET /posts/${post.id}`],
      [`GET /channels/${id}`],
      [`GET /channels/${id}/members/me`],
      [`GET /channels/${id}/posts?since=1`],
      ['GET /teams/name/main/channels/name/town-square'],
      ['GET /users/username/ann'],
      ['POST /channels/direct', [simulator.bot.user.id, ann.id]],
      ['GET /users/me'],
    ] as const) {
      const { status, json } = await call(name, body);
      answers.push([name.replace(post.id, 'p').replace(id, 'c').replace(/\?.*/, ''), status, json.id]);
    }
    expect(answers).toEqual([
      ['PUT /posts/p/patch', 403, 'api.context.permissions.app_error'],
      ['POST /posts', 403, 'api.context.permissions.app_error'],
      ['GET /posts/p', 500, expect.any(String)],
      ['GET /channels/c', 500, expect.any(String)],
      ['GET /channels/c/members/me', 403, 'api.context.permissions.app_error'],
      ['GET /channels/c/posts', 403, 'api.context.permissions.app_error'],
      ['GET /teams/name/main/channels/name/town-square', 404, 'app.team.get_by_name.app_error'],
      ['GET /users/username/ann', 500, expect.any(String)],
      ['POST /channels/direct', 500, expect.any(String)],
      ['GET /users/me', 500, 'app.user_terms_of_service.get_by_user.app_error'],
    ]);
    expect((await call('GET /system/ping')).json).toEqual({ status: 'OK' });
    const status = await call<unknown>('GET /system/ping?get_server_status=true');
    expect([status.status, status.json]).toMatchObject([500, { database_status: 'UNHEALTHY' }]);
    fault.clear();
    expect((await create('again')).status).toBe(201);
    expect((await call('GET /system/ping?get_server_status=true')).json).toMatchObject({ database_status: 'OK' });
  });

  it('a database that is away refuses by what is cached: 400 with memberships, 401 without the session', async () => {
    const cached = simulator.faults.databaseAway({ memberships: true });
    expect(await create('x')).toMatchObject({ status: 400, json: { id: 'api.context.invalid_param.app_error' } });
    cached.clear();
    simulator.faults.databaseAway({ session: false });
    expect(await create('x')).toMatchObject({ status: 401, json: { id: 'api.context.session_expired.app_error' } });
    expect((await call('GET /system/ping?get_server_status=true')).status).toBe(500);
  });

  it.for([
    ['html-403', 403, /<h1>Request blocked/],
    ['plugin-400', 400, /^Post rejected by plugin\n$/],
    ['plugin-json-400', 400, /"id":"Post rejected by plugin/],
    ['page-200', 200, /being checked/],
    ['404', 404, /<html>/],
    ['302', 302, /^$/],
    ['503', 503, /<html>/],
  ] as const)('a firewall refuses the texts it dislikes, and only those: %s', async ([how, status, body]) => {
    const fault = simulator.faults.firewall(/etc\/passwd|curl -fsSL https:/, how as FirewallAnswer);
    expect((await put('fine')).status).toBe(200);
    const answer = await put('exec: `cat /etc/passwd`');
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(body);
    expect((await call('GET /system/ping')).status).toBe(200);
    expect([fault.hits, simulator.post(post.id)?.message]).toEqual([1, 'fine']);
  });

  it('a firewall may reset the connection', async () => {
    simulator.faults.firewall(/passwd/, 'reset');
    await expect(put('passwd')).rejects.toThrow();
  });

  it('a proxy refuses every PUT, a challenge and a portal everything, without a word of Mattermost', async () => {
    const noPut = simulator.faults.refusePut();
    expect((await put('x')).status).toBe(405);
    expect((await raw('/users/me')).status).toBe(200);
    noPut.clear();
    const challenge = simulator.faults.challenge();
    const challenged = await raw('/system/ping');
    expect([challenged.status, challenged.headers.get('cf-mitigated')]).toEqual([403, 'challenge']);
    expect(challenged.headers.get('x-version-id')).toBeNull();
    challenge.clear();
    for (const status of [401, 200, 302] as const) {
      using _portal = simulator.faults.portal(status);
      expect((await raw('/users/me')).status).toBe(status);
    }
  });

  it('a bot removed and added again, a channel archived and restored, a token revoked and replaced', async () => {
    const { bot, channel } = simulator;
    simulator.leave(bot.user.id, channel.id);
    expect((await put('x')).status).toBe(403);
    simulator.join(bot.user.id, [channel.id]);
    expect((await put('x')).status).toBe(200);
    simulator.archiveChannel(channel.id);
    expect((await put('y')).status).toBe(400);
    simulator.unarchiveChannel(channel.id);
    expect((await put('y')).status).toBe(200);
    simulator.revokeToken(bot.token);
    expect((await put('z')).status).toBe(401);
    const token = simulator.addToken(bot.user.id);
    expect((await ask(simulator, `PUT /posts/${post.id}/patch`, { token, body: { message: 'z' } })).status).toBe(200);
  });

  it('the configuration names the edit time limit to whoever has a token; the limit is for changed texts', async () => {
    simulator.configure({ editTimeLimitS: 0 });
    const { json } = await call<Record<string, string>>('GET /config/client?format=old');
    expect(json).toMatchObject({ PostEditTimeLimit: '0', MaxPostSize: '16383', Version: '11.10.0' });
    const anonymous = await fetch(`${simulator.url}/api/v4/config/client?format=old`);
    expect(await anonymous.json()).not.toHaveProperty('PostEditTimeLimit');
    expect((await put('hello')).status).toBe(200);
    expect((await put('changed')).status).toBe(400);
  });
});
