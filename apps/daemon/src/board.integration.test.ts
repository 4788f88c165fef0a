import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, ProcessStage, until } from './testing/process-stage.ts';

let stage: ProcessStage;
let channelId: string;

beforeEach(async () => {
  stage = await ProcessStage.open();
  const { simulator } = stage;
  channelId = simulator.addChannel({ teamId: simulator.team.id, name: 'board' }).id;
  simulator.join(simulator.bot.user.id, [channelId]);
});

afterEach(() => stage[Symbol.asyncDispose]());

const start = (): Promise<DaemonProcess> => stage.startFollowing({ env: { BOARD_CHANNEL: channelId } });

const boards = (): readonly { readonly message: string; readonly is_pinned: boolean }[] =>
  stage.simulator.posts().filter((post) => post.channel_id === channelId);

const shows = (pattern: RegExp): Promise<void> => until(() => pattern.test(boards()[0]?.message ?? ''));

async function kill({ child, exited }: DaemonProcess): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

describe('the board of a daemon that is killed', () => {
  it('is the same post afterwards, as long as it is pinned even without the ledger', async () => {
    const first = await start();
    await shows(/^\*\*No agent is at work\*\*/);
    await until(() => boards()[0]?.is_pinned === true);
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await until(() => stage.simulator.posts().some(({ message }) => message.startsWith('**[ACTIVE] main**')));
    await kill(first);
    session.result('a').answer('Over.');
    const second = await start();
    await shows(/^\*\*No agent is at work\*\*/);
    await kill(second);
    rmSync(join(stage.stateDir, 'ledger.json'));
    const other = stage.session();
    const third = await start();
    other.begin('hello').call('b', 'npm run lint');
    await shows(/^\*\*1 at work\*\*\n- \[main\]\(http:\S+\/_redirect\/pl\/\w+\) since \d\d:\d\d/);
    expect(boards()).toMatchObject([{ is_pinned: true }]);
    third.child.kill('SIGTERM');
    expect(await third.exited).toBe(0);
    expect(boards()).toMatchObject([
      { message: expect.stringMatching(/^\*\*Status updates stopped\*\* \| 1 was at work/), is_pinned: true },
    ]);
  });

  it('is pinned afterwards, where it was killed between the two', async () => {
    stage.simulator.faults.hang({ route: 'POST /posts/:post_id/pin' });
    const first = await start();
    await until(() => stage.simulator.requests().some(({ route }) => route === 'POST /posts/:post_id/pin'));
    await kill(first);
    stage.simulator.faults.clear();
    await start();
    await until(() => boards()[0]?.is_pinned === true);
    expect(boards()).toHaveLength(1);
  });
});
