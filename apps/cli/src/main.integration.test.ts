import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findInstance } from '@live-status/instance-lock';
import { freePort } from '@live-status/simulators/free-port';
import { FakeGateway } from '@live-status/simulators/gateway';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let home: string;
let simulator: Simulator;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'live-status-cli-'));
  simulator = await createSimulator();
});

afterEach(async () => {
  const left = findInstance(join(home, 'state'));
  if (left) process.kill(left.pid, 'SIGKILL');
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Record<string, string>;
  /** Standard input. */
  readonly input?: string;
}

/** Runs the program to its end, with the simulator as its server and no deprecation notice. */
async function run(args: readonly string[], { env = {}, input = '' }: Options = {}): Promise<Ended> {
  const defaults = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    MM_URL: simulator.url,
    MM_TOKEN: simulator.bot.token,
    STATE_DIR: join(home, 'state'),
    PID_FILE: join(home, 'daemon.pid'),
    HEALTH_PORT: '0',
    DEFAULT_CHANNEL: 'main/town-square',
    LIVE_STATUS_NO_DEPRECATION: '1',
  };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...defaults, ...env },
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  }
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, ...text };
}

/** Creates a post and gives its id. */
async function create(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['create', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim();
}

const messages = (postId: string): readonly string[] => simulator.edits(postId).map(({ post }) => post.message);
const DONE = { code: 0, stdout: '', stderr: '' };

describe('the commands of v1', () => {
  it('lead a post from create over updates to complete', async () => {
    const created = await run(['create', 'step 0']);
    expect(created).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^[a-z0-9]{26}\n$/) });
    const id = created.stdout.trim();
    for (const step of [1, 2, 3, 4, 5]) expect(await run(['update', id, `step ${step}`])).toEqual(DONE);
    expect(await run(['complete', id, 'all done'])).toEqual(DONE);
    expect(messages(id)).toEqual(['step 0', 'step 1', 'step 2', 'step 3', 'step 4', 'step 5', 'all done']);
    expect(simulator.posts().map(({ channel_id }) => channel_id)).toEqual([simulator.channel.id]);
    expect(await run(['delete', id])).toEqual(DONE);
    expect(simulator.posts()).toEqual([]);
  });

  it.for([
    ['create', ['create', 'x']],
    ['update', ['update', 'a'.repeat(26), 'x']],
    ['complete', ['complete', 'a'.repeat(26), 'x']],
    ['delete', ['delete', 'a'.repeat(26)]],
    ['stop-watcher', ['stop-watcher']],
  ] as const)('say once on standard error that %s is deprecated', async ([name, args]) => {
    const { stderr } = await run(args, { env: { LIVE_STATUS_NO_DEPRECATION: '' } });
    expect(stderr.match(/deprecated/g)).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`^live-status ${name} is deprecated: .*LIVE_STATUS_NO_DEPRECATION=1`));
  });

  it('print one JSON object when asked', async () => {
    const created = await run(['create', '--json', 'hello']);
    const { id } = JSON.parse(created.stdout) as { id: string };
    expect(simulator.post(id)?.message).toBe('hello');
    expect(await run(['update', id, 'two', '--json'])).toEqual({ ...DONE, stdout: `{"ok":true,"id":"${id}"}\n` });
    simulator.deletePost(id);
    const { code, stdout } = await run(['complete', id, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([1, { ok: false, error: expect.stringContaining('There is no post') }]);
  });

  it('read the message from standard input, and take words that were not quoted', async () => {
    const { stdout } = await run(['create', '-'], { input: 'line one\nline two\n\n' });
    const id = stdout.trim();
    await run(['update', id, 'three', 'plain', 'words']);
    await run(['complete', id, '--', '--- done ---']);
    expect(messages(id)).toEqual(['line one\nline two', 'three plain words', '--- done ---']);
  });

  it('take a text that begins with a dash for a text, and a mistyped option for one', async () => {
    const id = await create('- [ ] tests\n- [ ] docs');
    await run(['update', id, '- [x] tests', '--json']);
    await run(['update', id, '--', '- [x] docs']);
    await run(['complete', id, '--- all done ---']);
    expect(messages(id)).toEqual(['- [ ] tests\n- [ ] docs', '- [x] tests', '- [x] docs', '--- all done ---']);
    expect(await run(['create', '--chanel', 'main/news', 'x'])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(['create', '--chanel=main/news', 'x'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('mark a post as done without another text, once', async () => {
    const id = await create('built');
    await run(['complete', id]);
    await run(['complete', id]);
    expect(simulator.post(id)?.message).toBe('built\n[DONE]');
  });

  it('cut what is longer than a message may be, by code points', async () => {
    const id = await create('😀'.repeat(20_000));
    expect(Array.from(simulator.post(id)?.message ?? '')).toHaveLength(15_000);
    expect(simulator.post(id)?.message.endsWith('😀…')).toBe(true);
    simulator.configure({ maxMessageRunes: 4_000 });
    expect((await run(['update', id, 'x'.repeat(9_000)])).code).toBe(0);
    expect(simulator.post(id)?.message).toBe(`${'x'.repeat(3_999)}…`);
  });

  it('make one post although the answer to the create is lost, and go on after failures', async () => {
    simulator.faults.loseAnswerAfterCreate();
    const id = await create('once');
    expect(simulator.posts().map((post) => post.id)).toEqual([id]);
    simulator.faults.fail({ status: 503, errorId: 'x' }, { times: 2 });
    expect(await run(['update', id, 'twice'])).toEqual(DONE);
    expect(simulator.post(id)?.message).toBe('twice');
  });

  it('post silently as a bot, and aloud as a person', async () => {
    const person = simulator.addUser({ username: 'anna' });
    simulator.join(person.id, [simulator.team.id, simulator.channel.id]);
    const silent = await create('from a bot');
    const env = { MM_TOKEN: simulator.addToken(person.id) };
    const { code, stdout } = await run(['create', 'from a person'], { env });
    expect(simulator.post(silent)?.props).toMatchObject({ silent_notification: true });
    expect([code, simulator.post(stdout.trim())?.props.silent_notification]).toEqual([0, undefined]);
  });
});

describe('the start of create', () => {
  it('loads no client for proxies, nor the poster, the doctor or the log', async () => {
    const hook = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      process.on('exit', () => console.error(JSON.stringify([...loaded, ...process.moduleLoadList])));`;
    const args = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, MAIN, 'create', 'hello'];
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: home,
      MM_URL: simulator.url,
      MM_TOKEN: simulator.bot.token,
      DEFAULT_CHANNEL: 'main/town-square',
      LIVE_STATUS_NO_DEPRECATION: '1',
    };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const loaded = JSON.parse(await readAll(child.stderr)) as string[];
    expect(loaded.some((module) => module.includes('/cli/dist/post-commands.js'))).toBe(true);
    const heavy = loaded.filter((module) => /undici|poster\.js|jsonl-tail|chokidar|dist\/doctor\//.test(module));
    expect(heavy).toEqual([]);
    expect(simulator.posts()).toHaveLength(1);
  });
});

describe('the channel of create', () => {
  it('is found by id, team and name, name alone, and user', async () => {
    const { id: channelId } = simulator.addChannel({ teamId: simulator.team.id, name: 'builds' });
    simulator.join(simulator.bot.user.id, [channelId]);
    const anna = simulator.addUser({ username: 'anna' });
    const direct = simulator.addDirectChannel([simulator.bot.user.id, anna.id]);
    const names = [channelId, 'main/builds', '~builds', '@anna'];
    const ids = await Promise.all(names.map((name) => create('--channel', name, 'hello')));
    const channels = ids.map((id) => simulator.post(id)?.channel_id);
    expect(channels).toEqual([channelId, channelId, channelId, direct.id]);
  });

  it('is that of the post replied to, whose thread it joins', async () => {
    const { id: channelId } = simulator.addChannel({ teamId: simulator.team.id, name: 'builds' });
    simulator.join(simulator.bot.user.id, [channelId]);
    const root = await create('--channel', '~builds', 'root');
    const reply = await create('--reply-to', root, 'reply');
    const second = await create('--reply-to', reply, 'reply to the reply');
    const alone = await create('--channel', '~builds', '--reply-to', '', 'a variable that is not set');
    expect(simulator.post(alone)).toMatchObject({ root_id: '', channel_id: channelId });
    expect([reply, second].map((id) => simulator.post(id))).toMatchObject([
      { root_id: root, channel_id: channelId },
      { root_id: root, channel_id: channelId },
    ]);
  });

  it.for([
    ['no name at all', ['--channel', 'what is this'], 2, 'does not name a channel'],
    ['a channel that is not there', ['--channel', 'main/none'], 1, 'There is no channel main/none'],
    ['a name that no team of the bot has', ['--channel', '~none'], 1, 'There is no channel ~none'],
    ['a user who is not there', ['--channel', '@none'], 1, 'There is no channel @none'],
    ['a channel id that is not there', ['--channel', 'a'.repeat(26)], 1, 'add the bot to the team and channel'],
    ['a post that is not there', ['--reply-to', 'a'.repeat(26)], 1, `There is no post ${'a'.repeat(26)}`],
  ] as const)('is named in the error when it is %s', async ([, args, code, text]) => {
    const ended = await run(['create', ...args, 'hello']);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
    expect(simulator.posts()).toEqual([]);
  });

  it('must be given when there is no default', async () => {
    const { code, stderr } = await run(['create', 'hello'], { env: { DEFAULT_CHANNEL: '' } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('give --channel')]);
  });

  it('says that it is archived, and that a name is in several teams', async () => {
    simulator.archiveChannel(simulator.channel.id);
    const archived = await run(['create', '--channel', simulator.channel.id, 'hello']);
    expect(archived).toMatchObject({ code: 1, stderr: expect.stringContaining('is archived') });
    const other = simulator.addTeam({ name: 'other' });
    const twins = [simulator.team, other].map(({ id }) => simulator.addChannel({ teamId: id, name: 'builds' }).id);
    simulator.join(simulator.bot.user.id, [other.id, ...twins]);
    const twofold = await run(['create', '--channel', '~builds', 'hello']);
    expect(twofold).toMatchObject({ code: 2, stderr: expect.stringContaining('main/builds, other/builds') });
  });
});

describe('agents that answer every message of a channel', () => {
  it('take no post for a message to them, by its type', async () => {
    expect(simulator.post(await create('hello'))?.type).toBe('custom_live_status');
    const [request] = simulator.requests().filter(({ route }) => route === 'POST /posts');
    expect(request?.query).toEqual({ silent: 'true', set_online: 'false' });
  });

  it('are not left with a post whose type the server lost', async () => {
    simulator.configure({ typeKept: false });
    const { code, stdout, stderr } = await run(['create', 'hello']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Not posted in channel .*does not keep the type of posts/);
    expect(simulator.posts()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('is a deleted post', async () => {
    const id = await create('hello');
    simulator.deletePost(id);
    const commands = [
      ['update', id, 'x'],
      ['complete', id],
      ['complete', id, 'x'],
      ['delete', id],
    ];
    for (const ended of await Promise.all(commands.map((command) => run(command)))) {
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^There is no post .*\n$/) });
    }
  });

  it.for(['', 'abc', '../../users/me'])('is "%s" in the place of an id', async (id) => {
    const commands = [
      ['update', id, 'x'],
      ['complete', id],
      ['delete', id],
    ];
    for (const ended of await Promise.all(commands.map((command) => run(command)))) {
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^There is no post .*\n$/) });
    }
  });

  it("is somebody else's post", async () => {
    const anna = simulator.addUser({ username: 'anna' });
    const { id: channelId } = simulator.channel;
    const { id } = simulator.writePost({ userId: anna.id, channelId, message: 'mine' });
    expect(await run(['update', id, 'x'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be edited'),
    });
    expect(simulator.post(id)?.message).toBe('mine');
  });

  it('is a wrong token, which is not shown', async () => {
    const env = { MM_TOKEN: 'wrong-token-4711' };
    const commands = [
      ['create', 'x'],
      ['update', 'a'.repeat(26), 'x'],
      ['delete', 'a'.repeat(26)],
    ];
    for (const { code, stdout, stderr } of await Promise.all(commands.map((command) => run(command, { env })))) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/does not accept the token: set MM_TOKEN/);
      expect(stderr).not.toContain('4711');
    }
  });

  it('is an address that redirects to another one', async () => {
    await using server = createHttpServer((_, response) => {
      response.writeHead(302, { location: 'https://chat.example.com/login' }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = {
      MM_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      DEFAULT_CHANNEL: 'a'.repeat(26),
    };
    const hint = 'redirects to https://chat.example.com; configure that address';
    expect(await run(['create', 'x'], { env })).toMatchObject({ code: 1, stderr: expect.stringContaining(hint) });
    const { stdout } = await run(['doctor'], { env });
    expect(stdout).toMatch(
      /redirects to https:\/\/chat\.example\.com\n +-> put https:\/\/chat\.example\.com into MM_URL/,
    );
  });

  it('is a server that is down', async () => {
    const { url } = simulator;
    await simulator.close();
    const ended = await Promise.all([run(['create', 'x']), run(['update', 'a'.repeat(26), 'x'])]);
    for (const { code, stdout, stderr } of ended) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe(
        `Mattermost at ${url} is unreachable or failing (ECONNREFUSED): check MM_URL, the network and the server\n`,
      );
    }
  });

  it('is a configuration or command line that makes no sense', async () => {
    const nothing = await run(['create', 'x'], { env: { MM_TOKEN: '', MM_URL: '' } });
    expect(nothing).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/MM_TOKEN is not set.*\nMM_URL is not set/),
    });
    const wrong = [['create'], ['create', ' '], ['update'], ['update', 'x'], ['frobnicate'], ['create', '--what', 'x']];
    const codes = await Promise.all(wrong.map(async (args) => (await run(args)).code));
    expect(codes).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe('--help', () => {
  it.for(['create', 'update', 'complete', 'delete'])('of %s has examples', async (name) => {
    const { code, stdout } = await run([name, '--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`$ live-status ${name}`)]);
  });

  it('of all has examples and exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\$ live-status doctor[\s\S]*Exit codes: 0 done/)]);
  });
});

describe('start-watcher and stop-watcher', () => {
  it('start the daemon and stop it', async () => {
    mkdirSync(join(home, '.openclaw', 'agents'), { recursive: true });
    const started = await run(['start-watcher']);
    const pid = findInstance(join(home, 'state'))?.pid;
    expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining(`started with pid ${pid};`) });
    expect((await run(['start-watcher'])).code).toBe(3);
    expect(await run(['stop-watcher'])).toEqual({ ...DONE, stdout: `stopped pid ${pid}\n` });
    expect((await run(['stop-watcher'])).code).toBe(3);
  });
});

describe('doctor', () => {
  interface Finding {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly found: string;
    readonly fix?: string;
  }

  async function examine(env: Record<string, string>): Promise<{ code: number | null; checks: readonly Finding[] }> {
    const { code, stdout, stderr } = await run(['doctor', '--json'], { env });
    expect(stderr).toBe('');
    const { checks } = JSON.parse(stdout) as { checks: readonly Finding[] };
    return { code, checks };
  }

  /** A home as OpenClaw and Live Status leave it when all is well. */
  function makeHealthyHome(): void {
    const openclaw = join(home, '.openclaw');
    mkdirSync(join(openclaw, 'agents', 'main', 'sessions'), { recursive: true });
    writeFileSync(join(openclaw, 'agents', 'main', 'sessions', 'a.jsonl'), '{}\n');
    mkdirSync(join(openclaw, 'hooks', 'live-status'), { recursive: true });
    writeFileSync(join(openclaw, 'hooks', 'live-status', 'HOOK.md'), '---\nname: live-status\n---\n');
    const config = {
      meta: { lastTouchedVersion: '2026.7.1' },
      hooks: { internal: { enabled: true } },
      channels: { mattermost: { botToken: simulator.bot.token, baseUrl: simulator.url, streaming: 'off' } },
    };
    writeFileSync(join(openclaw, 'openclaw.json'), JSON.stringify(config));
  }

  it('finds nothing in a healthy home', async () => {
    makeHealthyHome();
    const env = { MM_TOKEN: '', MM_URL: '', PATH: '/usr/bin:/bin', HEALTH_PORT: String(await freePort()) };
    expect((await run(['start-watcher'], { env })).code).toBe(0);
    const { code, checks } = await examine(env);
    const notFine = checks.filter(({ state }) => state !== 'ok');
    expect(notFine).toEqual([]);
    expect(code).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Node', 'daemon program', 'settings', 'openclaw.json', 'transcripts', 'server']),
    );
    const text = await run(['doctor'], { env });
    expect(text.stdout.split('\n').map((line) => line.replace(/ {2,}.*$/, ''))).toEqual([
      '✓ Installation',
      '✓ Settings',
      '✓ OpenClaw',
      '✓ Mattermost',
      '✓ State',
      '✓ Daemon',
      '',
      expect.stringMatching(/^\d+ ok, 0 warnings, 0 failed$/),
      '',
    ]);
    expect(text.stdout).toMatch(/\n✓ Daemon {8}runs with pid \d+\n/);
    const verbose = await run(['doctor', '--verbose'], { env });
    expect(verbose.stdout).toMatch(/\n {2}✓ daemon {2}runs with pid \d+, version .*, health ok\n/);
    await run(['stop-watcher'], { env });
    const stopped = await run(['doctor'], { env });
    expect(stopped.stdout).toMatch(
      /\n✗ Daemon\n {2}✗ daemon {2}not running\n {12}-> run "live-status-daemon start"; "live-status logs" .*\n/,
    );
    expect(stopped.code).toBe(1);
  });

  it('works in a home where everything is broken, and gives a fix for each finding', async () => {
    mkdirSync(join(home, '.openclaw'));
    writeFileSync(join(home, '.openclaw', 'openclaw.json'), '{ broken');
    writeFileSync(join(home, 'state'), 'a file where the folder should be');
    writeFileSync(join(home, 'agents'), 'a file where the folder should be');
    simulator.revokeToken(simulator.bot.token);
    const broken = { TRANSCRIPT_DIR: join(home, 'agents'), HEALTH_PORT: 'many', THROTTLE_MS: 'fast', MM_TOKN: 'x' };
    const { code, checks } = await examine(broken);
    expect(code).toBe(1);
    const failed = checks.filter(({ state }) => state === 'fail').map(({ name }) => name);
    expect([...new Set(failed)].sort()).toEqual([
      'STATE_DIR',
      'daemon',
      'openclaw.json',
      'setting',
      'token',
      'transcripts',
    ]);
    expect(checks.filter(({ state, fix }) => state !== 'ok' && !fix)).toEqual([]);

    const writable = await examine({ HEALTH_PORT: '0' });
    expect(writable.checks).toContainEqual(expect.objectContaining({ id: 'state.writable', state: 'fail' }));
  });

  it('knows a server that is down and a bot that may not post', async () => {
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: 'private', type: 'P' });
    const { checks } = await examine({ DEFAULT_CHANNEL: id });
    expect(checks).toContainEqual(expect.objectContaining({ name: 'DEFAULT_CHANNEL', state: 'fail' }));
    await simulator.close();
    const down = await examine({});
    expect(down.checks).toContainEqual(expect.objectContaining({ id: 'mattermost.server', state: 'fail' }));
  });

  it('tries the gateway of an OpenClaw that keeps sessions in SQLite, and is not paired for that', async () => {
    makeHealthyHome();
    const agent = join(home, '.openclaw', 'agents', 'main', 'agent');
    mkdirSync(agent);
    writeFileSync(join(agent, 'openclaw-agent.sqlite'), '');
    utimesSync(join(agent, '..', 'sessions', 'a.jsonl'), 0, 0);
    const gateway = await FakeGateway.listen();
    const env = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: 'gate-1234' };
    const up = await examine(env);
    expect(up.checks).toContainEqual(
      expect.objectContaining({
        id: 'openclaw.sessions',
        state: 'ok',
        found: expect.stringContaining('gateway is followed'),
      }),
    );
    expect(up.checks).toContainEqual(
      expect.objectContaining({
        name: 'gateway',
        state: 'ok',
        found: expect.stringContaining('lets this installation in'),
      }),
    );
    expect(gateway.connects).toMatchObject([{ auth: { token: 'gate-1234' } }]);
    expect(gateway.connects[0]).not.toHaveProperty('device');
    await gateway[Symbol.asyncDispose]();
    const down = await examine(env);
    expect(down.checks).toContainEqual(expect.objectContaining({ name: 'gateway', state: 'fail' }));
    const blind = await examine({ ...env, SOURCE: 'jsonl' });
    expect(blind.checks).toContainEqual(expect.objectContaining({ id: 'openclaw.sessions', state: 'fail' }));
  });

  it('finds a hook that a pack brought or that lies in an extra folder', async () => {
    makeHealthyHome();
    const hooks = join(home, '.openclaw', 'hooks');
    renameSync(join(hooks, 'live-status'), join(home, 'elsewhere'));
    const missing = await examine({});
    expect(missing.checks).toContainEqual(expect.objectContaining({ name: 'gateway hook', state: 'warn' }));
    renameSync(join(home, 'elsewhere'), join(hooks, 'gateway-hook'));
    const found = await examine({});
    expect(found.checks).toContainEqual(expect.objectContaining({ name: 'gateway hook', state: 'ok' }));
  });

  it('tries to post and to edit, and finds a proxy that lets no edits pass', async () => {
    makeHealthyHome();
    simulator.faults.refusePut();
    const { code, checks } = await examine({});
    expect(code).toBe(1);
    expect(checks).toContainEqual(
      expect.objectContaining({
        id: 'mattermost.editing',
        state: 'fail',
        fix: expect.stringContaining('PUT requests'),
      }),
    );
    expect(simulator.posts()).toEqual([]);
  });

  it('names a channel of a session in which the bot may not post', async () => {
    makeHealthyHome();
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: 'locked' });
    const deliveryContext = { channel: 'mattermost', to: `channel:${id}` };
    const catalog = { 'agent:main:x': { sessionId: 'a', updatedAt: Date.now(), deliveryContext } };
    writeFileSync(join(home, '.openclaw', 'agents', 'main', 'sessions', 'sessions.json'), JSON.stringify(catalog));
    const { checks } = await examine({ MM_TOKEN: '', MM_URL: '' });
    const found = 'the bot may not post in ~locked, where a session talks';
    const fix = `add @${simulator.bot.user.username} there`;
    expect(checks).toContainEqual(expect.objectContaining({ id: 'mattermost.channels', state: 'warn', found, fix }));
  });

  it('ends a new installation with its one next step', async () => {
    makeHealthyHome();
    const env = { MM_TOKEN: '', MM_URL: '', PATH: '/usr/bin:/bin' };
    const { code, stdout } = await run(['doctor'], { env });
    expect(stdout).toMatch(/\n› Daemon\n {2}› daemon {2}not running yet; the gateway starts it\n/);
    expect(stdout).toMatch(/\n\n\d+ ok, 0 warnings, 0 failed\nNext: run "openclaw gateway restart".*\n$/);
    expect(code).toBe(0);
  });

  it('finds a disk on which nothing can be written', async ({ skip }) => {
    const namespace = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
    const script = `mount -t tmpfs -o size=64k none "$1" && head -c 65536 /dev/zero > "$1/filler" && shift && exec "$@"`;
    const state = join(home, 'state');
    mkdirSync(state);
    const command = [...namespace, 'sh', '-c', script, 'sh', state, process.execPath, MAIN, 'doctor', '--json'];
    const env = { PATH: process.env.PATH ?? '', HOME: home, STATE_DIR: state };
    const { stdout } = spawnSync(command[0] ?? '', command.slice(1), { env, encoding: 'utf8' });
    if (stdout === '') skip('no disk can be mounted here');
    const { checks } = JSON.parse(stdout) as { checks: readonly Finding[] };
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'state.writable', state: 'fail', found: expect.stringContaining('ENOSPC') }),
    );
  });

  it.for([['doctor'], ['doctor', '--json'], ['logs'], ['--help'], ['--version']])(
    'and %o end quietly when nobody reads their output',
    async (args) => {
      const env = { PATH: process.env.PATH ?? '', HOME: home, STATE_DIR: join(home, 'state') };
      mkdirSync(env.STATE_DIR);
      writeFileSync(join(env.STATE_DIR, 'daemon.log'), '{"level":"info","msg":"starting"}\n');
      const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.stdout.destroy();
      await once(child, 'close');
      expect([stderr, child.signalCode]).toEqual(['', null]);
    },
  );

  it('shows no secret', async () => {
    makeHealthyHome();
    const secrets = { MM_TOKEN: 'wrong-token-4711', HEALTH_TOKEN: 'sesame-0815', OPENCLAW_GATEWAY_TOKEN: 'gate-1234' };
    const [text, json] = await Promise.all([
      run(['doctor'], { env: secrets }),
      run(['doctor', '--json'], { env: secrets }),
    ]);
    const shown = [text, json].flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n');
    for (const secret of [...Object.values(secrets), simulator.bot.token]) expect(shown).not.toContain(secret);
    expect(json.stdout).toContain('MM_TOKEN = ***');
  });
});

describe('replay', () => {
  it('shows the posts of a transcript and needs no configuration', async () => {
    const lines = [
      { type: 'session', version: 3, id: 's1', timestamp: '2026-01-01T00:00:00Z' },
      { type: 'message', id: 'u1', timestamp: '2026-01-01T00:00:01Z', message: { role: 'user', content: 'hi' } },
      {
        type: 'message',
        id: 'a1',
        timestamp: '2026-01-01T00:00:02Z',
        message: { role: 'assistant', stopReason: 'error', errorMessage: 'no credit', content: [] },
      },
    ];
    const path = join(home, 's1.jsonl');
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const { code, stdout, stderr } = await run(['replay', '--final', path], { env: { MM_URL: '', MM_TOKEN: '' } });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^2026-01-01 00:01:03\n\[ERROR\] main \| 1s \| no credit\n/);
  });

  it.each([
    [['replay', 'none.jsonl'], 1, /none\.jsonl cannot be read: ENOENT/],
    [['replay', '--speed', '0', 'x'], 2, /Must be a number above 0/],
    [['replay', '--format', 'pdf', 'x'], 2, /Allowed choices are terminal, markdown, html/],
  ])('%j exits %i', async (args, exitCode, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
  });
});

describe('watch', () => {
  let writing: NodeJS.Timeout | undefined;
  afterEach(() => clearInterval(writing));

  /** Runs `watch` with its output in a pipe, and calls `act` with what it has written so far whenever that grows. */
  async function watchUntil(expected: RegExp, env: Record<string, string> = {}): Promise<Ended> {
    const child = spawn(process.execPath, [MAIN, 'watch'], {
      env: { PATH: process.env.PATH ?? '', HOME: home, STATE_DIR: join(home, 'state'), POST_DELAY_MS: '0', ...env },
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
        if (expected.test(text.stdout)) child.kill('SIGTERM');
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...text };
  }

  /** Writes a transcript as OpenClaw would, once somebody follows its folder. */
  function writeRun(): void {
    const dir = join(home, '.openclaw', 'agents', 'main', 'sessions');
    mkdirSync(dir, { recursive: true });
    const at = (): string => new Date().toISOString();
    writing = setInterval(() => {
      const id = `s${Date.now()}`;
      const call = { type: 'toolCall', id: 'c1', name: 'exec', arguments: { command: 'make' } };
      const lines = [
        { type: 'session', version: 3, id, timestamp: at() },
        { type: 'message', id: 'u1', timestamp: at(), message: { role: 'user', content: 'hi' } },
        {
          type: 'message',
          id: 'a1',
          timestamp: at(),
          message: { role: 'assistant', stopReason: 'toolUse', content: [call] },
        },
      ];
      writeFileSync(join(dir, `${id}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }, 1_000);
  }

  it('follows sessions by itself when no daemon runs, writes lines to a pipe, and ends without a trace', async () => {
    writeRun();
    const { code, stdout, stderr } = await watchUntil(/exec: `make`/);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^No daemon is running: following OpenClaw directly.*\n$/),
    ]);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d \[ACTIVE\] main \| \d+s \| exec: `make`/m);
    expect(findInstance(join(home, 'state'))).toBeUndefined();
    expect(simulator.posts()).toEqual([]);
  });

  it('shows what the running daemon follows', async () => {
    const env = { HEALTH_PORT: String(await freePort()), HEALTH_TOKEN: 'open-sesame', POST_DELAY_MS: '0' };
    writeRun();
    expect((await run(['start-watcher'], { env })).code).toBe(0);
    const { code, stdout } = await watchUntil(/exec: `make`/, env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\[ACTIVE\] main/);
    expect((await run(['stop-watcher'], { env })).code).toBe(0);
  });

  it('says what is missing when the daemon asks for another token', async () => {
    const env = { HEALTH_PORT: String(await freePort()), HEALTH_TOKEN: 'open-sesame' };
    mkdirSync(join(home, '.openclaw', 'agents'), { recursive: true });
    expect((await run(['start-watcher'], { env })).code).toBe(0);
    const { code, stderr } = await run(['watch'], { env: { ...env, HEALTH_TOKEN: 'wrong' } });
    expect([code, stderr]).toEqual([1, expect.stringContaining("requires the daemon's HEALTH_TOKEN")]);
    await run(['stop-watcher'], { env });
  });
});
