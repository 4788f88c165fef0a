import type { Conversation } from './conversation.ts';
import { SCENE_WORD, type SceneName } from './scenes.ts';

/** What a status post must show at last. */
export interface ExpectedPost {
  readonly state: 'DONE' | 'ERROR' | 'ABORTED' | 'INTERRUPTED';
  /** Texts that are in it, in this order; marks of Markdown do not count. */
  readonly shows: readonly string[];
  /** Texts that are not. */
  readonly never?: readonly string[];
}

/** Something that happens to a live gateway, and what readers must see of it. */
export interface Situation {
  readonly name: string;
  /** Makes it happen; resolves, as soon as its last cause is there, with the time of that, milliseconds since the epoch. */
  readonly play: (talk: Conversation) => Promise<number>;
  readonly posts: readonly ExpectedPost[];
  /** No other situation may go on meanwhile: it ends a process. */
  readonly alone?: true;
}

/** What an OpenClaw version does that others do not. */
export interface Habits {
  /** After a restart it goes on by itself where it was cut between two calls. */
  readonly resumes: boolean;
}

const ask = (scene: SceneName): string => `${SCENE_WORD}${scene} please`;

/** A scene from the question to the agent's last words. */
function scene(name: SceneName, lastWords: string, last: SceneName = name): Situation['play'] {
  return async (talk) => {
    talk.say(ask(name));
    await talk.hears(lastWords);
    return talk.lastAnswerAt(last);
  };
}

/** Every situation, in order. */
export function situations({ resumes }: Habits): Situation[] {
  return [
    // OpenClaw 2026.3.28 prepares its workspace with the first message, and loses others that come meanwhile.
    { name: 'plain answer', play: scene('plain', 'A plain answer.'), posts: [], alone: true },
    {
      name: 'tools',
      play: scene('tools', 'The tour is over.'),
      posts: [
        {
          state: 'DONE',
          shows: [
            'I will look around first',
            'sleep 2; echo around [OK]',
            'Writing notes.txt',
            'Reading notes.txt',
            'Editing notes.txt',
            'The tour is over',
          ],
          never: ['error', 'exit'],
        },
      ],
    },
    {
      name: 'parallel calls',
      play: scene('parallel', 'All three came back.'),
      posts: [{ state: 'DONE', shows: ['echo late [OK]', 'echo early [OK]', 'AGENTS.md', 'All three came back'] }],
    },
    {
      name: 'failing exec',
      play: scene('failing', 'Two things failed.'),
      posts: [{ state: 'DONE', shows: ['exit 3 [exit 3]', 'missing.txt [error]', 'Two things failed'] }],
    },
    {
      name: 'sub-agent',
      play: scene('subagent', 'The helper came back.', 'announce'),
      posts: [
        {
          state: 'DONE',
          shows: [
            'I hand this over',
            'Sub-agent: helper-one',
            'echo from-the-child [OK]',
            '[DONE]',
            'The helper came back',
          ],
        },
      ],
    },
    {
      name: 'two sub-agents, awaited',
      play: team,
      posts: [
        {
          state: 'DONE',
          shows: ['helper-one', 'echo from-one [OK]', '[DONE]', 'helper-two', 'exit 4 [exit 4]', '[DONE]', 'came back'],
        },
      ],
    },
    {
      name: 'a second message during a run',
      play: secondMessage,
      posts: [
        { state: 'DONE', shows: ['echo busy [OK]', 'No longer busy'], never: ['echo second'] },
        { state: 'DONE', shows: ['echo second [OK]', 'The second request is done'], never: ['echo busy'] },
      ],
    },
    {
      name: '/stop during a call',
      play: stop,
      posts: [{ state: 'ABORTED', shows: ['sleep 7; echo slow ['], never: ['[OK]'] }],
    },
    {
      name: 'model fails',
      play: modelFails,
      posts: [{ state: 'ERROR', shows: ['500', 'echo before-the-error [OK]'] }],
    },
    {
      name: '/new between two runs',
      play: newSession,
      posts: [
        { state: 'DONE', shows: ['echo before [OK]', 'Before the new session'], never: ['echo after'] },
        { state: 'DONE', shows: ['echo after [OK]', 'After the new session'], never: ['echo before'] },
      ],
    },
    {
      name: 'long answer without a call',
      play: scene('stream', 'That is all.'),
      posts: [{ state: 'DONE', shows: ['A long answer'] }],
    },
    {
      name: 'Live Status restarted during a run',
      play: (talk) => watch(talk, 'SIGTERM'),
      posts: [{ state: 'DONE', shows: ['echo first-part [OK]', 'echo second-part [OK]', 'Watched to the end'] }],
      alone: true,
    },
    {
      name: 'Live Status killed during a run',
      play: (talk) => watch(talk, 'SIGKILL'),
      posts: [{ state: 'DONE', shows: ['echo first-part [OK]', 'echo second-part [OK]', 'Seen in spite of a crash'] }],
      alone: true,
    },
    {
      name: 'gateway SIGTERM during a call',
      play: (talk) => end(talk, 'SIGTERM'),
      posts: [{ state: 'INTERRUPTED', shows: ['the agent stopped', 'echo terminated'], never: ['[OK]'] }],
      alone: true,
    },
    {
      name: 'gateway kill -9 during a call',
      play: (talk) => end(talk, 'SIGKILL'),
      posts: [{ state: 'INTERRUPTED', shows: ['the agent stopped', 'echo killed'], never: ['[OK]'] }],
      alone: true,
    },
    {
      name: 'gateway kill -9 while the model thinks, and restart',
      play: (talk) => killWhileThinking(talk, resumes),
      posts: [
        resumes
          ? { state: 'DONE', shows: ['echo thought [OK]', 'Thought about it'] }
          : { state: 'INTERRUPTED', shows: ['the agent stopped', 'echo thought [OK]'] },
      ],
      alone: true,
    },
  ];
}

async function stop(talk: Conversation): Promise<number> {
  talk.say(ask('slow'));
  await talk.shows('echo slow');
  return talk.say('/stop');
}

async function modelFails(talk: Conversation): Promise<number> {
  talk.say(ask('broken'));
  // OpenClaw tries again, how often depends on its version, and need not say anything about it in the channel.
  await talk.shows('[ERROR]');
  return talk.lastAnswerAt('broken');
}

async function newSession(talk: Conversation): Promise<number> {
  talk.say(ask('before'));
  await talk.hears('Before the new session.');
  talk.say('/new');
  await talk.hears('ew session started');
  return scene('after', 'After the new session.')(talk);
}

async function team(talk: Conversation): Promise<number> {
  talk.say(ask('team'));
  // Each helper that ends makes the agent speak.
  await talk.asked('announce', 0, 2);
  await talk.shows('[DONE]');
  return talk.lastAnswerAt('announce');
}

async function secondMessage(talk: Conversation): Promise<number> {
  talk.say(ask('busy'));
  await talk.shows('echo busy');
  return scene('second', 'The second request is done.')(talk);
}

async function watch(talk: Conversation, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
  const name = signal === 'SIGTERM' ? 'watched' : 'crashed';
  talk.say(ask(name));
  await talk.shows('echo first-part');
  await talk.stage.daemon.restart(signal, 1_000);
  await talk.hears(signal === 'SIGTERM' ? 'Watched to the end.' : 'Seen in spite of a crash.');
  return talk.lastAnswerAt(name);
}

async function end(talk: Conversation, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
  const name = signal === 'SIGTERM' ? 'terminated' : 'killed';
  talk.say(ask(name));
  await talk.shows(`echo ${name}`);
  const endedAt = Date.now();
  await talk.stage.gateway.stop(signal);
  await talk.shows('[INTERRUPTED]');
  await talk.stage.gateway.start();
  return endedAt;
}

async function killWhileThinking(talk: Conversation, resumes: boolean): Promise<number> {
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
