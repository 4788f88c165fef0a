import { reasonsOf } from '@live-status/stage';
import { describe, it, vi } from 'vitest';
import { type FaultScenarios, faultScenarios } from './faults.ts';
import { playFault, type Seen, type SeenPost } from './play-fault.ts';

// Most of the time they wait.
vi.setConfig({ maxConcurrency: 14 });

const scenarios = faultScenarios();
const play = (name: keyof FaultScenarios, signal: AbortSignal): Promise<Seen> => playFault(scenarios[name], signal);

/** What `/health` said, a status that is repeated once. */
function statuses({ health }: Seen): string[] {
  return health.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
}

/** The calls that the last version of a post names. */
function shown(post: SeenPost | undefined): string[] {
  return (post?.message ?? '')
    .split('\n')
    .slice(1)
    .map((line) => /`([^`]+)`/.exec(line)?.[1] ?? line.replace(/^- /, ''));
}

const steps = (count: number, name = 'step'): string[] => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);
const warnings = ({ warnings: lines }: Seen): string[] => lines.map(({ msg }) => msg);
const writes = ({ requests }: Seen): readonly string[] =>
  requests.flatMap(({ route = '' }) => (/^POST \/posts$|\/patch$/.test(route) ? [route.slice(0, 4).trim()] : []));

const STOPPED = { code: 0, signal: null };
const AWAY = 'Mattermost does not answer: posts wait, retrying automatically';

describe.concurrent('while Mattermost is not well', { timeout: 60_000 }, () => {
  it.for([
    ['serverDown', /ECONNREFUSED/],
    ['flapping', /ECONNRESET/],
    ['hanging', /has not answered a request for \d+ s|no answer within 10 s/],
    ['html502', /502/],
  ] as const)('%s: every end is shown, each in its one post; health reports it', async ([name, cause], context) => {
    const { expect, signal } = context;
    const seen = await play(name, signal);
    expect(seen.posts.map(shown).sort((a, b) => a.length - b.length)).toEqual([
      steps(3),
      ['first step', ...steps(3)],
      ['first step', ...steps(3), ...steps(2, 'later')],
    ]);
    for (const post of seen.posts) expect(post.states.filter((state) => state !== 'ACTIVE')).toEqual(['DONE']);

    const troubled = seen.health.filter(({ status }) => status !== 'ok');
    expect(statuses(seen)[0]).toBe('ok');
    expect(statuses(seen).at(-1)).toBe('ok');
    // A server that hangs for 12 s is noticed once, and one that flaps may be back before the circuit opens.
    const lasts = name === 'serverDown' || name === 'html502';
    expect(troubled.some(({ status }) => status === 'failing' || !lasts)).toBe(true);
    for (const { reasons } of troubled) {
      expect(reasons).not.toEqual([]);
      for (const { what, fix } of reasons) {
        expect(what).toMatch(cause);
        expect(fix).toMatch(/again by itself/);
      }
    }
    expect(warnings(seen).filter((warning) => warning !== AWAY)).toEqual([]);
    if (lasts) expect(warnings(seen)).toEqual([AWAY]);
    expect(seen.exits).toEqual([STOPPED]);
  });

  it('a daemon stopped while the server is down leaves the end to the next one', async ({ expect, signal }) => {
    const seen = await play('stoppedWhileDown', signal);
    expect(seen.posts).toMatchObject([{ states: ['ACTIVE', 'DONE'], edits: 1 }]);
    expect(shown(seen.posts[0])).toEqual(['first step', 'step offline']);
    expect(warnings(seen)).toContain('some posts are not up to date; the next start continues them');
    expect(seen.exits).toEqual([STOPPED, STOPPED]);
  });

  it('20 busy sessions stay below the rate limit of the server, and each gets its share', async ({
    expect,
    signal,
  }) => {
    const seen = await play('busyBesideLimiter', signal);
    expect(seen.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(seen.posts).toHaveLength(20);
    for (const post of seen.posts) {
      expect(post.states).toEqual(['ACTIVE', 'DONE']);
      expect(shown(post).at(-1)).toBe('step 30');
    }
    const edits = seen.posts.map((post) => post.edits);
    expect(Math.max(...edits) - Math.min(...edits)).toBeLessThanOrEqual(2);
    expect(statuses(seen)).toEqual(['ok']);
  });

  it('where others use up the rate limit, every end still gets there', async ({ expect, signal }) => {
    const seen = await play('limited', signal);
    expect(seen.requests.filter(({ method, status }) => method === 'POST' && status === 429)).not.toEqual([]);
    expect(seen.posts).toHaveLength(20);
    for (const post of seen.posts) expect(shown(post)).toEqual(steps(10));
    expect(statuses(seen)).toEqual(['ok', 'degraded']);
    expect(reasonsOf(seen.health.at(-1))).toEqual(['Mattermost limited the rate of requests (… times)']);
  });

  it('a revoked token stops posting at once, and health asks for another', async ({ expect, signal }) => {
    const seen = await play('tokenRevoked', signal);
    expect(seen.posts).toMatchObject([{ states: ['ACTIVE', 'DONE'] }]);
    expect(shown(seen.posts[0])).toEqual(['first step', 'step while revoked']);
    // Probes may ask meanwhile whether the token is accepted again.
    const refused = seen.requests.filter(({ status }) => status === 401);
    expect(refused.filter(({ method }) => method !== 'GET')).toHaveLength(1);
    expect(refused.length).toBeLessThanOrEqual(3);
    expect(statuses(seen)).toEqual(['ok', 'failing', 'ok']);
    expect(seen.health[1]?.reasons).toMatchObject([
      {
        what: expect.stringContaining('answered 401 to the token'),
        fix: expect.stringContaining('Configure a valid bot token'),
      },
    ]);
    expect(warnings(seen)).toEqual([
      'token rejected: nothing is posted until it is replaced',
      'some posts are not up to date; the next start continues them',
    ]);
  });
});

describe.concurrent('when people and admins act', { timeout: 60_000 }, () => {
  it('a deleted post stays deleted; the next work has a post again', async ({ expect, signal }) => {
    const seen = await play('postDeleted', signal);
    const [deleted, next] = seen.posts;
    expect(seen.posts).toHaveLength(2);
    expect(deleted).toMatchObject({ states: ['ACTIVE'], deleted: true });
    expect(shown(next)).toEqual(['next work']);
    expect(writes(seen).filter((write) => write === 'POST')).toHaveLength(2);
    expect(seen.warnings).toMatchObject([{ msg: 'gave up on a box', reason: 'deleted', postId: deleted?.id }]);
    expect(statuses(seen)).toEqual(['ok']);
  });

  it('without its thread root a post appears at the top level', async ({ expect, signal }) => {
    const seen = await play('rootDeletedBefore', signal);
    expect(seen.posts).toMatchObject([{ rootId: '', states: ['ACTIVE', 'DONE'] }]);
    expect(shown(seen.posts[0])).toEqual(steps(3));
    expect(seen.warnings).toEqual([]);
  });

  it('a post deleted with its thread gets no second one', async ({ expect, signal }) => {
    const seen = await play('rootDeletedAfter', signal);
    expect(seen.posts).toMatchObject([{ rootId: expect.stringMatching(/./), states: ['ACTIVE'], deleted: true }]);
    expect(seen.warnings).toMatchObject([{ msg: 'gave up on a box', reason: 'deleted' }]);
  });

  it('a channel archived and restored shows the end; meanwhile there were two refusals', async ({ expect, signal }) => {
    const seen = await play('channelArchived', signal);
    expect(seen.posts).toMatchObject([{ states: ['ACTIVE', 'DONE'], deleted: false }]);
    expect(writes(seen)).toEqual(['POST', 'PUT', 'PUT', 'PUT']);
    expect(seen.warnings).toMatchObject([
      { msg: 'post held back', reason: 'archived', channelId: seen.posts[0]?.channelId },
    ]);
    expect(statuses(seen)).toEqual(['ok', 'degraded', 'ok']);
  });

  it('a bot put out of a channel says which, and what helps', async ({ expect, signal }) => {
    const seen = await play('removedFromChannel', signal);
    expect(seen.posts).toMatchObject([{ states: ['ACTIVE', 'DONE'] }]);
    expect(writes(seen)).toEqual(['POST', 'PUT', 'PUT', 'PUT']);
    expect(seen.warnings[0]).toMatchObject({
      msg: 'post held back',
      reason: 'forbidden',
      channelId: seen.posts[0]?.channelId,
    });
    expect(statuses(seen)).toEqual(['ok', 'degraded', 'ok']);
    expect(seen.health[1]?.reasons).toMatchObject([{ fix: expect.stringContaining('to the team and the channel') }]);
  });

  it('past the edit time limit one post goes on, and one shows the end', async ({ expect, signal }) => {
    const seen = await play('editTimeLimit', signal);
    const states = seen.posts.map((post) => post.states);
    // A slow machine needs longer for the same steps, and so one post more.
    expect(states.length - 3).toBeOneOf([0, 1]);
    for (const each of states.slice(0, -1)) expect(each).toEqual(['ACTIVE', 'CONTINUED']);
    expect(states.at(-1)?.at(-1)).toBe('DONE');
    expect(shown(seen.posts.at(-1)).at(-1)).toBe('step 17');
    expect(statuses(seen)).toEqual(['ok']);
  });
});
