import type { GatewayStage } from './gateway-stage.ts';
import type { LiveStage } from './live-stage.ts';
import {
  end,
  killWhileThinking,
  modelFails,
  newSession,
  type Play,
  scene,
  secondMessage,
  stop,
  team,
  watch,
} from './plays.ts';

/** What a status post must show at last. */
export interface ExpectedPost {
  readonly state: 'DONE' | 'ERROR' | 'ABORTED' | 'INTERRUPTED';
  /** Texts that are in it, in this order; marks of Markdown do not count. */
  readonly shows: readonly string[];
  /** Texts that are not. */
  readonly never?: readonly string[];
}

/** Something that happens to a live gateway, and what readers must see of it. */
export interface Situation<Stage extends GatewayStage = LiveStage> {
  readonly name: string;
  readonly play: Play<Stage>;
  readonly posts: readonly ExpectedPost[];
  /** No other situation may go on meanwhile: it ends a process. */
  readonly alone?: true;
}

/** What an OpenClaw version does that others do not. */
export interface Habits {
  /** After a restart it goes on by itself where it was cut between two calls. */
  readonly resumes: boolean;
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
