import type { Conversation } from '../real/conversation.ts';
import { ask, type Play, scene } from '../real/plays.ts';
import type { OperatedStage } from './stage.ts';

type Talk = Conversation<OperatedStage>;

/** The person writes again while a call runs. */
export async function steer(talk: Talk): Promise<number> {
  talk.say(ask('busy'));
  await talk.shows('echo busy');
  return scene('second', 'The second request is done.')(talk);
}

/** The model answers that the request is wrong: OpenClaw does not try again. */
export async function modelRefuses(talk: Talk): Promise<number> {
  talk.say(ask('refused'));
  await talk.shows('[ERROR]');
  return talk.lastAnswerAt('refused');
}

/** A person has the session compacted after a run. */
export async function compact(talk: Talk): Promise<number> {
  talk.say(ask('before'));
  await talk.hears('Before the new session.');
  const answeredAt = await talk.lastAnswerAt('before');
  talk.say('/compact');
  await talk.hears('Compaction finished');
  return answeredAt;
}

/** An operator resets the session during a call. */
export async function reset(talk: Talk): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  const resetAt = Date.now();
  await talk.stage.operator.request('sessions.reset', { key: talk.stage.operator.keyIn(talk.channelId) });
  return resetAt;
}

/** An operator aborts the run during a call, as the Control UI does. */
export async function abort(talk: Talk): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  const abortedAt = Date.now();
  await talk.stage.operator.request('sessions.abort', { key: talk.stage.operator.keyIn(talk.channelId) });
  return abortedAt;
}

/** A person writes in a thread, and is answered there. */
export async function inThread(talk: Talk): Promise<number> {
  const { simulator, person } = talk.stage;
  const write = (message: string, rootId = ''): string =>
    simulator.writePost({ userId: person.id, channelId: talk.channelId, message, rootId }).id;
  const rootId = write('Good morning.');
  await talk.hears('All right.');
  write(ask('tools'), rootId);
  await talk.hears('The tour is over.');
  const astray = talk.statusPosts().filter((post) => post.root_id !== rootId);
  if (astray.length > 0) throw new Error('the status post is not in the thread of the request');
  return talk.lastAnswerAt('tools');
}

/** SIGTERM during a call: OpenClaw lets the run end first, and starts again. */
export async function drain(talk: Talk): Promise<number> {
  talk.say(ask('terminated'));
  await talk.shows('echo terminated');
  await talk.stage.gateway.stop('SIGTERM');
  await startAgain(talk);
  return talk.lastAnswerAt('terminated');
}

/** `kill -9` during a call: after its start OpenClaw resumes the work as another run. */
export async function kill(talk: Talk): Promise<number> {
  const { gateway, operator } = talk.stage;
  talk.say(ask('killed'));
  await talk.shows('echo killed');
  await gateway.stop('SIGKILL');
  await talk.shows('gateway unreachable');
  await startAgain(talk);
  await talk.hears('Not killed after all.');
  const runs = await operator.runsIn(talk.channelId);
  if (runs.size < 2) throw new Error('OpenClaw did not resume under a new run id: nothing was shown');
  return talk.lastAnswerAt('killed');
}

/** `kill -9` while the model thinks, and resume. */
export async function killThinking(talk: Talk): Promise<number> {
  talk.say(ask('thinking'));
  await talk.asked('thinking', 1);
  await talk.shows('echo thought');
  await talk.stage.gateway.stop('SIGKILL');
  await talk.shows('gateway unreachable');
  await startAgain(talk);
  await talk.hears('Thought about it.');
  return talk.lastAnswerAt('thinking');
}

/** Calls with pauses between them, for figures. */
export const marks: Play<OperatedStage> = async (talk) => {
  talk.say(ask('marks'));
  await talk.hears('All marks are set.');
  return talk.lastAnswerAt('marks');
};

async function startAgain({ stage }: Talk): Promise<void> {
  await stage.gateway.start();
  await stage.operator.connected();
}
