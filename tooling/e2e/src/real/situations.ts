import { isAtLeast, isGatewayVersion } from './openclaw.ts';
import type { AgentName } from './openclaw-config.ts';
import {
  abort,
  answerApproval,
  answerQuestion,
  background,
  compact,
  drain,
  end,
  inThread,
  kill,
  killThinking,
  killWhileThinking,
  killWhileWaiting,
  modelFails,
  modelRefuses,
  newSession,
  type Play,
  reset,
  scene,
  secondMessage,
  stop,
  team,
  watch,
} from './plays.ts';
import type { RealStage, WatchedStage } from './stage.ts';

/** What a status post must show at last. */
export interface ExpectedPost {
  readonly state: 'DONE' | 'ERROR' | 'ABORTED' | 'INTERRUPTED';
  /** Texts that one version showed together, in this order; several of these for several versions. Default: none. */
  readonly before?: readonly (readonly string[])[];
  /** Texts that are in it, in this order; marks of Markdown do not count. The answer is the conversation's next message. */
  readonly shows: readonly string[];
  /** Texts that are not. */
  readonly never?: readonly string[];
}

/** Something that happens to a live gateway, and what readers must see of it. */
export interface Situation<Stage extends RealStage = WatchedStage> {
  readonly name: string;
  readonly play: Play<Stage>;
  readonly posts: readonly ExpectedPost[];
  /** No other situation may go on meanwhile: it ends a process. */
  readonly alone?: true;
  /** What the notices say first, and at last. Default: there are none. */
  readonly notices?: readonly { readonly first: string; readonly last: string }[];
  /** Who answers. Default: the agent that answers everywhere. */
  readonly agent?: AgentName;
  /** The person writes to the agent alone. */
  readonly isDirect?: true;
}

/** Since this version OpenClaw resumes by itself what a restart cut between two calls. */
const FIRST_RESUMING = '2026.6.11';

/** Every situation that is played beside a version of OpenClaw, in order. */
export function situationsOf(version: string): Situation[] {
  const common = situations({ resumes: isAtLeast(version, FIRST_RESUMING) });
  return isGatewayVersion(version)
    ? [...common.filter(({ name }) => !OTHERWISE.test(name)), ...WAITING, ...OWN]
    : common;
}

function situations({ resumes }: { readonly resumes: boolean }): Situation[] {
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
          ],
          never: ['error', 'exit', 'The tour is over'],
        },
      ],
    },
    {
      name: 'parallel calls',
      play: scene('parallel', 'All three came back.'),
      posts: [
        { state: 'DONE', shows: ['echo late [OK]', 'echo early [OK]', 'AGENTS.md'], never: ['All three came back'] },
      ],
    },
    {
      name: 'failing exec',
      play: scene('failing', 'Two things failed.'),
      posts: [{ state: 'DONE', shows: ['exit 3 [exit 3]', 'missing.txt [error]'], never: ['Two things failed'] }],
    },
    {
      name: 'sub-agent',
      play: scene('subagent', 'The helper came back.', 'announce'),
      posts: [
        {
          state: 'DONE',
          shows: ['I hand this over', 'Sub-agent: helper-one [DONE]', 'echo from-the-child [OK]'],
          never: ['The helper came back'],
        },
      ],
    },
    {
      name: 'two sub-agents, awaited',
      play: team,
      posts: [
        {
          state: 'DONE',
          shows: ['helper-one [DONE]', 'echo from-one [OK]', 'helper-two [DONE]', 'exit 4 [exit 4]'],
          never: ['came back'],
        },
      ],
    },
    {
      name: 'a second message during a run',
      play: secondMessage,
      posts: [
        { state: 'DONE', shows: ['echo busy [OK]'], never: ['echo second', 'No longer busy'] },
        { state: 'DONE', shows: ['echo second [OK]'], never: ['echo busy', 'The second request is done'] },
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
        { state: 'DONE', shows: ['echo before [OK]'], never: ['echo after', 'Before the new session'] },
        { state: 'DONE', shows: ['echo after [OK]'], never: ['echo before', 'After the new session'] },
      ],
    },
    {
      name: 'long answer without a call',
      play: scene('stream', 'That is all.'),
      posts: [{ state: 'DONE', shows: [], never: ['A long answer'] }],
    },
    {
      name: 'Live Status restarted during a run',
      play: (talk) => watch(talk, 'SIGTERM'),
      posts: [
        { state: 'DONE', shows: ['echo first-part [OK]', 'echo second-part [OK]'], never: ['Watched to the end'] },
      ],
      alone: true,
    },
    {
      name: 'Live Status killed during a run',
      play: (talk) => watch(talk, 'SIGKILL'),
      posts: [{ state: 'DONE', shows: ['echo first-part [OK]', 'echo second-part [OK]'], never: ['Seen in spite'] }],
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
          ? { state: 'DONE', shows: ['echo thought [OK]'], never: ['Thought about it'] }
          : { state: 'INTERRUPTED', shows: ['the agent stopped', 'echo thought [OK]'] },
      ],
      alone: true,
    },
  ];
}

/** A turn with tools. */
export const TOUR = { state: 'DONE', shows: ['sleep 2; echo around [OK]', 'Editing notes.txt'] } as const;
const CUT = { state: 'ABORTED', shows: ['sleep 7; echo slow ['], never: ['[OK]'] } as const;

/** What a post says that waits for alice. */
const waitsFor = (command: string): readonly string[] => [
  '[WAITING]',
  `approval: ${command}`,
  `exec: ${command} waits for approval for`,
  'Answer here: @',
];

/** What alice is notified of, and how it ends. */
const noticeOf = (command: string, decided: string): Situation['notices'] & {} => [
  { first: `@alice Waiting for approval: ${command}. Answer here: @`, last: `${decided}: ${command}` },
];

/** What OpenClaw tells of since 2026.8 while an agent waits, plans, or has trouble with its model. */
const WAITING: readonly Situation[] = [
  {
    name: 'approval allowed by the words of the post',
    agent: 'gated',
    play: (talk) => answerApproval(talk, 'allow-once'),
    notices: noticeOf('printf allowed-by-alice', 'Approved'),
    posts: [
      {
        before: [waitsFor('printf allowed-by-alice')],
        state: 'DONE',
        shows: ['It needs a command', 'exec: printf allowed-by-alice [OK]'],
        never: ['/approve', 'It was allowed'],
      },
    ],
  },
  {
    name: 'approval denied by the words of the post',
    agent: 'gated',
    play: (talk) => answerApproval(talk, 'deny'),
    notices: noticeOf('printf denied-by-alice', 'Denied'),
    posts: [
      {
        before: [waitsFor('printf denied-by-alice')],
        state: 'DONE',
        shows: ['exec: printf denied-by-alice [denied]'],
        never: ['/approve', 'Then I leave it'],
      },
    ],
  },
  {
    name: 'question answered',
    play: answerQuestion,
    posts: [
      {
        before: [
          ['[WAITING]', 'asks: Where shall I deploy?', 'Asks: Where shall I deploy? (Staging, Production), waits'],
        ],
        state: 'DONE',
        shows: ['Asks: Where shall I deploy? (Staging, Production) [answered]'],
        never: ['I deploy as you say', 'tool_call'],
      },
    ],
  },
  {
    name: 'plan',
    play: scene('planned', 'All went as planned.'),
    posts: [
      {
        before: [
          ['[ACTIVE]', 'plan 0/3', '▸ **Find the cause**', '○ Write the fix', '○ Run the checks', 'echo cause ...'],
          ['[ACTIVE]', 'plan 1/3', '✓ Find the cause', '▸ **Write the fix**', '○ Run the checks', 'echo fix ...'],
        ],
        state: 'DONE',
        shows: ['✓ Find the cause', '✓ Write the fix', '✓ Run the checks', 'echo cause [OK]', 'echo fix [OK]'],
        never: ['plan 3/3', 'progress', 'As planned'],
      },
    ],
  },
  {
    name: 'model at its rate limit, recovered',
    play: scene('limited', 'The limit is over.'),
    posts: [
      {
        before: [['[ACTIVE]', 'Model: rate limit', 'echo before-the-limit [OK]', 'Model: rate limit, ']],
        state: 'DONE',
        shows: ['echo before-the-limit [OK]', 'Model: rate limit x2, recovered'],
        never: ['The limit is over'],
      },
    ],
  },
  {
    name: 'model out of order, recovered',
    play: scene('unstable', 'The outage is over.'),
    posts: [
      {
        before: [['[ACTIVE]', 'Model: server error', 'echo before-the-outage [OK]', 'Model: server error, ']],
        state: 'DONE',
        shows: ['echo before-the-outage [OK]', 'Model: server error x2, recovered'],
        never: ['The outage is over'],
      },
    ],
  },
  {
    name: 'second model after a billing error',
    agent: 'fallback',
    play: scene('unpaid', 'Done by the second.'),
    posts: [
      {
        before: [['[ACTIVE]', 'Model: billing, now mock-2', 'echo on-the-second ...']],
        state: 'DONE',
        shows: ['mock-2', 'Model: billing, now mock-2', 'echo on-the-second [OK]'],
        never: ['Done by the second'],
      },
    ],
  },
  {
    name: 'background command that fails after its run',
    play: background,
    posts: [
      {
        before: [['[DONE]', '1 in background', 'echo foreground [OK]', 'sleep 9; exit 3 [background]']],
        state: 'DONE',
        shows: ['echo foreground [OK]', 'sleep 9; exit 3 [exit 3]'],
        never: ['| 1 in background', 'without me'],
      },
    ],
  },
  {
    name: 'Live Status killed while an approval waits',
    agent: 'gated',
    play: killWhileWaiting,
    notices: noticeOf('printf allowed-at-last', 'Approved'),
    posts: [
      {
        before: [waitsFor('printf allowed-at-last')],
        state: 'DONE',
        shows: ['exec: printf allowed-at-last [OK]'],
        never: ['/approve', 'Allowed after all'],
      },
    ],
    alone: true,
  },
];

/** Ends that are others than where OpenClaw writes transcripts, or that only this version has. */
const OWN: readonly Situation[] = [
  {
    // It goes into the run.
    name: 'a second message during a run',
    play: secondMessage,
    posts: [{ state: 'DONE', shows: ['echo busy [OK]', 'echo second [OK]'], never: ['request is done'] }],
  },
  {
    // With a 500 it would try again for 90 s.
    name: 'model refuses',
    play: modelRefuses,
    posts: [{ state: 'ERROR', shows: ['rejected', 'echo before-the-refusal [OK]'] }],
  },
  {
    name: 'compaction by hand after a run',
    play: compact,
    posts: [{ state: 'DONE', shows: ['echo before [OK]'], never: ['compact', 'Before the new session'] }],
  },
  { name: 'in a thread', play: inThread, posts: [TOUR] },
  { name: 'direct message', play: scene('tools', 'The tour is over.'), posts: [TOUR], isDirect: true },
  { name: 'abort by an operator', play: abort, posts: [CUT] },
  { name: 'reset by an operator', play: reset, posts: [CUT] },
  {
    name: 'gateway SIGTERM during a call',
    play: drain,
    posts: [{ state: 'DONE', shows: ['echo terminated [OK]'], never: ['Not cut after all'] }],
    alone: true,
  },
  {
    name: 'gateway kill -9 during a call, resumed',
    play: kill,
    posts: [{ state: 'DONE', shows: ['echo killed ['], never: ['[OK]'] }],
    alone: true,
  },
  {
    name: 'gateway kill -9 while the model thinks, resumed',
    play: killThinking,
    posts: [{ state: 'DONE', shows: ['echo thought [OK]'], never: ['Thought about it'] }],
    alone: true,
  },
];

/** What goes on otherwise than in older versions, for readers too. */
const OTHERWISE = /^gateway |^a second message|^model fails/;
