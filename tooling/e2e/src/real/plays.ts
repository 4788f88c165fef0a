import { delay } from '@live-status/resilience';
import type { Conversation } from './conversation.ts';
import type { Operator } from './operator.ts';
import { SCENE_WORD, type SceneName } from './scenes.ts';
import type { RealStage, WatchedStage } from './stage.ts';

/**
 * Makes something happen in a conversation. Resolves, as soon as its last cause is there, with the time of that,
 * milliseconds since the epoch.
 */
export type Play<Stage extends RealStage = WatchedStage> = (talk: Conversation<Stage>) => Promise<number>;

/** How long a post must go on waiting after a restart. */
const STILL_WAITING_MS = 4_000;

/** What a person writes to have a scene played. */
const ask = (scene: SceneName): string => `${SCENE_WORD}${scene} please`;

/** A scene from the question to the agent's last words. */
export function scene(name: SceneName, lastWords: string, last: SceneName = name): Play<RealStage> {
  return async (talk) => {
    talk.say(ask(name));
    await talk.hears(lastWords);
    return talk.lastAnswerAt(last);
  };
}

/** The person stops the agent while a call runs. */
export async function stop(talk: Conversation): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  return talk.say('/stop');
}

/** The model answers 500, whatever OpenClaw tries. */
export async function modelFails(talk: Conversation): Promise<number> {
  talk.say(ask('broken'));
  // OpenClaw tries again, how often depends on its version, and need not say anything about it in the channel.
  await talk.shows('[ERROR]');
  return talk.lastAnswerAt('broken');
}

/** Two runs with `/new` between them. */
export async function newSession(talk: Conversation): Promise<number> {
  talk.say(ask('before'));
  await talk.hears('Before the new session.');
  talk.say('/new');
  await talk.hears('ew session started');
  return scene('after', 'After the new session.')(talk);
}

/** Two helpers, of which one fails a call, and an agent that waits for both. */
export async function team(talk: Conversation): Promise<number> {
  talk.say(ask('team'));
  await talk.shows('exit 4` [exit 4]');
  await talk.shows('**[DONE]');
  return talk.lastAnswerAt('announce');
}

/** The person writes again while a call runs. */
export async function secondMessage(talk: Conversation): Promise<number> {
  talk.say(ask('busy'));
  await talk.shows('echo busy');
  return scene('second', 'The second request is done.')(talk);
}

/** Live Status itself is ended during a call, and started again. */
export async function watch(talk: Conversation, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
  const name = signal === 'SIGTERM' ? 'watched' : 'crashed';
  talk.say(ask(name));
  await talk.shows('echo first-part');
  await talk.stage.daemon.restart(signal, 1_000);
  await talk.hears(signal === 'SIGTERM' ? 'Watched to the end.' : 'Seen in spite of a crash.');
  return talk.lastAnswerAt(name);
}

/** The gateway is ended during a call, and started again. */
export async function end(talk: Conversation, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
  const name = signal === 'SIGTERM' ? 'terminated' : 'killed';
  talk.say(ask(name));
  await talk.shows(`echo ${name}`);
  const endedAt = Date.now();
  await talk.stage.gateway.stop(signal);
  await talk.shows('[INTERRUPTED]');
  await talk.stage.gateway.start();
  return endedAt;
}

/** The gateway is killed after a call, while the model thinks, and started again. */
export async function killWhileThinking(talk: Conversation, resumes: boolean): Promise<number> {
  const { gateway } = talk.stage;
  talk.say(ask('thinking'));
  await talk.asked('thinking', 1);
  await talk.shows('echo thought');
  const killedAt = Date.now();
  await gateway.stop('SIGKILL');
  await talk.shows('[INTERRUPTED]');
  await gateway.start();
  if (!resumes) return killedAt;
  await talk.hears('Thought about it.');
  return talk.lastAnswerAt('thinking');
}

/** The model answers that the request is wrong: OpenClaw does not try again. */
export async function modelRefuses(talk: Conversation): Promise<number> {
  talk.say(ask('refused'));
  await talk.shows('[ERROR]');
  return talk.lastAnswerAt('refused');
}

/** A person has the session compacted after a run. */
export async function compact(talk: Conversation): Promise<number> {
  talk.say(ask('before'));
  await talk.hears('Before the new session.');
  const answeredAt = await talk.lastAnswerAt('before');
  talk.say('/compact');
  await talk.hears('Compaction finished');
  return answeredAt;
}

/** An operator resets the session during a call. */
export async function reset(talk: Conversation): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  const resetAt = Date.now();
  const operator = operatorOf(talk);
  await operator.request('sessions.reset', { key: operator.keyIn(talk.channelId) });
  return resetAt;
}

/** An operator aborts the run during a call, as the Control UI does. */
export async function abort(talk: Conversation): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  const abortedAt = Date.now();
  const operator = operatorOf(talk);
  await operator.request('sessions.abort', { key: operator.keyIn(talk.channelId) });
  return abortedAt;
}

/** A person writes in a thread, and is answered there. */
export async function inThread(talk: Conversation): Promise<number> {
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
export async function drain(talk: Conversation): Promise<number> {
  talk.say(ask('terminated'));
  await talk.shows('echo terminated');
  await talk.stage.gateway.stop('SIGTERM');
  await startAgain(talk);
  return talk.lastAnswerAt('terminated');
}

/** `kill -9` during a call: after its start OpenClaw resumes the work as another run. */
export async function kill(talk: Conversation): Promise<number> {
  const { gateway } = talk.stage;
  talk.say(ask('killed'));
  await talk.shows('echo killed');
  await gateway.stop('SIGKILL');
  await talk.shows('gateway unreachable');
  await startAgain(talk);
  await talk.hears('Not killed after all.');
  const runs = await operatorOf(talk).runsIn(talk.channelId);
  if (runs.size < 2) throw new Error('OpenClaw did not resume under a new run id: nothing was shown');
  return talk.lastAnswerAt('killed');
}

/** `kill -9` while the model thinks, and resume. */
export async function killThinking(talk: Conversation): Promise<number> {
  talk.say(ask('thinking'));
  await talk.asked('thinking', 1);
  await talk.shows('echo thought');
  await talk.stage.gateway.stop('SIGKILL');
  await talk.shows('gateway unreachable');
  await startAgain(talk);
  await talk.hears('Thought about it.');
  return talk.lastAnswerAt('thinking');
}

/** The person types what the post says to allow or to deny a command. */
export async function answerApproval(talk: Conversation, decision: 'allow-once' | 'deny'): Promise<number> {
  const name = decision === 'deny' ? 'denied' : 'allowed';
  talk.say(ask(name));
  await talk.shows('[WAITING]');
  talk.say(wordsFor(decision, talk));
  await talk.hears(decision === 'deny' ? 'Then I leave it.' : 'It was allowed.');
  return talk.lastAnswerAt(name);
}

/** `kill -9` of Live Status while a command waits for approval: the next one says so, too. */
export async function killWhileWaiting(talk: Conversation): Promise<number> {
  talk.say(ask('patient'));
  await talk.shows('[WAITING]');
  await talk.stage.daemon.restart('SIGKILL', 1_000);
  // Time enough to say something else.
  await delay(STILL_WAITING_MS);
  const [post] = talk.statusPosts();
  const versions = post === undefined ? [] : talk.versionsOf(post).map((version) => version.post.message);
  if (!versions.every((message) => message.includes('[WAITING]'))) throw new Error('it did not wait all the time');
  talk.say(wordsFor('allow-once', talk));
  await talk.hears('Allowed after all.');
  return talk.lastAnswerAt('patient');
}

/** The agent asks, and the person takes the second option. */
export async function answerQuestion(talk: Conversation): Promise<number> {
  talk.say(ask('question'));
  await talk.shows('[WAITING]');
  await talk.hears('Question for you');
  talk.say('2');
  await talk.hears('I deploy as you say.');
  return talk.lastAnswerAt('question');
}

/** A command goes on after its run, and fails. */
export async function background(talk: Conversation): Promise<number> {
  talk.say(ask('background'));
  await talk.hears('The rest goes on without me.');
  await talk.shows('1 in background');
  await talk.shows('[exit 3]');
  return talk.lastAnswerAt('background');
}

/** What a waiting post says to type. */
function wordsFor(decision: 'allow-once' | 'deny', talk: Conversation): string {
  const message = talk.statusPosts().at(-1)?.message ?? '';
  const words = [...message.matchAll(/`(@\S+ \/approve [^`]+)`/g)].map(([, said = '']) => said);
  const found = words.find((said) => said.endsWith(` ${decision}`));
  if (found === undefined) throw new Error(`no words to ${decision} in: ${message}`);
  return found;
}

/** Calls with pauses between them, for figures. */
export const marks: Play = scene('marks', 'All marks are set.');

async function startAgain({ stage }: Conversation): Promise<void> {
  await stage.gateway.start();
  await stage.operator?.connected();
}

function operatorOf({ stage }: Conversation): Operator {
  if (stage.operator === undefined) throw new Error('Only a gateway of OpenClaw 2026.8 or later has an operator.');
  return stage.operator;
}
