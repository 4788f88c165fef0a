import { createFakeClock, type FakeClock, settle } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import type { AccountAccess, AccountProblem } from './account.ts';
import { createMemoryLedger, type Ledger } from './ledger.ts';
import { createPosterWith, type Poster } from './poster.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from './testing.ts';

const TOWN = { channelId: 'town' };
const OPS = { channelId: 'town', account: 'ops' };
const AWAY: AccountProblem = { what: 'There is no account ops', fix: 'Add it again' };

interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  /** The server of account `alerts`. */
  readonly elsewhere: MemoryServer;
  readonly ledger: Ledger;
  readonly poster: Poster;
  readonly accounts: Map<string, AccountAccess | AccountProblem>;
}

/** A poster with the accounts `bot` (the first) and `ops` on one server, and `alerts` on another. */
function setUp(before?: World): World {
  const clock = before?.clock ?? createFakeClock();
  const server = before?.server ?? createMemoryServer(clock);
  const elsewhere = before?.elsewhere ?? createMemoryServer(clock);
  const ledger = createMemoryLedger(clock);
  for (const entry of before?.ledger.entries() ?? []) ledger.put(JSON.parse(JSON.stringify(entry)));
  const here = 'https://chat.example.com';
  const accounts = new Map<string, AccountAccess | AccountProblem>([
    ['default', { api: server.api, server: here }],
    ['ops', { api: server.account('ops'), server: here }],
    ['alerts', { api: elsewhere.account('alerts'), server: 'https://alerts.example.com' }],
  ]);
  const findAccount = async (name: string): Promise<AccountAccess | AccountProblem> => accounts.get(name) ?? AWAY;
  const poster = createPosterWith({ api: server.api, server: here, findAccount, ledger, clock });
  return { clock, server, elsewhere, ledger, poster, accounts };
}

const posts = ({ posts }: MemoryServer): string[] =>
  [...posts.values()].map((post) => `${post.userId}: ${post.message}`);
const reasons = ({ poster }: World): string[] => poster.status().reasons.map(({ level, what }) => `${level}: ${what}`);

describe('the account that a target names', () => {
  it('makes the post and edits it', async () => {
    const world = setUp();
    world.poster.show('a', TOWN, 'one');
    world.poster.show('b', OPS, 'two');
    world.poster.show('c', { channelId: 'town', account: 'default' }, 'three');
    await world.clock.advance(2000);
    world.poster.show('b', OPS, 'two, edited');
    await world.clock.advance(2000);
    expect(posts(world.server).sort()).toEqual(['bot-user: one', 'bot-user: three', 'ops-user: two, edited']);
  });

  it('has direct messages of its own', async () => {
    const world = setUp();
    world.poster.show('a', { userId: 'alice' }, 'one');
    world.poster.show('b', { userId: 'alice', account: 'ops' }, 'two');
    await world.clock.advance(3000);
    const places = [...world.server.posts.values()].map((post) => post.channelId);
    expect(places.sort()).toEqual(['direct-bot-user-alice', 'direct-ops-user-alice']);
  });

  it('continues its post after a restart, whatever account is named then', async () => {
    const first = setUp();
    first.poster.show('b', OPS, 'one');
    await first.clock.advance(2000);
    const world = setUp(first);
    const finished = world.poster.finish('b', TOWN, 'two');
    await world.clock.advance(2000);
    expect(await finished).toMatchObject({ delivered: true });
    expect(posts(world.server)).toEqual(['ops-user: two']);
  });

  it('that is gone leaves its boxes pending, and says so, until it is back', async () => {
    const first = setUp();
    first.poster.show('b', OPS, 'one');
    await first.clock.advance(2000);
    const world = setUp(first);
    const ops = world.accounts.get('ops');
    world.accounts.delete('ops');
    const finished = world.poster.finish('b', OPS, 'two');
    world.poster.show('new', OPS, 'three');
    world.poster.show('a', TOWN, 'four');
    await world.clock.advance(2000);
    expect(await finished).toEqual({ delivered: false, reason: 'no-account' });
    expect(reasons(world)).toEqual([
      'degraded: There is no account ops: 1 post says less than the truth, 1 box cannot be shown (town)',
    ]);
    expect(world.poster.status().reasons[0]?.fix).toBe('Add it again');
    expect(posts(world.server).sort()).toEqual(['bot-user: four', 'ops-user: one']);
    if (ops !== undefined) world.accounts.set('ops', ops);
    await world.clock.advance(12_000);
    expect(posts(world.server).sort()).toEqual(['bot-user: four', 'ops-user: three', 'ops-user: two']);
    expect(world.poster.status()).toMatchObject({ state: 'ok', heldBack: [] });
  });

  it('is found again although timers are a millisecond early', async () => {
    const fake = createFakeClock();
    const early = {
      now: () => fake.now(),
      setTimeout: (fn: () => void, ms: number) => fake.setTimeout(fn, ms > 1 ? ms - 1 : ms),
      clearTimeout: fake.clearTimeout,
    };
    const server = createMemoryServer(early);
    let isThere = false;
    const ops = { api: server.account('ops') };
    const findAccount = async (): Promise<AccountAccess | AccountProblem> => (isThere ? ops : AWAY);
    const ledger = createMemoryLedger(early);
    const poster = createPosterWith({ api: server.api, findAccount, ledger, clock: early });
    void poster.finish('b', OPS, 'one');
    await fake.advance(2_000);
    isThere = true;
    await fake.advance(30_000);
    expect(posts(server)).toEqual(['ops-user: one']);
  });

  it('that cannot be looked up is a problem like any other', async () => {
    const clock = createFakeClock();
    const server = createMemoryServer(clock);
    const findAccount = (): Promise<never> => Promise.reject(new Error('EACCES'));
    const poster = createPosterWith({ api: server.api, findAccount, ledger: createMemoryLedger(clock), clock });
    poster.show('b', OPS, 'one');
    await clock.advance(1000);
    expect(poster.status().reasons[0]?.what).toBe(
      'The account "ops" could not be read (EACCES): 1 box cannot be shown (town)',
    );
  });
});

describe('trouble of one account', () => {
  const refuse = (server: MemoryServer, usernames: readonly string[]): void => {
    server.onRequest = ({ username, name, phase }) => {
      if (phase === 'before' && usernames.includes(username) && name !== 'checkHealth')
        throw mattermostError('auth', 'x');
    };
  };

  it('with its token keeps no other from posting, and fails only when it is that of all', async () => {
    const world = setUp();
    world.poster.show('a', TOWN, 'one');
    world.poster.show('b', OPS, 'two');
    await world.clock.advance(5000);
    refuse(world.server, ['ops']);
    world.poster.show('a', TOWN, 'one, edited');
    world.poster.show('b', OPS, 'two, edited');
    await world.clock.advance(2000);
    expect(posts(world.server).sort()).toEqual(['bot-user: one, edited', 'ops-user: two']);
    expect(reasons(world)).toEqual([expect.stringMatching(/^degraded: .* 401 to the token of account ops \(since/)]);
    refuse(world.server, ['ops', 'bot']);
    world.poster.show('a', TOWN, 'one more');
    await world.clock.advance(2000);
    expect(world.poster.status().state).toBe('failing');
    refuse(world.server, []);
    await world.clock.advance(60_000);
    expect(posts(world.server).sort()).toEqual(['bot-user: one more', 'ops-user: two, edited']);
    expect(world.poster.status().state).toBe('ok');
  });

  it('with its server is named by the address, and leaves other servers alone', async () => {
    const world = setUp();
    world.elsewhere.onRequest = () => {
      throw mattermostError('transient');
    };
    for (const id of ['a', 'b', 'c']) world.poster.show(id, { channelId: id, account: 'alerts' }, 'one');
    world.poster.show('town', TOWN, 'two');
    world.poster.show('ops', OPS, 'three');
    await world.clock.advance(20_000);
    expect(posts(world.server).sort()).toEqual(['bot-user: two', 'ops-user: three']);
    expect(reasons(world)).toEqual([
      expect.stringMatching(/^degraded: Mattermost at https:\/\/alerts\.example\.com does not answer since/),
    ]);
    world.elsewhere.onRequest = () => undefined;
    await world.clock.advance(60_000);
    expect(posts(world.elsewhere)).toHaveLength(3);
    expect(world.poster.status().state).toBe('ok');
  });

  it('with the server is that of all accounts there: one breaker', async () => {
    const world = setUp();
    world.server.onRequest = () => {
      throw mattermostError('transient');
    };
    for (const id of ['a', 'b', 'c']) world.poster.show(id, { channelId: id }, 'one');
    for (const id of ['d', 'e', 'f']) world.poster.show(id, { channelId: id, account: 'ops' }, 'one');
    await world.clock.advance(20_000);
    expect(reasons(world)).toEqual([expect.stringMatching(/^failing: Mattermost does not answer since/)]);
  });

  it('accounts of one server share its request rate, others have their own', async () => {
    const world = setUp();
    for (let i = 0; i < 20; i += 1) {
      world.poster.show(`a${i}`, { channelId: `a${i}` }, 'one');
      world.poster.show(`b${i}`, { channelId: `b${i}`, account: 'ops' }, 'one');
      world.poster.show(`c${i}`, { channelId: `c${i}`, account: 'alerts' }, 'one');
    }
    await settle();
    await world.clock.advance(2000);
    const [here, there] = [world.server, world.elsewhere].map(({ posts }) => posts.size);
    expect(here).toBeLessThanOrEqual(12);
    expect(there).toBeLessThanOrEqual(12);
    expect(Math.min(here ?? 0, there ?? 0)).toBeGreaterThan(8);
  });
});

describe('places', () => {
  const forbid = (server: MemoryServer, usernames: readonly string[]): void => {
    server.onRequest = ({ username, name, phase }) => {
      if (phase === 'before' && usernames.includes(username) && /^(createPost|patchPost|getChannel)$/.test(name))
        throw mattermostError('forbidden', 'api.context.permissions.app_error');
    };
  };

  it('are named as they were before the account was removed', async () => {
    const world = setUp();
    world.poster.show('a', TOWN, 'one');
    await world.clock.advance(5000);
    forbid(world.server, ['bot']);
    world.poster.show('a', TOWN, 'two');
    await world.clock.advance(2000);
    expect(reasons(world)[0]).toMatch(/^degraded: The bot @bot may not post in #town: 1 post says less than the truth/);
    const next = setUp(world);
    next.poster.show('a', TOWN, 'two');
    await next.clock.advance(2000);
    expect(reasons(next)[0]).toContain('#town');
  });

  it('are named as another account knows them', async () => {
    const world = setUp();
    world.poster.show('a', { channelId: 'hall' }, 'one');
    forbid(world.server, ['ops']);
    world.poster.show('b', OPS, 'two');
    await world.clock.advance(5000);
    expect(reasons(world)).toEqual([
      expect.stringMatching(/^degraded: The bot @ops may not post in #town: 1 box cannot be shown/),
    ]);
  });
});
