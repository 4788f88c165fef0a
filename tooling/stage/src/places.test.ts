import { readRecording } from '@live-status/fixtures';
import { createSimulator } from '@live-status/simulators/mattermost';
import { expect, it } from 'vitest';
import { makePlaces } from './places.ts';

it('stands in for recorded channels, people and threads, and reads them back', async () => {
  await using simulator = await createSimulator();
  const userId = simulator.bot.user.id;
  const threads = makePlaces(simulator, readRecording('2026.7.1', 'thread-subagent'));
  const channelId = threads.replacements.get('chanthsub00000000000000000') ?? '';
  const rootId = threads.replacements.get('rootsubrrrrrrrrrrrrrrrrrrr') ?? '';
  const inThread = simulator.writePost({ userId, channelId, rootId, message: 'x' });
  expect(threads.placeOf(inThread)).toEqual({
    kind: 'channel',
    channelId: 'chanthsub00000000000000000',
    rootId: 'rootsubrrrrrrrrrrrrrrrrrrr',
  });

  const direct = makePlaces(simulator, readRecording('2026.3.28', 'plain-dm'));
  const aliceId = direct.replacements.get('alice0000000000000000000u1') ?? '';
  const dm = simulator.addDirectChannel([userId, aliceId]);
  const toAlice = simulator.writePost({ userId, channelId: dm.id, message: 'x' });
  expect(direct.placeOf(toAlice)).toEqual({ kind: 'user', userId: 'alice0000000000000000000u1' });

  const elsewhere = simulator.writePost({ userId, channelId: simulator.channel.id, message: 'x' });
  expect(direct.placeOf(elsewhere)).toEqual({ kind: 'default' });
});
