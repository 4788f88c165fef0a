import type { Conversation } from './conversation.ts';
import type { GatewayStage } from './gateway-stage.ts';
import type { LiveStage } from './live-stage.ts';
import { SCENE_WORD, type SceneName } from './scenes.ts';

/**
 * Makes something happen in a conversation. Resolves, as soon as its last cause is there, with the time of that,
 * milliseconds since the epoch.
 */
export type Play<Stage extends GatewayStage = LiveStage> = (talk: Conversation<Stage>) => Promise<number>;

/** What a person writes to have a scene played. */
export const ask = (scene: SceneName): string => `${SCENE_WORD}${scene} please`;

/** A scene from the question to the agent's last words. */
export function scene(name: SceneName, lastWords: string, last: SceneName = name): Play<GatewayStage> {
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
