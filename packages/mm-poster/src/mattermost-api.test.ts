import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MattermostConfigError, MattermostError } from './errors.ts';
import { createMattermostApi, type MattermostApi, type MattermostApiOptions } from './mattermost-api.ts';
import type { Answer } from './post-api.ts';

const TOKEN = 'secret-token-1234567890';
const POST = { id: 'p1', channel_id: 'c1', root_id: '', user_id: 'u1', message: 'hi', props: { a: 1 }, create_at: 7 };

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
});

/** A server with this one handler, and the adapter on it. */
async function setUp(handler: Handler, options: Partial<MattermostApiOptions> = {}): Promise<MattermostApi> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    handler(request, response, Buffer.concat(chunks).toString());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api = createMattermostApi({ token: TOKEN, url: `${url}/sub/`, ...options });
  open.push(api, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return api;
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
const failure = async (call: Promise<unknown>): Promise<MattermostError> => {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof MattermostError) return error;
  throw new Error('no MattermostError', { cause: error });
};

describe('requests', () => {
  it('carry the token, JSON and the right route, below the sub-path of the server', async () => {
    const seen: unknown[] = [];
    const api = await setUp(({ method, url, headers }, response, body) => {
      const sent = body && JSON.parse(body);
      seen.push({ method, url, auth: headers.authorization, cookie: headers.cookie, body: sent });
      const channel = url?.includes('/channels/') && {
        type: 'D',
        name: url.endsWith('direct') ? 'u1__u2' : 'town-square',
      };
      const answered = { ...POST, root_id: sent.root_id ?? '', ...channel };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answered));
    });
    const post = { channelId: 'c1', message: 'hi', rootId: 'r', pendingPostId: 'k', props: {}, type: 'custom_a' };
    await api.createPost({ ...post, silent: true });
    await api.createPost({ channelId: 'c1', message: 'hi' });
    await api.patchPost('p1', { message: 'ho' });
    await api.getPost('p1');
    await api.createDirectChannel(['u1', 'u2']);
    await api.getChannelByName('team', 'town-square');
    const auth = `BEARER ${TOKEN}`;
    const of = (method: string, path: string, body: unknown = ''): unknown => ({
      method,
      url: `/sub/api/v4${path}`,
      auth,
      cookie: undefined,
      body,
    });
    const full = { channel_id: 'c1', message: 'hi', root_id: 'r', pending_post_id: 'k', props: {}, type: 'custom_a' };
    expect(seen).toEqual([
      of('POST', '/posts?silent=true&set_online=false', full),
      of('POST', '/posts?set_online=false', { channel_id: 'c1', message: 'hi' }),
      of('PUT', '/posts/p1/patch', { message: 'ho' }),
      of('GET', '/posts/p1'),
      of('POST', '/channels/direct', ['u1', 'u2']),
      of('GET', '/teams/name/team/channels/name/town-square'),
    ]);
  });

  it('give posts as plain data, whatever the content type is called exactly', async () => {
    const api = await setUp(answer(200, JSON.stringify(POST), { 'content-type': 'application/json; charset=utf-8' }));
    await expect(api.getPost('p1')).resolves.toEqual({
      id: 'p1',
      channelId: 'c1',
      rootId: '',
      userId: 'u1',
      message: 'hi',
      type: '',
      props: { a: 1 },
      createAt: 7,
      updateAt: 0,
      deleteAt: 0,
      originalId: '',
    });
  });

  it('cannot be led to another route by an id', async () => {
    const urls: (string | undefined)[] = [];
    const api = await setUp(({ url }, response) => {
      urls.push(url);
      response.end(JSON.stringify(POST));
    });
    await failure(api.getPost('../users/me?x=#'));
    expect(urls).toEqual(['/sub/api/v4/posts/..%2Fusers%2Fme%3Fx%3D%23']);
    for (const id of ['', '.', '..']) expect((await failure(api.getPost(id))).kind).toBe('invalid');
    expect(urls).toHaveLength(1);
  });

  it('share at most four sockets, kept alive', async () => {
    const sockets = new Set<unknown>();
    const api = await setUp((request, response) => {
      sockets.add(request.socket);
      setImmediate(() => response.end(JSON.stringify(POST)));
    });
    await Promise.all(Array.from({ length: 20 }, () => api.getPost('p1')));
    await Promise.all(Array.from({ length: 20 }, () => api.getPost('p1')));
    expect(sockets.size).toBeLessThanOrEqual(4);
  });

  it('use a new token from the next one on', async () => {
    const tokens: unknown[] = [];
    const api = await setUp(({ headers }, response) => {
      tokens.push(headers.authorization);
      response.end(JSON.stringify(POST));
    });
    api.setToken('other\n');
    await api.getMe();
    expect(tokens).toEqual(['BEARER other']);
  });
});

describe('answers', () => {
  const json = (id: string): string => JSON.stringify({ id, message: 'Übersetzt', status_code: 400 });

  it.for([
    [400, json('model.post.is_valid.msg.app_error'), 'invalid', 'model.post.is_valid.msg.app_error'],
    [401, json('api.context.session_expired.app_error'), 'auth', 'api.context.session_expired.app_error'],
    [403, json('api.context.permissions.app_error'), 'forbidden', 'api.context.permissions.app_error'],
    [404, json('app.post.get.app_error'), 'gone', 'app.post.get.app_error'],
    [413, json('x'), 'invalid', 'x'],
    [500, json('api.post.deduplicate_create_post.pending'), 'transient', 'api.post.deduplicate_create_post.pending'],
    [500, 'null', 'transient', undefined],
    [501, json('x'), 'invalid', 'x'],
    [502, '<html>Bad Gateway</html>', 'transient', undefined],
    [503, '', 'transient', undefined],
    // What stands before the server answers, not Mattermost: it says nothing about a post, channel or permission.
    [404, '404 page not found\n', 'transient', undefined],
    [410, '<html>Gone</html>', 'transient', undefined],
    [403, '<html>Request blocked</html>', 'blocked', undefined],
    [400, '<html>Bad Request</html>', 'blocked', undefined],
    [400, 'Post rejected by plugin\n', 'blocked', undefined],
    [401, '<html>Please log in</html>', 'blocked', undefined],
    [405, '<html>405 Not Allowed</html>', 'blocked', undefined],
  ] as const)('%d %s is %s', async ([status, body, kind, errorId]) => {
    const api = await setUp(answer(status, body));
    expect(await failure(api.getPost('p1'))).toMatchObject({ status, kind, errorId, code: 'ERR_MATTERMOST' });
  });

  it('tell of a 429 how long to wait, and of every answer what is left', async () => {
    const heads: Answer[] = [];
    const limits = { 'x-ratelimit-limit': '101', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '11' };
    const headers = { 'retry-after': '3', 'content-type': 'text/plain; charset=utf-8', ...limits };
    const api = await setUp(answer(429, 'limit exceeded\n', { ...headers, 'x-version-id': '11.10.0.a.b.false' }));
    const stop = api.onAnswer((head) => heads.push(head));
    const error = await failure(api.getPost('p1'));
    expect(error).toMatchObject({ kind: 'rate-limited', status: 429, retryAfterMs: 3000 });
    const rateLimit = { limit: 101, remaining: 0, resetMs: 11_000 };
    expect(heads).toEqual([
      {
        status: 429,
        method: 'GET',
        durationMs: expect.any(Number),
        rateLimit,
        serverTimeMs: expect.any(Number),
        serverVersion: '11.10.0.a.b.false',
      },
    ]);
    stop();
    await failure(api.getPost('p1'));
    expect(heads).toHaveLength(1);
  });

  it('tell of no wait longer than five minutes, whatever a proxy means by its numbers', async () => {
    const epoch = '1795390000';
    const limits = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': epoch };
    const heads: Answer[] = [];
    const api = await setUp(answer(429, 'slow down', { 'retry-after': epoch, ...limits }));
    api.onAnswer((head) => heads.push(head));
    expect(await failure(api.getPost('p1'))).toMatchObject({ kind: 'rate-limited', retryAfterMs: 300_000 });
    expect(heads).toMatchObject([{ rateLimit: { limit: 100, remaining: 0, resetMs: 300_000 } }]);
  });

  it.for(['{"id":', '[]', '{}', 'null'])('a 2xx with %s is done, but unreadable', async (body) => {
    const api = await setUp(answer(201, body));
    expect((await failure(api.createPost({ channelId: 'c', message: 'm' }))).kind).toBe('unreadable');
  });

  it('a 2xx with a page is an answer of something on the way, which the error names as far as it is known', async () => {
    const api = await setUp(answer(200, '\n<html>a portal</html>', { server: 'portal/1' }));
    const error = await failure(api.createPost({ channelId: 'c', message: 'm' }));
    expect(error).toMatchObject({ kind: 'blocked', status: 200, detail: expect.stringContaining('server: portal/1') });
  });

  it('a bot challenge is named', async () => {
    const api = await setUp(answer(403, '<html>', { server: 'cloudflare', 'cf-mitigated': 'challenge' }));
    expect((await failure(api.getMe())).message).toContain('cf-mitigated: challenge');
  });

  it.for([
    [200, '{"status":"OK","database_status":"OK"}', 'well'],
    [200, '{"status":"OK"}', 'well'],
    // A missing file store is no reason not to believe the server.
    [500, '{"status":"UNHEALTHY","database_status":"OK","filestore_status":"UNHEALTHY"}', 'well'],
    [500, '{"status":"UNHEALTHY","database_status":"UNHEALTHY"}', 'transient'],
    [502, '<html>Bad Gateway</html>', 'transient'],
    [200, '<html>Please log in</html>', 'blocked'],
    [401, '<html>Please log in</html>', 'blocked'],
    [429, 'limit exceeded', 'rate-limited'],
  ] as const)('%d %s says how the server is: %s', async ([status, body, verdict]) => {
    const urls: (string | undefined)[] = [];
    const api = await setUp((request, response, sent) => {
      urls.push(request.url);
      answer(status, body)(request, response, sent);
    });
    const found = api.checkHealth().then(
      () => 'well',
      (error: MattermostError) => error.kind,
    );
    expect(await found).toBe(verdict);
    expect(urls).toEqual(['/sub/api/v4/system/ping?get_server_status=true']);
  });

  it.for([
    [{ Version: '11.10.0', PostEditTimeLimit: '3600', MaxPostSize: '16383' }, 3_600_000, 16_383],
    [{ Version: '11.10.0', PostEditTimeLimit: '-1' }, undefined, undefined],
    [{ Version: '11.10.0' }, undefined, undefined],
    // These have the setting, but keep it only with a licence.
    [{ Version: '5.37.0', PostEditTimeLimit: '3600', IsLicensed: 'false' }, undefined, undefined],
    [{ Version: '5.37.0', PostEditTimeLimit: '3600', IsLicensed: 'true' }, 3_600_000, undefined],
  ] as const)('the settings %o limit edits to %s ms and posts to %s characters', async ([config, limit, chars]) => {
    const api = await setUp(answer(200, JSON.stringify(config)));
    expect(await api.getServerSettings()).toEqual({ editLimitMs: limit, maxPostChars: chars });
  });

  it('a 2xx that breaks off is done, but unreadable', async () => {
    const api = await setUp((_request, response) => {
      response.writeHead(201, { 'content-length': '100' });
      response.write('{"id":"p1"', () => response.destroy());
    });
    expect(await failure(api.createPost({ channelId: 'c', message: 'm' }))).toMatchObject({
      kind: 'unreadable',
      status: 201,
    });
  });

  const other = { id: 'x9', channel_id: 'x9', root_id: 'x9', name: 'x9', username: 'x9', type: 'D', user_id: 'x9' };
  const list = (post: object): object => ({ order: ['x'], posts: { x: post } });
  const own = { ...other, id: 'p1', channel_id: 'c1' };

  it.for<[string, object, (api: MattermostApi) => Promise<unknown>]>([
    ['a post', other, (api) => api.getPost('p1')],
    ['an edited post', other, (api) => api.patchPost('p1', { message: 'm' })],
    ['a new post elsewhere', { ...own, channel_id: 'x9' }, (api) => api.createPost({ channelId: 'c1', message: 'm' })],
    ['a new reply', own, (api) => api.createPost({ channelId: 'c1', rootId: 'r', message: 'm' })],
    ['a new post in a thread', own, (api) => api.createPost({ channelId: 'c1', message: 'm' })],
    ['posts of a channel', list(other), (api) => api.getPostsSince('c1', 0)],
    ['pinned posts', list(other), (api) => api.getPinnedPosts('c1')],
    ['a thread', list(other), (api) => api.getThread('p1')],
    ['a thread without its root', list({ ...other, root_id: 'p1' }), (api) => api.getThread('p1')],
    ['an account', other, (api) => api.getUser('u1')],
    ['an account of a name', other, (api) => api.getUserByUsername('alice')],
    ['a channel', other, (api) => api.getChannel('c1')],
    ['a channel of a name', other, (api) => api.getChannelByName('team', 'town')],
    ['a team', other, (api) => api.getTeam('t1')],
    ['direct messages', { ...other, name: 'u1__x9' }, (api) => api.createDirectChannel(['u2', 'u1'])],
    ['direct messages', { ...own, type: 'O', name: 'u1__u2' }, (api) => api.createDirectChannel(['u2', 'u1'])],
    ['a membership', other, (api) => api.isMember('c1')],
  ])('about another thing than was asked for are not believed: %s', async ([_, body, ask]) => {
    const error = await failure(ask(await setUp(answer(200, JSON.stringify(body)))));
    expect(error).toMatchObject({ kind: 'unreadable', detail: 'is an answer about something else' });
  });

  it.for(['../../users/me', 'x](https://evil.example)', '\u001b[2J', 'a b', 'a'.repeat(65)])(
    'the id %j is none',
    async (id) => {
      const api = await setUp(answer(200, JSON.stringify({ ...POST, id })));
      expect((await failure(api.getMe())).kind).toBe('unreadable');
    },
  );

  it('one that is longer than any answer of Mattermost is not read to its end', async () => {
    let sent = 0;
    const api = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":"');
      const chunk = 'x'.repeat(1024 * 1024);
      const go = (): void => {
        while (!response.destroyed && sent < 500) {
          sent += 1;
          if (!response.write(chunk)) break;
        }
      };
      response.on('drain', go);
      go();
    });
    const error = await failure(api.getMe());
    expect([error.kind, error.status]).toEqual(['unreadable', 200]);
    expect(sent).toBeLessThan(100);
  });

  it('an id that is none of Mattermost is not taken for one, nor shown', async () => {
    for (const id of ['x'.repeat(100_000), 'a\u001b[2J', 'please @all', 'a b']) {
      const error = await failure((await setUp(answer(403, JSON.stringify({ id, database_status: id })))).getMe());
      expect([error.kind, error.errorId]).toEqual(['blocked', undefined]);
      expect(error.message).not.toContain(id);
      const health = await failure((await setUp(answer(500, JSON.stringify({ database_status: id })))).checkHealth());
      expect(health.message).not.toContain(id);
    }
  });

  it('redirects are errors that name the address, and the token goes nowhere', async () => {
    const requests: string[] = [];
    const api = await setUp(({ url }, response) => {
      requests.push(url ?? '');
      response.writeHead(302, { location: 'https://sso.example.com/login?secret=1' }).end();
    });
    const error = await failure(api.getPost('p1'));
    expect(error).toMatchObject({ kind: 'transient', status: 302 });
    expect(error.message).toContain('https://sso.example.com');
    expect(error.message).not.toContain('secret=1');
    expect(requests).toHaveLength(1);
  });
});

describe('no answer', () => {
  it('after the timeout it is transient', async () => {
    const api = await setUp(() => undefined, { timeoutMs: 50 });
    const error = await failure(api.getPost('p1'));
    expect(error).toMatchObject({ kind: 'transient', status: undefined, detail: 'no answer within 0.05 s' });
    expect(error.message).toContain('no answer within 0.05 s');
  });

  it('a body without an end is read only so far, and its connection is closed', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const api = await setUp((_request, response) => {
      const piece = Buffer.alloc(256 * 1024, 'x');
      const more = (): void => {
        do sent += piece.length;
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more).on('close', closed.resolve);
      more();
    });
    expect((await failure(api.getPost('p1'))).kind).toBe('unreadable');
    await closed.promise;
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('a body that hangs is bounded by the timeout as well', async () => {
    const api = await setUp((_request, response) => void response.writeHead(201).write('{'), { timeoutMs: 50 });
    expect((await failure(api.createPost({ channelId: 'c', message: 'm' }))).kind).toBe('unreadable');
  });

  it('a reset or refused connection is transient and names the code', async () => {
    const api = await setUp((request) => request.socket.destroy());
    expect((await failure(api.getPost('p1'))).kind).toBe('transient');
    const nobody = createMattermostApi({ url: 'http://127.0.0.1:1', token: TOKEN });
    open.push(nobody);
    const error = await failure(nobody.getPost('p1'));
    expect(error.kind).toBe('transient');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('an abort rejects with its reason, before and during the request', async () => {
    const reached = Promise.withResolvers<void>();
    const api = await setUp(() => reached.resolve());
    const aborter = new AbortController();
    const call = api.getPost('p1', { signal: aborter.signal });
    await reached.promise;
    const reason = new Error('stop');
    aborter.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(api.getPost('p1', { signal: aborter.signal })).rejects.toBe(reason);
  });
});

describe('secrets and settings', () => {
  it('the token is in no error, however deep', async () => {
    const { inspect } = await import('node:util');
    const api = await setUp(answer(401, '{"id":"api.context.session_expired.app_error"}'));
    const dead = createMattermostApi({ url: 'http://127.0.0.1:1', token: TOKEN });
    open.push(dead);
    for (const error of [await failure(api.getMe()), await failure(dead.getMe())]) {
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(TOKEN);
    }
    const refused = (): MattermostApi => createMattermostApi({ url: 'https://x.example', token: `${TOKEN} x` });
    expect(refused).toThrow(MattermostConfigError);
    expect(refused).not.toThrow(TOKEN);
  });

  it.for([
    'chat.example.com',
    'ftp://chat.example.com',
    'https://user:pw@chat.example.com',
    'https://chat.example.com/api/v4',
    'https://chat.example.com/?a=1',
    '',
  ])('the address "%s" is refused with a cure', (url) => {
    expect(() => createMattermostApi({ url, token: TOKEN })).toThrow(MattermostConfigError);
  });

  it.for([
    ['http://chat.example.com', 1],
    ['https://chat.example.com', 0],
    ['http://localhost:8065', 0],
    ['http://127.0.0.1:8065', 0],
    ['http://[::1]:8065', 0],
  ] as const)('plain http to %s gives %d warnings', async ([url, count]) => {
    const api = createMattermostApi({ url, token: TOKEN });
    open.push(api);
    expect(api.warnings).toHaveLength(count);
  });

  it.for([
    ['https://chat.example.com', '0', 1],
    ['https://chat.example.com', '1', 0],
    ['http://localhost:8065', '0', 0],
  ] as const)('%s with NODE_TLS_REJECT_UNAUTHORIZED=%s gives %d warnings', async ([url, value, count]) => {
    const api = createMattermostApi({ url, token: TOKEN, env: { NODE_TLS_REJECT_UNAUTHORIZED: value } });
    open.push(api);
    expect(api.warnings).toHaveLength(count);
  });
});
