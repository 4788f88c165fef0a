import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bot, Simulator } from '@live-status/simulators/mattermost';
import { type FileSession, mattermostEntry } from '@live-status/simulators/openclaw-files';
import { type DaemonStage, onStage, type Stage } from '@live-status/stage';
import { describe, it } from 'vitest';

/** Two bots of OpenClaw, each in a channel of its own and both in `town-square`; the daemon gets them from openclaw.json. */
class Accounts {
  ops!: Bot;
  hall = '';
  readonly env = { MM_TOKEN: '', MM_URL: '' };

  readonly prepare = async (stage: Stage): Promise<void> => {
    const { simulator } = stage;
    this.hall = simulator.addChannel({ teamId: simulator.team.id, name: 'hall', type: 'P' }).id;
    this.ops = simulator.addBot({ username: 'ops', memberOf: [simulator.team.id, simulator.channel.id, this.hall] });
    await this.configure(stage, { ops: { botToken: this.ops.token } });
  };

  async configure({ simulator, agentsDir }: Pick<Stage, 'simulator' | 'agentsDir'>, others: object): Promise<void> {
    const accounts = { default: { botToken: simulator.bot.token }, ...others };
    const config = { channels: { mattermost: { baseUrl: simulator.url, accounts } } };
    const dir = join(dirname(agentsDir), '.openclaw');
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'openclaw.json'), JSON.stringify(config));
  }

  channelSession({ agent }: DaemonStage, channelId: string, accountId: string): FileSession {
    return agent.session(`agent:main:mattermost:channel:${channelId}`, {
      chatType: 'channel',
      ...mattermostEntry(`channel:${channelId}`, accountId),
    });
  }
}

/** `<bot> <channel> <first words>` of each post. */
function posted({ posts, users, channels }: Simulator): readonly string[] {
  const names = new Map([...users().map((user) => [user.id, user.username] as const)]);
  const places = new Map(channels().map((channel) => [channel.id, channel.type === 'D' ? 'direct' : channel.name]));
  return posts().map(({ user_id, channel_id, message }) => {
    const state = /\[[A-Z]+\]/.exec(message)?.[0];
    return `${names.get(user_id)} ${places.get(channel_id)} ${state}`;
  });
}

describe.concurrent('several Mattermost accounts', { timeout: 60_000 }, () => {
  it('show the work of their own conversations, in channels and direct messages, and go on after kill -9', async ({
    expect,
    signal,
  }) => {
    const accounts = new Accounts();
    await onStage({ env: accounts.env, prepare: accounts.prepare, signal }, async (stage) => {
      const { simulator } = stage;
      const bot = simulator.bot.user.username;
      const alice = simulator.addUser({ username: 'alice' });
      const inTown = accounts.channelSession(stage, simulator.channel.id, 'default').begin('one').call('a', 'true');
      const inHall = accounts.channelSession(stage, accounts.hall, 'ops').begin('two').call('b', 'true');
      const key = `agent:main:mattermost:ops:direct:${alice.id}`;
      const entry = { chatType: 'direct', ...mattermostEntry(`user:${alice.id}`, 'ops') };
      const direct = stage.agent.session(key, entry).begin('three').call('c', 'true');
      await stage.until(() => simulator.posts().length === 3);
      const asActive = [`${bot} town-square [ACTIVE]`, 'ops direct [ACTIVE]', 'ops hall [ACTIVE]'];
      expect(posted(simulator).toSorted()).toEqual(asActive.toSorted());
      const dm = simulator
        .posts()
        .find(({ channel_id }) => simulator.channels().some(({ id, type }) => id === channel_id && type === 'D'));
      expect(dm?.channel_id).toBe(simulator.addDirectChannel([accounts.ops.user.id, alice.id]).id);

      await stage.daemon.restart('SIGKILL');
      for (const session of [inTown, inHall, direct]) session.result('a').result('b').result('c').answer('Over.');
      await stage.until(() => posted(simulator).every((post) => post.endsWith('[DONE]')));
      expect(simulator.posts()).toHaveLength(3);
    });
  });

  it('name the one that is gone, and bring its posts to their end when it is back', async ({ expect, signal }) => {
    const accounts = new Accounts();
    await onStage({ env: accounts.env, prepare: accounts.prepare, signal }, async (stage) => {
      const { simulator } = stage;
      const session = accounts.channelSession(stage, accounts.hall, 'ops').begin('one').call('a', 'true');
      await stage.until(() => posted(simulator).includes('ops hall [ACTIVE]'));
      await accounts.configure(stage, {});
      await stage.daemon.restart('SIGKILL');
      session.result('a').answer('Over.');
      await stage.untilHealth(({ reasons }) =>
        reasons.some(({ what }) =>
          /^There is no Mattermost account ops in .*: 1 post says less than the truth/.test(what),
        ),
      );
      expect(posted(simulator)).toEqual(['ops hall [ACTIVE]']);
      await accounts.configure(stage, { ops: { botToken: accounts.ops.token } });
      await stage.until(() => posted(simulator).includes('ops hall [DONE]'));
      await stage.untilHealth(({ status }) => status === 'ok');
    });
  });

  it('are named with their channel when they were removed from it', async ({ expect, signal }) => {
    const accounts = new Accounts();
    await onStage({ env: accounts.env, prepare: accounts.prepare, signal }, async (stage) => {
      const { simulator } = stage;
      const session = accounts.channelSession(stage, accounts.hall, 'ops').begin('one').call('a', 'true');
      await stage.until(() =>
        simulator
          .requests()
          .some(({ path, userId }) => userId === accounts.ops.user.id && path === `/channels/${accounts.hall}`),
      );
      simulator.leave(accounts.ops.user.id, accounts.hall);
      session.result('a').answer('Over.');
      await stage.untilHealth(({ reasons }) => reasons.length > 0);
      expect(stage.health.latest?.reasons).toMatchObject([
        { what: expect.stringMatching(/^The bot @ops may not post in #hall: 1 post says less than the truth/) },
      ]);
    });
  });
});
