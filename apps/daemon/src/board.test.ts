import type { Channel } from '@live-status/mm-poster';
import { createMemoryLedger } from '@live-status/mm-poster';
import { describe, expect, it } from 'vitest';
import { Story, startWorld, type World } from './testing/world.ts';

const BOARD_CHANNEL = 'b'.repeat(26);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const IDLE = '**No agent is at work**';

type Options = NonNullable<Parameters<typeof startWorld>[0]>;

async function atWork({ env, ...options }: Options = {}): Promise<World> {
  const world = await startWorld({ ...options, env: { BOARD_CHANNEL, ...env } });
  world.source.attach();
  await world.clock.advance(2_000);
  return world;
}

/** The boards that there are, without their last line. */
function boards({ server }: World, channelId = BOARD_CHANNEL): readonly string[] {
  return [...server.posts.values()]
    .filter((post) => post.channelId === channelId && post.deleteAt === 0)
    .map(({ message }) => message.replace(/\n[^\n]*$/, '').trim());
}

function boardId({ server }: World): string {
  return [...server.posts.values()].find((post) => post.channelId === BOARD_CHANNEL)?.id ?? '';
}

/** Every create and edit of the board: when, and what it said. */
function edits(world: World): readonly { readonly at: number; readonly message: string }[] {
  return world.server.edits.filter(({ postId }) => world.server.posts.get(postId)?.channelId === BOARD_CHANNEL);
}

/** A session of its own that runs a command. */
function work(world: World, name: string, command = 'npm test'): Story {
  const story = new Story(world, `agent:main:mattermost:channel:${name}`);
  return story.begin(name, { kind: 'mattermost', channelId: name }).call(name, name, command);
}

/** Which channels of the server are private. */
function makePrivate(world: World, isPrivate: (channelId: string) => boolean): void {
  const { getChannel } = world.server.api;
  world.server.api.getChannel = async (id, call): Promise<Channel> => {
    const channel = await getChannel(id, call);
    return isPrivate(id) ? { ...channel, type: 'P' } : channel;
  };
}

describe('the board', () => {
  it('is there from the start, pinned, silent, and starts no agent', async () => {
    const world = await atWork();
    expect(boards(world)).toEqual([IDLE]);
    expect(world.server.pinned).toEqual(new Set([boardId(world)]));
    expect(world.server.posts.get(boardId(world))).toMatchObject({ type: 'custom_live_status' });
    expect(world.server.posts.get(boardId(world))?.message).toMatch(/\n\nbuild-1, last change \d\d:\d\d \S+$/);
  });

  it('is not there where it is not wanted', async () => {
    const world = await startWorld();
    world.source.attach();
    work(world, 'c1');
    await world.clock.advance(MINUTE);
    expect(world.server.posts.size).toBe(1);
    expect(world.server.requests).not.toContain('getPinnedPosts');
  });

  it('links who is at work, says who waits first and what failed, and empties itself', async () => {
    const world = await atWork();
    const first = work(world, 'c1');
    const second = work(world, 'c2', 'rm -rf build');
    second.asks('c2', 'c2', '24510235-574f');
    await world.clock.advance(20_000);
    const link = (channelId: string): string => {
      const post = [...world.server.posts.values()].find((each) => each.channelId === channelId);
      return `[main](https://chat.example.com/_redirect/pl/${post?.id})`;
    };
    expect(
      boards(world)[0]
        ?.split('\n')
        .map((line) => line.replace(/\d\d:\d\d/, 'then')),
    ).toEqual([
      '**1 waits for a person**',
      `- ${link('c2')} since then | approval: \`rm -rf build\``,
      '',
      '**1 at work**',
      `- ${link('c1')} since then | exec: \`npm test\``,
    ]);
    first.result('c1', 'c1').end('c1', 'error', 'The disk is full');
    second.denied('c2', 'c2').end('c2');
    await world.clock.advance(20_000);
    expect(boards(world)[0]).toMatch(
      /^\*\*No agent is at work\*\*\n\n\*\*1 failed in the last hour\*\*\n- \[main\]\S+ at \d\d:\d\d \| The disk is full$/,
    );
    await world.clock.advance(HOUR - 30_000);
    expect(boards(world)[0]).toContain('1 failed');
    await world.clock.advance(MINUTE);
    expect(boards(world)).toEqual([IDLE]);
  });

  it('is edited once in 10 s at most, once a minute for what agents are at, and never for the clock', async () => {
    const world = await atWork();
    const from = world.clock.now();
    const story = work(world, 'c1');
    for (let step = 0; step < 120; step += 1) {
      story.result('c1', step === 0 ? 'c1' : `s${step}`).call('c1', `s${step + 1}`);
      await world.clock.advance(1_000);
    }
    const busy = edits(world).filter(({ at }) => at > from);
    expect(busy.length).toBeGreaterThanOrEqual(2);
    expect(busy.length).toBeLessThanOrEqual(4);
    for (let other = 0; other < 40; other += 1) {
      work(world, `d${other}`);
      await world.clock.advance(1_000);
    }
    const times = edits(world).map(({ at }) => at);
    for (const [index, at] of times.entries())
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(9_500);
    await world.clock.advance(MINUTE);
    const before = edits(world).length;
    await world.clock.advance(20 * MINUTE);
    expect(edits(world)).toHaveLength(before);
  });

  it('quotes nothing of direct messages, private channels and other channels of OpenClaw', async () => {
    const world = await atWork({ env: { DEFAULT_CHANNEL: 'd'.repeat(26), DEFAULT_CHANNEL_KINDS: 'cron,telegram' } });
    makePrivate(world, (id) => id === 'secret');
    const begin = (name: string, route: Parameters<Story['begin']>[1]): void => {
      new Story(world, `agent:main:${name}`).begin(name, route).call(name, name, `cat ${name}.txt`);
    };
    begin('direct-one', { kind: 'mattermost-user', userId: 'u1' });
    begin('private-one', { kind: 'mattermost', channelId: 'secret' });
    begin('telegram-one', { kind: 'elsewhere', origin: 'telegram' });
    begin('webchat-one', { kind: 'elsewhere', origin: 'webchat' });
    begin('public-one', { kind: 'mattermost', channelId: 'open' });
    begin('own-one', { kind: 'mattermost', channelId: BOARD_CHANNEL });
    begin('cron-one', { kind: 'background', origin: 'cron' });
    await world.clock.advance(2 * MINUTE);
    const board = world.server.posts.get(boardId(world))?.message ?? '';
    expect(board).toContain('**7 at work**');
    expect([...board.matchAll(/`cat (\S+)\.txt`/g)].map(([, name]) => name).sort()).toEqual([
      'cron-one',
      'own-one',
      'public-one',
    ]);
    expect(board.match(/direct message|telegram|webchat|cron(?= \|)/g)?.sort()).toEqual([
      'cron',
      'direct message',
      'telegram',
      'webchat',
    ]);
  });

  it('shows of each piece of work only what its rule allows, from the moment it does', async () => {
    const world = await atWork({
      rules: { cron: { show: 'off' }, telegram: { show: 'off' }, [`${'h'.repeat(26)}`]: { arguments: false } },
      env: { DEFAULT_CHANNEL_KINDS: 'cron,hook,cli' },
    });
    const begin = (name: string, route: Parameters<Story['begin']>[1]): void => {
      new Story(world, `agent:main:${name}`).begin(name, route).call(name, name, `cat ${name}.txt`);
    };
    begin('cron-one', { kind: 'background', origin: 'cron' });
    begin('hook-one', { kind: 'background', origin: 'hook' });
    begin('telegram-one', { kind: 'elsewhere', origin: 'telegram' });
    begin('open-one', { kind: 'mattermost', channelId: 'o'.repeat(26) });
    begin('hidden-one', { kind: 'mattermost', channelId: 'h'.repeat(26) });
    await world.clock.advance(2 * MINUTE);
    const quoted = (): unknown => [
      /\*\*(\d+) at work/.exec(boards(world)[0] ?? '')?.[1],
      ...[...(boards(world)[0] ?? '').matchAll(/`cat (\S+)\.txt`/g)].map(([, name]) => name).sort(),
    ];
    expect(quoted()).toEqual(['3', 'hook-one', 'open-one']);
    world.writeRules(JSON.stringify({ hook: { show: 'off' }, cron: { arguments: false } }));
    await world.clock.advance(2 * MINUTE);
    expect(quoted()).toEqual(['4', 'hidden-one', 'open-one']);
  });

  it('does not show what is meant for nobody, unless it waits', async () => {
    const world = await atWork();
    const run = { sessionKey: 'agent:main:main', runId: 'r', at: world.clock.now() };
    const call = { ...run, entryId: 'e', callId: 'a', tool: 'exec' };
    world.source.emit(
      { ...run, type: 'session', agentId: 'main', child: false },
      { ...run, type: 'run-started', startedAt: run.at, evidence: [] },
      { ...run, type: 'run-identified', trigger: 'other', silent: true, evidence: [] },
      { ...call, type: 'tool-started', args: { command: 'ls' } },
      { ...call, type: 'approval-requested', approvalId: '24510235-574f' },
    );
    await world.clock.advance(MINUTE);
    expect(boards(world)[0]).toMatch(/^\*\*1 waits for a person\*\*/);
    world.source.emit({ ...call, type: 'tool-ended', entryId: 'f', outcome: 'ok', at: world.clock.now() });
    await world.clock.advance(MINUTE);
    expect(boards(world)).toEqual([IDLE]);
  });
});

describe('the board over restarts', () => {
  it('is the same post, knows what failed before, and is edited only where something changed', async () => {
    const world = await atWork();
    work(world, 'c1').end('c1', 'error', 'The disk is full');
    await world.clock.advance(MINUTE);
    const [before] = boards(world);
    const count = edits(world).length;
    expect(before).toContain('The disk is full');
    const next = await atWork({ before: world });
    await next.clock.advance(MINUTE);
    expect(boards(next)).toEqual([before]);
    expect(edits(next)).toHaveLength(count);
    work(next, 'c2');
    await next.clock.advance(MINUTE);
    expect(boards(next)[0]).toMatch(/^\*\*1 at work\*\*[\s\S]*The disk is full$/);
    expect(next.server.pinned.size).toBe(1);
  });

  it('says at a stop that updates stopped, and goes on after it', async () => {
    const world = await atWork();
    work(world, 'c1');
    await world.clock.advance(MINUTE);
    const stopped = world.daemon.stop();
    await world.clock.advance(10_000);
    expect(await stopped).toEqual({ undelivered: [] });
    expect(boards(world)).toEqual(['**Status updates stopped** | 1 was at work']);
    const next = await atWork({ before: world });
    await next.clock.advance(MINUTE);
    expect(boards(next)[0]).toMatch(/^\*\*No agent is at work\*\*/);
  });

  it('is brought to its end where only posts of the ledger are finished', async () => {
    const world = await atWork();
    await world.clock.advance(MINUTE);
    const next = await startWorld({ before: world, env: { BOARD_CHANNEL }, onlyLedger: true });
    next.source.attach();
    await next.clock.advance(MINUTE);
    expect(boards(next)).toEqual([IDLE]);
    const stopped = next.daemon.stop();
    await next.clock.advance(10_000);
    await stopped;
    expect(boards(next)).toEqual(['**Status updates stopped**']);
    const fresh = await startWorld({ env: { BOARD_CHANNEL }, onlyLedger: true });
    fresh.source.attach();
    await fresh.clock.advance(MINUTE);
    const closed = fresh.daemon.stop();
    await fresh.clock.advance(10_000);
    await closed;
    expect(fresh.server.posts.size).toBe(0);
  });

  it('is found again where the ledger was lost, and another daemon has one of its own', async () => {
    const world = await atWork();
    await atWork({ before: { ...world, ledger: createMemoryLedger(world.clock) } });
    expect(boards(world)).toEqual([IDLE, IDLE]);
    await world.clock.advance(48 * HOUR);
    const { instanceId } = world.ledger;
    const empty = Object.assign(createMemoryLedger(world.clock), { instanceId });
    const next = await atWork({ before: { ...world, ledger: empty } });
    work(next, 'c1');
    await next.clock.advance(MINUTE);
    expect(boards(next)).toEqual([expect.stringMatching(/^\*\*1 at work/), IDLE]);
  });

  it.for([{ BOARD_CHANNEL: 'n'.repeat(26) }, {}])(
    'is given up where the setting no longer names it: %j',
    async (env) => {
      const world = await atWork();
      const next = await startWorld({ before: world, env });
      next.source.attach();
      await next.clock.advance(MINUTE);
      expect(boards(next)).toEqual(['**This board is no longer updated**'.trim()]);
      expect(boards(next, 'n'.repeat(26))).toEqual('BOARD_CHANNEL' in env ? [IDLE] : []);
      expect(next.ledger.entries().map(({ target }) => target)).toEqual(
        'BOARD_CHANNEL' in env ? [{ channelId: 'n'.repeat(26) }] : [],
      );
    },
  );
});

describe('people and the board', () => {
  it('win when they unpin it', async () => {
    const world = await atWork();
    world.server.pinned.clear();
    work(world, 'c1');
    await world.clock.advance(MINUTE);
    await atWork({ before: world });
    expect(boards(world)).toHaveLength(1);
    expect(world.server.pinned.size).toBe(0);
  });

  it('who delete it get a new one with the next change, but not again within an hour', async () => {
    const world = await atWork();
    const remove = async (): Promise<void> => {
      const living = [...world.server.posts.values()].filter(
        (post) => post.channelId === BOARD_CHANNEL && post.deleteAt === 0,
      );
      for (const { id } of living) world.server.deletePost(id);
      await world.clock.advance(0);
    };
    await remove();
    work(world, 'c1');
    await world.clock.advance(MINUTE);
    expect(boards(world)).toEqual([]);
    work(world, 'c2');
    await world.clock.advance(MINUTE);
    expect(boards(world)).toEqual([expect.stringMatching(/^\*\*2 at work/)]);
    await remove();
    for (const name of ['c3', 'c4', 'c5']) {
      work(world, name);
      await world.clock.advance(MINUTE);
    }
    expect(boards(world)).toEqual([]);
    await world.clock.advance(HOUR);
    expect(boards(world)).toHaveLength(1);
    expect(world.daemon.report().status).toBe('ok');
  });
});

describe('thirty agents', () => {
  /** Thirty sessions that take a step every 2 s each, with the default budget of 4 requests a second. */
  async function play(
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly world: World; readonly delays: readonly number[] }> {
    const world = await startWorld({ env: { MAX_ACTIVE_SESSIONS: '40', ...env } });
    world.source.attach();
    await world.clock.advance(10_000);
    const delays: number[] = [];
    const beganAt = new Map<string, number>();
    const { createPost } = world.server.api;
    world.server.api.createPost = (post, call) => {
      const at = beganAt.get(post.channelId);
      if (at !== undefined) delays.push(world.clock.now() - at);
      return createPost(post, call);
    };
    const stories = Array.from({ length: 30 }, (_, index) => `c${index}`);
    for (let second = 0; second < 120; second += 1) {
      for (const [index, name] of stories.entries()) {
        if (second === 2 * index) {
          beganAt.set(name, world.clock.now());
          work(world, name, 'step 0');
        } else if (second > 2 * index && (second + index) % 2 === 0) {
          new Story(world, `agent:main:mattermost:channel:${name}`).call(name, `${name}-${second}`, `step ${second}`);
        }
      }
      await world.clock.advance(1_000);
    }
    return { world, delays };
  }

  it('are on the board, which costs no new post a moment and stays within the budget', async () => {
    const without = await play({});
    const { world, delays } = await play({ BOARD_CHANNEL });
    expect(delays).toHaveLength(30);
    expect(Math.max(...delays)).toBeLessThanOrEqual(Math.max(250, ...without.delays));
    expect(boards(world)[0]).toMatch(/^\*\*30 at work\*\*\n- (?:\[main\]\(\S+\)\u00a0\d\d:\d\d(?:, |$)){30}$/);
    const perMinute = edits(world).length / 2;
    expect(perMinute).toBeGreaterThanOrEqual(1);
    expect(perMinute).toBeLessThanOrEqual(6);
    expect(world.server.edits.length).toBeLessThanOrEqual(4 * 135);
    const workEdits = (played: World): number => played.server.edits.length - edits(played).length;
    // Of 480 turns the board takes a few.
    expect(workEdits(world)).toBeGreaterThan(workEdits(without.world) - 25);
  });
});
