import { mattermostError } from '@live-status/mm-poster/testing';
import { describe, expect, it } from 'vitest';
import { messages, Story, startWorld, type World } from './testing/world.ts';

const CRON = { kind: 'background', origin: 'cron' } as const;
const OPS = { DEFAULT_CHANNEL: 'main/ops' };
const edits = ({ server }: World): readonly string[] => server.edits.map(({ message }) => message);

async function atWork(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld(options);
  world.source.attach();
  await world.clock.advance(100);
  return world;
}

describe('a rule for a kind of work', () => {
  it('shows the head of cron work only, and everything of a conversation', async () => {
    const world = await atWork({ env: OPS, rules: { cron: { show: 'quiet' } } });
    new Story(world, 'agent:main:cron:j').begin('r', CRON).call('r', 'a', 'make report');
    new Story(world).begin('s').call('s', 'b', 'npm test');
    await world.clock.advance(2_000);
    expect(messages(world).toSorted((a, b) => a.length - b.length)).toEqual([
      expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* \| .*`make report`[^\n]*$/),
      expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* .*\n- exec: `npm test`/),
    ]);
  });

  it('shows nothing of what is off, and notifies nobody of it', async () => {
    const env = { ...OPS, NOTIFY: 'waiting,errors' };
    const world = await atWork({ env, rules: { cron: { show: 'off' } } });
    const story = new Story(world, 'agent:main:cron:j').begin('r', CRON).call('r', 'a', 'rm -rf build');
    story.asks('r', 'a', '24510235-574f');
    await world.clock.advance(5_000);
    story.denied('r', 'a').end('r', 'error', 'broken');
    await world.clock.advance(60_000);
    expect(world.server.posts.size).toBe(0);
    expect(world.daemon.report().boxes).toEqual({ active: 0, waiting: 0, posted: 0 });
  });

  it('decides when people are notified, instead of NOTIFY', async () => {
    const env = { ...OPS, NOTIFY: 'off' };
    const world = await atWork({ env, rules: { cron: { notify: ['errors'] }, channel: { notify: 'off' } } });
    new Story(world, 'agent:main:cron:j').begin('r', CRON).call('r', 'a').end('r', 'error', 'broken');
    await world.clock.advance(10_000);
    expect(messages(world)).toContainEqual('main failed after 0s: broken');
  });
});

describe('a rule for a channel', () => {
  it.for([
    ['its name', 'main/c1'],
    ['its kind', 'channel'],
  ])('hides arguments by %s, in the post and in what notifies', async ([, key]) => {
    const world = await atWork({ rules: { [key ?? '']: { arguments: false } } });
    const story = new Story(world).begin('r').say('r', 'On it.').call('r', 'a', 'rm -rf /srv/acme');
    story.asks('r', 'a', '24510235-574f');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[WAITING\] main\*\* .*approval: exec\n- On it\.\n- exec waits for approval/),
      expect.stringMatching(/Waiting for approval: exec\. Answer here: `@openclaw \/approve 24510235 allow-once`/),
    ]);
    story.denied('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)[1]).toBe('Denied: exec');
    expect(JSON.stringify(world.server.edits)).not.toContain('acme');
  });

  it('meets background work that is shown there, over the rule for its kind', async () => {
    const rules = { cron: { show: 'quiet', finished: 'delete' }, 'main/ops': { show: 'full' } };
    const world = await atWork({ env: OPS, rules });
    const story = new Story(world, 'agent:main:cron:j').begin('r', CRON).call('r', 'a', 'make');
    await world.clock.advance(2_000);
    expect(messages(world)).toEqual([expect.stringContaining('\n- exec: `make`')]);
    story.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([]);
  });

  it('is not that of a channel of the same name in another team', async () => {
    const world = await atWork({ rules: { 'other/c1': { show: 'off' } } });
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(2_000);
    expect(messages(world)).toHaveLength(1);
  });

  it('follows a channel that is renamed', async () => {
    const world = await atWork({ rules: { 'main/customers': { arguments: false } } });
    const story = new Story(world).begin('r').call('r', 'a', 'cat key');
    await world.clock.advance(2_000);
    expect(messages(world)[0]).toContain('cat key');
    world.server.channels.set('c1', { name: 'customers' });
    await world.clock.advance(300_000);
    story.call('r', 'b', 'cat other');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).not.toContain('cat');
  });
});

describe('a rule for a person', () => {
  it('meets direct messages with that person, by user and by channel id', async () => {
    const world = await atWork({ rules: { '@name-of-ada': { style: 'card' }, direct: { finished: 'compact' } } });
    const first = new Story(world, 'agent:main:mattermost:direct:ada');
    first.begin('r', { kind: 'mattermost-user', userId: 'ada' }).call('r', 'a', 'make');
    await world.clock.advance(2_000);
    const [post] = world.server.posts.values();
    expect(post).toMatchObject({ channelId: 'direct-bot-user-ada', props: { attachments: [{}] } });
    first.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    const [done] = world.server.posts.values();
    expect(done?.message).toMatch(/^\*\*\[DONE\] main\*\* \| \d+s$/);
    expect(done?.props).not.toHaveProperty('attachments');
    const again = new Story(world, 'agent:main:mattermost:channel:d');
    again.begin('s', { kind: 'mattermost', channelId: 'direct-bot-user-ada' }).call('s', 'b', 'make');
    await world.clock.advance(2_000);
    expect([...world.server.posts.values()][1]?.props).toHaveProperty('attachments');
  });
});

describe('while Mattermost has not said what a place is called', () => {
  it('shows nothing there, and all of it afterwards, also when the work has ended meanwhile', async () => {
    const world = await atWork({ rules: { 'main/customers': { arguments: false }, '@ada': { show: 'off' } } });
    world.server.onRequest = ({ name }) => {
      if (name === 'getChannel') throw mattermostError('transient');
    };
    new Story(world).begin('r').call('r', 'a', 'npm test').result('r', 'a').end('r');
    await world.clock.advance(120_000);
    expect(world.server.posts.size).toBe(0);
    world.server.onRequest = () => undefined;
    await world.clock.advance(120_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\*[\s\S]*npm test/)]);
    expect(edits(world).filter((text) => !text.includes('npm test'))).toEqual([]);
  });

  it('leaves the posts of the previous process as they are', async () => {
    const rules = { 'main/customers': { arguments: false } };
    const before = await atWork({ rules });
    new Story(before).begin('r').call('r', 'a', 'npm test');
    await before.clock.advance(2_000);
    const count = before.server.edits.length;
    before.server.onRequest = ({ name }) => {
      if (name === 'getChannel') throw mattermostError('transient');
    };
    const world = await startWorld({ rules, before });
    world.source.attach();
    new Story(world).begin('r').call('r', 'a', 'npm test').call('r', 'b', 'npm run lint');
    await world.clock.advance(20_000);
    expect(edits(world).slice(count)).toEqual([]);
    world.server.onRequest = () => undefined;
    await world.clock.advance(60_000);
    expect(messages(world)).toEqual([expect.stringMatching(/npm test[\s\S]*npm run lint/)]);
  });

  it('shows what the strictest rule allows where Mattermost refuses to say it', async () => {
    const rules = { 'main/customers': { arguments: false }, '@ada': { finished: 'compact' } };
    const world = await atWork({ rules });
    world.server.onRequest = ({ name }) => {
      if (name === 'getChannel') throw mattermostError('forbidden');
    };
    const story = new Story(world).begin('r').say('r', 'On it.').call('r', 'a', 'npm test');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/\n- On it\.\n- exec \.\.\./)]);
    story.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* \| \d+s$/)]);
  });

  it('asks nothing where no rule depends on it', async () => {
    const asked: string[] = [];
    const world = await atWork({
      env: { THROTTLE_MS: '500' },
      rules: { '*': { show: 'quiet' }, cron: {}, telegram: {} },
    });
    world.server.onRequest = ({ name }) => void asked.push(name);
    new Story(world).begin('r').call('r', 'a');
    await world.clock.advance(1_000);
    expect(asked.filter((name) => /Channel|Team/.test(name))).toEqual([]);
  });
});

describe('what becomes of a post when its work is over', () => {
  it.for([
    ['keep', /\n- exec: `make` \[OK\]/],
    ['compact', /^\*\*\[DONE\] main\*\* \| \d+s$/],
  ] as const)('%s', async ([finished, expected]) => {
    const world = await atWork({ rules: { '*': { finished } } });
    const story = new Story(world).begin('r').call('r', 'a', 'make');
    await world.clock.advance(2_000);
    expect(messages(world)[0]).toMatch(/\n- exec: `make`/);
    story.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([expect.stringMatching(expected)]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('delete: it is gone, also when Mattermost was away and the daemon restarted', async () => {
    const rules = { '*': { finished: 'delete' } };
    const before = await atWork({ rules });
    const story = new Story(before).begin('r').call('r', 'a', 'make');
    await before.clock.advance(2_000);
    before.server.onRequest = () => {
      throw mattermostError('transient');
    };
    story.result('r', 'a').end('r');
    await before.clock.advance(20_000);
    expect(messages(before)).toHaveLength(1);
    before.server.onRequest = () => undefined;
    const world = await startWorld({ rules, before });
    world.source.attach();
    await world.clock.advance(30_000);
    expect(messages(world)).toEqual([]);
    expect(world.ledger.entries()).toEqual([]);
  });

  it('delete: one that somebody replied to keeps its first line', async () => {
    const world = await atWork({ rules: { '*': { finished: 'delete' } } });
    const story = new Story(world).begin('r').call('r', 'a', 'make');
    await world.clock.advance(2_000);
    const [rootId] = world.server.posts.keys();
    await world.server.account('ada').createPost({ channelId: 'c1', rootId, message: 'Wait!' });
    story.result('r', 'a').end('r');
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* \| \d+s$/), 'Wait!']);
  });

  it('is not decided when the daemon stops: the work may go on', async () => {
    const world = await atWork({ rules: { '*': { finished: 'delete' } } });
    new Story(world).begin('r').call('r', 'a', 'make');
    await world.clock.advance(2_000);
    const stopped = world.daemon.stop();
    await world.clock.advance(20_000);
    await stopped;
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[INTERRUPTED\] main\*\*[\s\S]*\n- exec: `make`/)]);
  });
});

describe('a file of rules that changes', () => {
  const rules = { '*': {} };

  it('is in effect for open posts as well: less, and all of it again', async () => {
    const world = await atWork({ rules });
    new Story(world).begin('r').say('r', 'On it.').call('r', 'a', 'make');
    await world.clock.advance(2_000);
    expect(messages(world)[0]).toContain('\n- On it.\n- exec: `make`');
    world.writeRules('{ "*": { "show": "quiet" } }');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toMatch(/^\*\*\[ACTIVE\] main\*\* [^\n]*$/);
    world.writeRules('{ "*": { "arguments": false } }');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toMatch(/\n- On it\.\n- exec \.\.\./);
    world.writeRules('{}');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toContain('\n- On it.\n- exec: `make`');
  });

  it('finishes posts of what is turned off, with their first line, and makes no new ones', async () => {
    const world = await atWork({ rules });
    const story = new Story(world).begin('r').call('r', 'a', 'make');
    await world.clock.advance(2_000);
    world.writeRules('{ "*": { "show": "off" } }');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toMatch(/^\*\*\[ACTIVE\] main\*\* [^\n]*$/);
    story.result('r', 'a').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* \| \d+s$/)]);
    new Story(world, 'agent:main:mattermost:channel:c2')
      .begin('s', { kind: 'mattermost', channelId: 'c2' })
      .call('s', 'b');
    await world.clock.advance(5_000);
    expect(messages(world)).toHaveLength(1);
    world.writeRules('{}');
    await world.clock.advance(5_000);
    new Story(world, 'agent:main:mattermost:channel:c3')
      .begin('t', { kind: 'mattermost', channelId: 'c3' })
      .call('t', 'c');
    await world.clock.advance(5_000);
    expect(messages(world)).toHaveLength(2);
  });

  it('keeps the last good rules when it breaks, and health says what is wrong until it is well again', async () => {
    const world = await atWork({ rules: { '*': { show: 'quiet' } } });
    world.writeRules('{\n "*": { "shwo": "full", "style": "tiny" }\n}');
    await world.clock.advance(5_000);
    new Story(world).begin('r').call('r', 'a', 'make');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).not.toContain('\n');
    const { status, reasons } = world.daemon.report();
    const kept = 'the rules before that change stay in effect until then';
    expect(status).toBe('degraded');
    expect(reasons).toEqual([
      {
        level: 'degraded',
        what: 'CHANNEL_RULES is /etc/rules.json: line 2: "*" has the field "shwo", which there is not',
        fix: `did you mean "show"?; ${kept}`,
      },
      {
        level: 'degraded',
        what: 'CHANNEL_RULES is /etc/rules.json: line 2: "*" has "style": "tiny"',
        fix: `write "list", "fence", "card"; ${kept}`,
      },
    ]);
    world.writeRules('{ "*": { "show": "full" } }');
    await world.clock.advance(5_000);
    expect(messages(world)[0]).toContain('\n- exec: `make`');
    expect(world.daemon.report().status).toBe('ok');
  });

  it('is given the time to be written', async () => {
    const world = await atWork({ rules });
    world.writeRules('{ "*": ');
    await world.clock.advance(2_000);
    world.writeRules('{ "*": { "show": "off" } }');
    await world.clock.advance(1_000);
    expect(world.daemon.report().status).toBe('ok');
    await world.clock.advance(10_000);
    expect(world.daemon.report().status).toBe('ok');
    expect(world.logged.filter(({ msg }) => /cannot be used/.test(String(msg)))).toEqual([]);
  });
});

describe('a rule for a channel that is not there', () => {
  it('is reported, once Mattermost says so, and no more when it is there', async () => {
    const rules = { 'main/custmers': { show: 'off' }, '@nobody': {}, 'main/ops': {} };
    const world = await startWorld({ rules });
    let isThere = false;
    world.server.api.getUserByUsername = async () => {
      throw mattermostError(isThere ? 'transient' : 'gone');
    };
    const { getChannelByName } = world.server.api;
    world.server.api.getChannelByName = async (team, name, call) => {
      if (name === 'custmers' && !isThere) throw mattermostError('gone');
      return getChannelByName(team, name, call);
    };
    world.source.attach();
    await world.clock.advance(310_000);
    const fix = expect.stringContaining('add the bot to the team and the channel');
    expect(world.daemon.report().reasons).toEqual([
      {
        level: 'degraded',
        what: 'CHANNEL_RULES is /etc/rules.json: line 1: there is no channel main/custmers, or no bot of Live Status may see it',
        fix,
      },
      { level: 'degraded', what: 'CHANNEL_RULES is /etc/rules.json: line 1: there is nobody called @nobody', fix },
    ]);
    isThere = true;
    await world.clock.advance(600_000);
    // Whether the person is there is not known while the server is away.
    expect(world.daemon.report().reasons).toEqual([
      expect.objectContaining({ what: expect.stringMatching('@nobody') }),
    ]);
  });

  it('is not said of a server whose database is away', async () => {
    const world = await startWorld({ rules: { 'main/customers': {} } });
    world.server.api.getChannelByName = async () => {
      throw mattermostError('gone');
    };
    world.server.api.checkHealth = async () => {
      throw mattermostError('transient');
    };
    world.source.attach();
    await world.clock.advance(3_000);
    expect(world.daemon.report().reasons).toEqual([]);
  });
});
