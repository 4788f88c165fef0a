import { failed, type LineExpectation, ok, recovered, type ShownPiece, say, spawn } from '@live-status/fixtures';
import type { Post } from '@live-status/simulators/mattermost';
import { judgePost, type ObservedPost, observePosts, rest, stateOf } from '@live-status/stage';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AgentWork, TOKENS } from './agent-work.ts';
import type { Company } from './company.ts';
import { ToldStory } from './told-story.ts';

const SPEED = 3;
/** A busy machine observes late. */
const TOLERANCE_MS = 1_500;

/** What a piece of work must show in the end. */
interface Ending {
  readonly outcome: ShownPiece['outcome'];
  readonly lines: readonly LineExpectation[];
  /** How many answers of models it took. */
  readonly answers: number;
  readonly reason?: string;
  readonly answer?: string;
}

const child = (label: string, ...lines: LineExpectation[]): LineExpectation =>
  spawn('', { label, lines, outcome: 'done', sessionKey: '', startMs: 0, endMs: 0 });

/** By scene, in the order in which the work begins. */
const ENDINGS: readonly (readonly Ending[])[] = [
  [
    {
      outcome: 'done',
      answers: 3,
      lines: [
        ok('', 'edit', 'start.html'),
        failed('', 'exec', 'npm test', 1),
        say('The discount is taken off twice.'),
        recovered('rate limit', 2),
        ok('', 'edit', 'discount.js'),
        ok('', 'exec', 'npm test'),
        child('phone', ok('', 'browser', 'localhost:8080'), ok('', 'image', 'phone.png')),
        child('spelling', ok('', 'read', 'english.txt'), ok('', 'exec', 'npm run spelling')),
        ok('', 'exec', './deploy.sh test-shop'),
      ],
    },
    {
      outcome: 'done',
      answers: 1,
      answer: '214 prices are up to date; 9 have changed.',
      lines: [
        ok('', 'read', 'suppliers.csv'),
        failed('', 'exec', './fetch-prices.sh', 1),
        say('The supplier did not answer.'),
        ok('', 'exec', './fetch-prices.sh'),
        ok('', 'write', 'prices.csv'),
      ],
    },
    {
      outcome: 'done',
      answers: 1,
      lines: [
        ok('', 'find', 'images/logo-*'),
        say('There are two logos'),
        ok('', 'ask_user', 'Which logo shall I use?'),
        ok('', 'edit', 'header.html'),
      ],
    },
    {
      outcome: 'done',
      answers: 1,
      lines: [ok('', 'read', 'visitors.yaml'), failed('', 'exec', 'npm run load-test', 1)],
    },
  ],
  [
    {
      outcome: 'error',
      answers: 0,
      reason: 'The model is overloaded.',
      lines: [ok('', 'read', 'new-coffees.csv')],
    },
    {
      outcome: 'aborted',
      answers: 0,
      lines: [ok('', 'exec', 'ls pictures'), { ...ok('', 'exec', 'sort-pictures.js'), state: 'aborted' }],
    },
    {
      outcome: 'interrupted',
      answers: 0,
      reason: 'the agent stopped',
      lines: [
        ok('', 'exec', './list-certificates.sh'),
        { ...ok('', 'exec', './renew-certificates.sh'), state: 'aborted' },
      ],
    },
    {
      outcome: 'timeout',
      answers: 0,
      reason: 'no longer followed',
      lines: [ok('', 'exec', 'df -h /backup'), ok('', 'exec', './backup.sh --everything')],
    },
  ],
];

/** What a scene left behind. */
interface Told {
  readonly company: Company;
  /** The daemon's posts that show work. */
  readonly posts: readonly ObservedPost[];
  /** Everything that was written, in the order of time. */
  readonly all: readonly Post[];
}

async function tell(scene: number): Promise<Told> {
  const { signal } = new AbortController();
  const story = await ToldStory.open({ speed: SPEED, env: { MAX_STATUS_LINES: '100' }, signal });
  try {
    await story.play(scene);
    const { company } = story;
    const { simulator } = story.stage;
    await rest(simulator, { signal });
    const placeOf = ({ channel_id: channelId, root_id: rootId }: Post) =>
      channelId === company.nightlyJobs.id
        ? ({ kind: 'default' } as const)
        : ({ kind: 'channel', channelId, rootId } as const);
    const posts = observePosts(simulator, { replacements: new Map(), placeOf }, { startedAt: 0 });
    return { company, posts: posts.filter(({ message }) => stateOf(message) !== undefined), all: simulator.posts() };
  } finally {
    await story.close();
  }
}

function pieceOf({ key, thread, outcome }: AgentWork, { answers, ...ending }: Ending): ShownPiece {
  const tokens = Object.fromEntries(Object.entries(TOKENS).map(([kind, count]) => [kind, count * answers]));
  return {
    ...ending,
    rootKey: key,
    startMs: outcome?.startedAt ?? 0,
    endMs: outcome?.endedAt ?? 0,
    toleranceMs: TOLERANCE_MS,
    tokens: tokens as unknown as ShownPiece['tokens'],
    posts: 'always',
    target:
      thread === undefined
        ? { kind: 'default', origin: 'cron' }
        : { kind: 'channel', channelId: thread.channel.id, rootId: thread.rootId },
    why: 'the story says so',
  };
}

/** Every text that a post had at some time. */
const textsOf = (posts: readonly ObservedPost[]): string[] =>
  posts.flatMap(({ versions }) => versions.map(({ message }) => message));

describe('the story, played under a real daemon', () => {
  let told: readonly Told[];
  beforeAll(async () => {
    told = await Promise.all(ENDINGS.map((_, scene) => tell(scene)));
  }, 180_000);

  it.each([0, 1])('brings every post of scene %i to its true end', (scene) => {
    const { company, posts } = told[scene] as Told;
    const endings = ENDINGS[scene] ?? [];
    expect(company.works).toHaveLength(endings.length);
    expect(posts).toHaveLength(endings.length);
    const problems = company.works.flatMap((work, at) => {
      const piece = pieceOf(work, endings[at] as Ending);
      const post = posts.find(({ place }) => JSON.stringify(place) === JSON.stringify(placeOf(piece)));
      return post === undefined ? [`${work.key} has no post`] : judgePost(post, piece, { playedAt: (ms) => ms });
    });
    expect(problems).toEqual([]);
  });

  it('shows every state', () => {
    const states = told.flatMap(({ posts }) => textsOf(posts).map(stateOf));
    expect(new Set(states)).toEqual(
      new Set(['ACTIVE', 'WAITING', 'DONE', 'ERROR', 'ABORTED', 'INTERRUPTED', 'TIMEOUT']),
    );
  });

  it.each([
    ['a plan under way', /^\*\*\[ACTIVE\].* \| plan 1\/3/],
    [
      'a command that waits for approval',
      /\.\/deploy\.sh test-shop.* waits for approval.* Answer here: `@openclaw \/approve/,
    ],
    ['a question with its options', /Which logo shall I use\? \(Green on white, White on green\)/],
    ['the answer to it', /Which logo shall I use\?.* \[answered\]/],
    ['a model that is asked again', /Model: rate limit, attempt 3 in/],
    ['two sub-agents at work at once', /: phone\n {4}- [\s\S]*: spelling\n {4}- /],
    ['a command in the background', /^\*\*\[DONE\].* 1 in background/],
    ['its failure after the end', /^\*\*\[DONE\].* 1 failed in background/],
  ])('shows %s', (_, pattern) => {
    expect(textsOf(told[0]?.posts ?? []).filter((text) => pattern.test(text))).not.toEqual([]);
  });

  it('notifies Mia of the approval, and says how it ended', () => {
    const { posts = [], company, all = [] } = told[0] ?? {};
    const shown = new Set(posts.map(({ id }) => id));
    const notices = all.filter(({ id, type }) => type === 'custom_live_status' && !shown.has(id));
    expect(notices.map(({ root_id }) => root_id)).toEqual([company?.works[0]?.thread?.rootId]);
    expect(notices[0]?.message).toMatch(/Approved: `\.\/deploy\.sh test-shop`/);
  });
});

function placeOf({ target }: ShownPiece): unknown {
  return target.kind === 'default' ? { kind: 'default' } : target;
}
