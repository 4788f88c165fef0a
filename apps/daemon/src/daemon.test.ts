import { MattermostError } from '@live-status/mm-poster';
import { describe, expect, it } from 'vitest';
import { messages, Story, startWorld, type World } from './testing/world.ts';

/** Attached to an empty OpenClaw. */
async function atWork(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld(options);
  world.source.attach();
  await world.clock.advance(100);
  return world;
}

/** A server that takes a request and never answers. */
function hang(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('a run in a channel', () => {
  it('gets one post that follows it from its first call to its end', async () => {
    const world = await atWork();
    const story = new Story(world).begin('r').call('r', 'a', 'npm test');
    await world.clock.advance(0);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* .*`npm test`/)]);
    await world.clock.advance(2_000);
    story.result('r', 'a').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\*[\s\S]*`npm test` \[OK\] 2s$/)]);
    expect([...world.server.posts.values()]).toMatchObject([{ channelId: 'c1', rootId: '' }]);
    expect(world.ledger.entries()).toEqual([]);
    expect(world.daemon.report().boxes).toEqual({ active: 0, waiting: 0, posted: 0 });
  });

  it.for(['list', 'fence', 'card'])(
    'shows its state and nothing of the conversation where the whole is refused (%s)',
    async (style) => {
      const world = await atWork({ env: { STATUS_STYLE: style } });
      const { createPost } = world.server.api;
      world.server.api.createPost = async (post, call) => {
        if (JSON.stringify(post).includes('passwd'))
          throw new MattermostError({ kind: 'blocked', request: 'POST /posts' });
        return createPost(post, call);
      };
      const story = new Story(world).begin('r').call('r', 'a', 'cat /etc/passwd');
      await world.clock.advance(1_000);
      expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[ACTIVE\]\*\* \| \d+s$/)]);
      story.result('r', 'a').end('r');
      await world.clock.advance(10_000);
      expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\]\*\* \| \d+s$/)]);
    },
  );

  it('is shown in the language of the settings, but for tags and the words to answer with', async () => {
    const world = await atWork({ env: { STATUS_LANGUAGE: 'de' } });
    const story = new Story(world).begin('r').call('r', 'a', 'rm -rf build');
    story.asks('r', 'a', '24510235-574f', world.clock.now() + 1_800_000);
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(
        /^\*\*\[WAITING\] main\*\* \| \d+s \| Freigabe: `rm -rf build`\n- exec: `rm -rf build` wartet seit \d+s auf Freigabe \(noch \d+m\)\. Hier antworten: `@openclaw \/approve 24510235 allow-once` oder `@openclaw \/approve 24510235 deny`$/,
      ),
      expect.stringMatching(
        /Wartet auf Freigabe: `rm -rf build`\. Hier antworten: `@openclaw \/approve 24510235 allow-once`/,
      ),
    ]);
    await world.daemon.stop();
    expect(messages(world)[0]).toMatch(
      /^\*\*\[INTERRUPTED\] main\*\* \| \d+s \| Status angehalten, der Agent läuft evtl\. noch\n/,
    );
  });

  it('is continued by another post when the server lets its first one not be edited any more', async () => {
    const world = await atWork();
    world.server.settings = { editLimitMs: 60_000 };
    const story = new Story(world).begin('r').call('r', 'a', 'first');
    await world.clock.advance(90_000);
    story.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[CONTINUED\] main\*\* \|[\s\S]*first/),
      expect.stringMatching(/^\*\*\[DONE\] main\*\*/),
    ]);
  });

  it('that waits 30 minutes for an approval is edited by heartbeats only, and says how it ended', async () => {
    const world = await atWork({ env: { NOTIFY: 'off' } });
    const edits: string[] = [];
    const { patchPost } = world.server.api;
    world.server.api.patchPost = (id, post, call) => {
      edits.push(post.message ?? '');
      return patchPost(id, post, call);
    };
    const story = new Story(world).begin('r').call('r', 'a', 'rm -rf build');
    const until = world.clock.now() + 1_800_000;
    story.asks('r', 'a', '24510235-574f', until);
    await world.clock.advance(1_799_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[WAITING\] main\*\* \| 2\dm/)]);
    const ages = edits.map((message) => /\| ([\dms ]+) \|/.exec(message)?.[1]);
    expect(ages).toEqual(['30s', '1m 30s', '3m 30s', '7m 30s', '12m 30s', '17m 30s', '22m 30s', '27m 30s']);
    await world.clock.advance(1_000);
    story.denied('r', 'a', 'not-approved');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toMatch(/^\*\*\[ACTIVE\][\s\S]*`rm -rf build` \[not approved in time\]/);
    story.end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* \| 30m/)]);
  });

  it('replies in its thread', async () => {
    const world = await atWork();
    new Story(world).begin('r', { kind: 'mattermost', channelId: 'c1', rootId: 'root' }).call('r', 'a');
    await world.clock.advance(0);
    expect([...world.server.posts.values()]).toMatchObject([{ channelId: 'c1', rootId: 'root' }]);
  });

  it('makes no post for a plain answer', async () => {
    const world = await atWork();
    new Story(world).begin('r').end('r');
    await world.clock.advance(60_000);
    expect(messages(world)).toEqual([]);
  });

  it('gets a post by time alone when nothing more is read of it', async () => {
    const world = await atWork({ env: { POST_DELAY_MS: '1500' } });
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_400);
    expect(messages(world)).toEqual([]);
    await world.clock.advance(200);
    expect(messages(world)).toHaveLength(1);
  });

  it('lets go of a post that a person deleted, and makes no second one', async () => {
    const world = await atWork({ env: { MAX_ACTIVE_SESSIONS: '1' } });
    const story = new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_000);
    world.server.deletePost([...world.server.posts.keys()][0] ?? '');
    story.result('r', 'a').call('r', 'b');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([]);
    expect(world.daemon.report().boxes).toMatchObject({ active: 0, posted: 1 });
    story.result('r', 'b').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([]);
    expect(world.ledger.entries()).toEqual([]);
  });
});

describe('work without a Mattermost conversation', () => {
  const cron = { kind: 'background', origin: 'cron' } as const;
  const telegram = { kind: 'elsewhere', origin: 'telegram' } as const;

  it('is shown nowhere without a default channel', async () => {
    const world = await atWork();
    new Story(world).begin('r', cron).call('r', 'a').end('r', 'error', 'broken');
    await world.clock.advance(60_000);
    expect(messages(world)).toEqual([]);
  });

  it('is shown in the default channel, found by its name, with the answer that nobody else posts', async () => {
    const world = await atWork({ env: { DEFAULT_CHANNEL: 'team/bots' } });
    const story = new Story(world).begin('r', cron).call('r', 'a').say('r', 'Working on it.');
    await world.clock.advance(1_000);
    story.result('r', 'a').end('r', 'done', 'The answer.');
    await world.clock.advance(5_000);
    expect([...world.server.posts.values()]).toMatchObject([{ channelId: 'channel-team-bots' }]);
    expect(messages(world)).toEqual([expect.stringMatching(/Working on it\.[\s\S]*- The answer\.$/)]);
  });

  it('stays private to its own channel unless the operator names that, and then shows nothing that was said', async () => {
    const DEFAULT_CHANNEL = 'abcdefghijklmnopqrstuvwxyz';
    const tell = async (env: Record<string, string>): Promise<World> => {
      const world = await atWork({ env: { DEFAULT_CHANNEL, ...env } });
      const story = new Story(world, 'agent:main:telegram:1').begin('r', telegram).say('r', 'A secret plan.');
      story.call('r', 'a', 'rm secret');
      await world.clock.advance(1_000);
      story.result('r', 'a').end('r', 'done', 'A secret answer.');
      await world.clock.advance(5_000);
      return world;
    };
    expect(messages(await tell({}))).toEqual([]);
    const named = messages(await tell({ DEFAULT_CHANNEL_KINDS: 'telegram' }));
    expect(named).toEqual([expect.stringContaining('[DONE]')]);
    expect(named[0]).not.toMatch(/secret/);
  });
});

describe('more work than posts', () => {
  const env = { MAX_ACTIVE_SESSIONS: '1' };

  async function twoAtWork(): Promise<{ world: World; first: Story; second: Story }> {
    const world = await atWork({ env });
    const first = new Story(world, 'agent:main:mattermost:channel:c1').begin('one').call('one', 'a', 'first');
    const second = new Story(world, 'agent:main:mattermost:channel:c2').begin('two').call('two', 'b', 'second');
    await world.clock.advance(1_000);
    return { world, first, second };
  }

  it('waits, counted in health, until a post is free', async () => {
    const { world, first } = await twoAtWork();
    expect(messages(world)).toEqual([expect.stringContaining('first')]);
    expect(world.daemon.report().boxes).toEqual({ active: 1, waiting: 1, posted: 1 });
    first.result('one', 'a').end('one');
    await world.clock.advance(1_000);
    expect(messages(world)).toEqual([expect.stringContaining('[DONE]'), expect.stringContaining('second')]);
  });

  it('shows a failure at once', async () => {
    const { world, second } = await twoAtWork();
    second.end('two', 'error', 'overloaded');
    await world.clock.advance(1_000);
    expect(messages(world)).toEqual([
      expect.stringContaining('first'),
      expect.stringMatching(/\[ERROR\][\s\S]*overloaded/),
    ]);
  });

  it('shows nothing of work that ended well while it waited', async () => {
    const { world, first, second } = await twoAtWork();
    second.result('two', 'b').end('two');
    await world.clock.advance(10_000);
    first.result('one', 'a').end('one');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([expect.stringContaining('first')]);
    expect(world.daemon.report().boxes.waiting).toBe(0);
  });
});

describe('a status post', () => {
  const openclaw = { channels: { mattermost: { botToken: 'openclaw', chatmode: 'onmessage', groupPolicy: 'open' } } };

  it('has a type, by which agents know that it is nothing to answer, whichever bot posts it', async () => {
    const world = await atWork({ openclaw });
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_000);
    expect([...world.server.posts.values()]).toMatchObject([{ type: 'custom_live_status' }]);
  });

  it('is not created where the server loses the type, and health says why', async () => {
    const world = await atWork({ openclaw });
    world.server.keepsType = false;
    const first = new Story(world).begin('r').call('r', 'a', 'first');
    await world.clock.advance(1_000);
    new Story(world, 'agent:main:mattermost:channel:c2').begin('s').call('s', 'b', 'second');
    await world.clock.advance(1_000);
    first.result('r', 'a').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\][\s\S]*first/)]);
    expect(world.daemon.report()).toMatchObject({
      status: 'failing',
      reasons: [{ what: expect.stringContaining('agents could answer them, so no new ones are made') }],
    });
  });
});

describe('a restart', () => {
  /** A daemon that dies without a word while a run is at work. */
  async function killed(): Promise<World> {
    const world = await atWork();
    new Story(world).begin('r').call('r', 'a', 'first').result('r', 'a').call('r', 'b', 'second');
    await world.clock.advance(1_000);
    await world.ledger.flush();
    return world;
  }

  it('continues the post of a run that goes on, and shows nothing less meanwhile', async () => {
    const before = await killed();
    const world = await startWorld({ before });
    expect(world.resumed).toEqual(['token of r']);
    const story = new Story(world).begin('r');
    await world.clock.advance(1_000);
    expect(messages(world)).toEqual([expect.stringContaining('second')]);
    story.call('r', 'a', 'first').result('r', 'a').call('r', 'b', 'second');
    world.source.attach();
    await world.clock.advance(1_000);
    story.result('r', 'b').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\][\s\S]*first[\s\S]*second/)]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('continues the post of a ledger from before there were resume tokens', async () => {
    const before = await killed();
    const place = { sessionKey: 'agent:main:main', from: { path: '/a/s.jsonl', fingerprint: 'f', startOffset: 7 } };
    for (const entry of before.ledger.entries()) {
      const { resumeTokens: _, ...data } = entry.data as Record<string, unknown>;
      before.ledger.put({ ...entry, data: { ...data, resumeFrom: [place] } });
    }
    const world = await startWorld({ before });
    expect(world.resumed).toEqual([JSON.stringify(place), expect.stringContaining('"evidence":["lock:r","entry:r"]')]);
    new Story(world).begin('r').call('r', 'a', 'first').end('r');
    world.source.attach();
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\]/)]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('ends the post of a run that is not there any more, with what was shown', async () => {
    const world = await startWorld({ before: await killed() });
    world.source.attach();
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*the agent stopped[\s\S]*second/),
    ]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('keeps the lines of before when the transcript has lost them', async () => {
    const world = await startWorld({ before: await killed() });
    new Story(world).begin('r').end('r', 'done', 'Over.');
    world.source.attach();
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\][\s\S]*first[\s\S]*second/)]);
  });

  it('ends a box that was finished but not final as it was', async () => {
    const before = await atWork();
    new Story(before).begin('r').call('r', 'a').result('r', 'a').end('r');
    await before.clock.advance(500);
    expect(before.ledger.entries()).toHaveLength(1);
    const world = await startWorld({ before });
    world.source.attach();
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringContaining('[DONE]')]);
    expect(world.ledger.entries()).toEqual([]);
  });
});

describe('a stop', () => {
  it('says in every open post that updates stopped, and goes on after the next start', async () => {
    const world = await atWork();
    const story = new Story(world).begin('r').call('r', 'a', 'first');
    new Story(world, 'agent:main:mattermost:channel:c2').begin('s').call('s', 'c').result('s', 'c').end('s');
    await world.clock.advance(1_000);
    const stopped = world.daemon.stop();
    await world.clock.advance(1_000);
    expect(await stopped).toEqual({ undelivered: [] });
    await world.daemon.ended;
    expect(messages(world)).toEqual([
      expect.stringMatching(
        /^\*\*\[INTERRUPTED\][\s\S]*status updates stopped, the agent may still be working[\s\S]*first/,
      ),
      expect.stringContaining('[DONE]'),
    ]);
    expect(world.clock.timerCount).toBe(0);

    const next = await startWorld({ before: world });
    new Story(next).begin('r').call('r', 'a', 'first');
    next.source.attach();
    await next.clock.advance(1_000);
    expect(messages(next)[0]).toMatch(/^\*\*\[ACTIVE\]/);
    story.end('r');
  });

  it('gives up on a server that does not answer, in time, and the ledger remembers', async () => {
    const world = await atWork({ env: { SHUTDOWN_TIMEOUT_S: '3' } });
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_000);
    world.server.onRequest = ({ signal }) => hang(signal);
    const stopped = world.daemon.stop();
    await world.clock.advance(3_000);
    expect(await stopped).toEqual({ undelivered: ['r'] });
    expect(world.ledger.entries()).toHaveLength(1);
  });

  it('gives no free post to work that waits', async () => {
    const world = await atWork({ env: { MAX_ACTIVE_SESSIONS: '1' } });
    new Story(world, 'agent:main:mattermost:channel:c1').begin('one').call('one', 'a');
    new Story(world, 'agent:main:mattermost:channel:c2').begin('two').call('two', 'b');
    await world.clock.advance(1_000);
    world.server.deletePost([...world.server.posts.keys()][0] ?? '');
    const stopped = world.daemon.stop();
    await world.clock.advance(3_000);
    await stopped;
    expect(messages(world)).toEqual([]);
    expect(world.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('opens no post any more', async () => {
    const world = await atWork();
    const stopped = world.daemon.stop();
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_000);
    await stopped;
    expect(messages(world)).toEqual([]);
  });
});

describe('finalize', () => {
  it('ends what is over, says of the rest that updates stopped, and opens nothing', async () => {
    const before = await atWork();
    new Story(before, 'agent:main:mattermost:channel:c1').begin('over').call('over', 'a', 'first');
    new Story(before, 'agent:main:mattermost:channel:c2').begin('on').call('on', 'b', 'second');
    await before.clock.advance(1_000);
    const world = await startWorld({ before, onlyLedger: true });
    new Story(world, 'agent:main:mattermost:channel:c1')
      .begin('over')
      .call('over', 'a', 'first')
      .result('over', 'a')
      .end('over');
    new Story(world, 'agent:main:mattermost:channel:c2').begin('on').call('on', 'b', 'second');
    new Story(world, 'agent:main:mattermost:channel:c3').begin('new').call('new', 'c', 'third');
    world.source.attach();
    await world.clock.advance(100);
    await world.daemon.caughtUp;
    const stopped = world.daemon.stop();
    await world.clock.advance(5_000);
    await stopped;
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[DONE\][\s\S]*first/),
      expect.stringMatching(/^\*\*\[INTERRUPTED\][\s\S]*status updates stopped[\s\S]*second/),
    ]);
  });
});

describe('health', () => {
  it('is ready when the source is attached', async () => {
    const world = await startWorld();
    expect(world.daemon.ready()).toBe(false);
    world.source.attach();
    expect(world.daemon.ready()).toBe(true);
    expect(world.daemon.report()).toMatchObject({ status: 'ok', sources: [{ name: 'jsonl', state: 'attached' }] });
  });

  it.for([
    [{ kind: 'auth', status: 401 }, /answered 401 to the token/, /bot account.* restart the daemon$/],
    [{ kind: 'transient' }, /has not answered since the start/, /by itself$/],
    [{ kind: 'transient', detail: 'ENOTFOUND' }, /there is no host/, /^Correct .*; then restart the daemon$/],
  ] as const)(
    'fails while Mattermost has answered nothing but %j, and is well once it does',
    async ([data, what, fix]) => {
      const before = await startWorld();
      before.server.onRequest = () => Promise.reject(new MattermostError({ request: 'GET /users/me', ...data }));
      const world = await startWorld({ before });
      world.source.attach();
      await world.clock.advance(100);
      expect(world.daemon.report()).toMatchObject({
        status: 'failing',
        reasons: [{ what: expect.stringMatching(what), fix: expect.stringMatching(fix) }],
      });
      world.server.onRequest = () => undefined;
      await world.clock.advance(60_000);
      expect(world.daemon.report()).toMatchObject({ status: 'ok', reasons: [] });
    },
  );

  it('is not failing after an orderly stop', async () => {
    const world = await atWork();
    new Story(world).begin('r').call('r', 'a', 'first');
    await world.clock.advance(1_000);
    const stopped = world.daemon.stop();
    await world.clock.advance(5_000);
    await stopped;
    expect(world.daemon.report()).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('names a post that says less than the truth until it is right, though its work is over', async () => {
    const world = await atWork();
    const story = new Story(world).begin('r').call('r', 'a', 'first');
    await world.clock.advance(1_000);
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'patchPost' || phase !== 'before') return;
      const errorId = 'api.context.permissions.app_error';
      throw new MattermostError({ kind: 'forbidden', request: 'PUT /posts', status: 403, errorId });
    };
    story.result('r', 'a').end('r');
    await world.clock.advance(3_600_000);
    expect(world.daemon.report()).toMatchObject({
      status: 'degraded',
      reasons: [{ what: expect.stringMatching(/^The bot @bot may not post in #c1: 1 post says less than the truth/) }],
      boxes: { posted: 0 },
    });
    world.server.onRequest = () => undefined;
    await world.clock.advance(3_600_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\]/)]);
    expect(world.daemon.report()).toMatchObject({ status: 'ok', reasons: [] });
    expect(world.ledger.entries()).toEqual([]);
  });

  it('shows what is at work', async () => {
    const world = await atWork();
    new Story(world).begin('r').call('r', 'a', 'first');
    await world.clock.advance(10_000);
    const [box, ...others] = world.daemon.feed.boxes();
    expect(others).toEqual([]);
    expect(box).toMatchObject({ boxId: 'r', sessionKey: 'agent:main:mattermost:channel:c1', box: { state: 'active' } });
  });

  it('fails when the source ends by itself', async () => {
    const world = await atWork();
    world.source.end();
    await expect(world.daemon.ended).rejects.toThrow('ended by itself');
    expect(world.daemon.report().status).toBe('failing');
  });

  it('passes on why a source broke', async () => {
    const world = await atWork();
    world.source.end(new Error('broken'));
    await expect(world.daemon.ended).rejects.toThrow('broken');
  });
});

describe('a call that waits for approval', () => {
  const ask = (world: World): Story =>
    new Story(world).begin('r').call('r', 'a', 'rm -rf build').asks('r', 'a', '24510235-x');

  it('is posted at once, whatever the delays, and notifies in the same place', async () => {
    const world = await atWork({ env: { POST_DELAY_MS: '60000' } });
    const story = ask(world);
    await world.clock.advance(1_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[WAITING\] main\*\* .*approval: `rm -rf build`/),
      expect.stringMatching(
        /^Waiting for approval: `rm -rf build`\. Answer here: `@openclaw \/approve 24510235 allow-once`/,
      ),
    ]);
    story.denied('r', 'a').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[DONE\] main\*\*[\s\S]*`rm -rf build` \[denied\]$/),
      'Denied: `rm -rf build`',
    ]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('keeps its post and its notice when the daemon is killed', async () => {
    const first = await atWork();
    ask(first);
    await first.clock.advance(1_000);
    const world = await startWorld({ before: first });
    const story = ask(world);
    world.source.attach();
    await world.clock.advance(2_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[WAITING\]/),
      expect.stringMatching(/^Waiting for approval/),
    ]);
    story.denied('r', 'a').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\]/), 'Denied: `rm -rf build`']);
  });

  it('notifies nobody with NOTIFY=off', async () => {
    const world = await atWork({ env: { NOTIFY: 'off' } });
    ask(world);
    await world.clock.advance(1_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[WAITING\]/)]);
  });
});

describe('background work', () => {
  const cron = { kind: 'background', origin: 'cron' } as const;
  const env = { NOTIFY: 'errors', DEFAULT_CHANNEL: 'town/status' };
  const failed = expect.stringMatching(/^main was interrupted after \d+s: the agent stopped$/);

  it('that was interrupted notifies as soon as it did, and says so if it went on after all', async () => {
    const world = await atWork({ env });
    const story = new Story(world, 'agent:main:cron:job')
      .begin('r', cron)
      .call('r', 'a')
      .end('r', 'interrupted', 'the agent stopped');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\]/), failed]);
    story.begin('s', cron, 'resume').call('s', 'b').end('s');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[DONE\]/),
      expect.stringMatching(/^main is done after \d+s$/),
    ]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it.each([true, false])(
    'whose run is not found again after a restart notifies once (told before: %s)',
    async (told) => {
      const first = await atWork({ env });
      const story = new Story(first, 'agent:main:cron:job').begin('r', cron).call('r', 'a');
      await first.clock.advance(1_000);
      if (told) story.end('r', 'interrupted', 'the agent stopped');
      await first.clock.advance(5_000);
      expect(messages(first)).toHaveLength(told ? 2 : 1);
      const world = await startWorld({ env, before: first });
      world.source.attach();
      await world.clock.advance(5_000);
      expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\]/), failed]);
      expect(world.ledger.entries()).toEqual([]);
    },
  );
});
