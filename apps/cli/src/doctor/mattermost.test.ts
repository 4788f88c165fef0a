import { describe, expect, it } from 'vitest';
import { checkMattermost, type MattermostQuestions } from './mattermost.ts';

const URL = 'https://chat.example.com';
const NEEDS = { defaultChannel: { channel: 'main/news' }, maxMessageChars: 15_000, channelIds: ['c1'] } as const;
const refuse = (data: object) => () => Promise.reject(Object.assign(new Error('refused'), data));

const CHANNEL = { id: 'c1', name: 'news', displayName: 'News', type: 'O', teamId: 't1', deleteAt: 0 };
const POST = {
  id: 'p1',
  channelId: 'c1',
  rootId: '',
  userId: 'u1',
  message: '',
  type: '',
  props: {},
  createAt: 1,
  updateAt: 1,
  deleteAt: 0,
  originalId: '',
};

/** A server where all is well, but for what a test changes. */
function server(changes: Partial<MattermostQuestions> = {}): MattermostQuestions {
  return {
    warnings: [],
    ping: async () => undefined,
    checkHealth: async () => undefined,
    getServerSettings: async () => ({}),
    getChannel: async () => CHANNEL,
    createDirectChannel: async () => CHANNEL,
    createPost: async ({ type = '' }) => ({ ...POST, type }),
    patchPost: async () => POST,
    deletePost: async () => undefined,
    serverVersion: () => '11.10.0.11.10.0.0123.false',
    getMe: async () => ({ id: 'u1', username: 'status', isBot: true }),
    findChannel: async () => ({ id: 'c1', deleteAt: 0 }),
    isMember: async () => true,
    ...changes,
  };
}

async function states(changes?: Partial<MattermostQuestions>): Promise<readonly string[]> {
  const results = await checkMattermost(URL, server(changes), NEEDS);
  return results.map(({ name, state }) => `${name}: ${state}`);
}

describe('checkMattermost', () => {
  it('finds nothing wrong with a good server', async () => {
    const results = await checkMattermost(URL, server(), NEEDS);
    expect(results.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(results.length).toBeGreaterThan(8);
  });

  it('asks nothing more of a server that does not answer, and says how', async () => {
    const ping = refuse({ detail: 'ECONNREFUSED' });
    const getMe = refuse({ message: 'must not be asked' });
    const results = await checkMattermost(URL, server({ ping, getMe }), { channelIds: [] });
    expect(results).toMatchObject([{ state: 'fail', found: expect.stringContaining('(ECONNREFUSED)') }]);
  });

  it.for([
    [{ errorId: 'api.unavailable.app_error', status: 503 }, 'answers 503 (api.unavailable.app_error)'],
    [{ status: 502 }, 'answers 502'],
    [{ status: 302, detail: 'redirects to https://x; configure that address' }, 'redirects to https://x'],
    [
      { detail: 'no answer within 5 s', cause: new DOMException('late', 'TimeoutError') },
      'does not answer (no answer within 5 s)',
    ],
    [{ cause: new DOMException('late', 'TimeoutError') }, 'does not answer (no answer)'],
  ] as const)('says what is known of a failure: %o', async ([failure, shown]) => {
    const results = await checkMattermost(URL, server({ ping: refuse(failure) }), { channelIds: [] });
    expect(results).toMatchObject([{ found: `${URL} ${shown}` }]);
  });

  it.for([
    ['11.9.0', 'ok'],
    ['12.0.1', 'ok'],
    ['11.8.4', 'warn'],
    ['10.11.2', 'warn'],
    ['', 'warn'],
  ] as const)('knows whether "%s" posts silently', async ([version, state]) => {
    expect(await states({ serverVersion: () => version })).toContain(`silent posts: ${state}`);
  });

  it('tells a refused token from one that could not be tried, and a bot from a person', async () => {
    expect(await states({ getMe: refuse({ kind: 'auth', status: 401 }) })).toContain('token: fail');
    expect(await states({ getMe: refuse({ kind: 'transient', status: 502 }) })).toContain('token: fail');
    expect(await states({ getMe: async () => ({ id: 'p', username: 'anna', isBot: false }) })).toContain('token: warn');
  });

  it('knows a default channel the bot cannot post in', async () => {
    const broken = 'DEFAULT_CHANNEL: fail';
    expect(await states({ isMember: async () => false })).toContain(broken);
    expect(await states({ findChannel: async () => ({ id: 'c1', deleteAt: 5 }) })).toContain(broken);
    expect(await states({ findChannel: refuse({ errorId: 'app.channel.get.existing.app_error' }) })).toContain(broken);
  });

  it.for([
    [
      { channel: 'mian/builds' },
      { kind: 'gone', errorId: 'app.team.get_by_name.missing.app_error' },
      'no team mian that',
      'correct DEFAULT_CHANNEL',
    ],
    [
      { channel: 'main/biulds' },
      { kind: 'gone', errorId: 'app.channel.get_by_name.missing.app_error' },
      'no channel main/biulds',
      'correct DEFAULT_CHANNEL',
    ],
    [
      { channelId: 'a'.repeat(26) },
      { kind: 'gone', errorId: 'app.channel.get.existing.app_error' },
      `no channel ${'a'.repeat(26)}`,
      'correct DEFAULT_CHANNEL',
    ],
    [{ username: 'alcie' }, { kind: 'gone' }, 'there is no user @alcie', 'correct the user name'],
    [
      { channel: 'other/builds' },
      { kind: 'forbidden', errorId: 'api.context.permissions.app_error' },
      'may not see other/builds',
      'to the team and the channel',
    ],
    [{ channel: 'main/builds' }, { kind: 'transient', status: 502 }, 'could not be looked up', 'run the doctor again'],
  ] as const)('says of the default channel %j what is missing: %o', async ([defaultChannel, failure, found, fix]) => {
    const questions = server({ findChannel: refuse(failure) });
    const results = await checkMattermost(URL, questions, { channelIds: [], defaultChannel });
    expect(results.find(({ name }) => name === 'DEFAULT_CHANNEL')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(found),
      fix: expect.stringContaining(fix),
    });
  });

  it('knows a board channel the bot cannot post in, and says nothing where none is set', async () => {
    const needs = { boardChannel: { channel: 'main/board' }, channelIds: [] } as const;
    const stateOf = async (changes: Partial<MattermostQuestions>, wanted: object = needs): Promise<unknown> => {
      const results = await checkMattermost(URL, server(changes), { channelIds: [], ...wanted });
      return results.find(({ name }) => name === 'BOARD_CHANNEL')?.state;
    };
    expect(await stateOf({})).toBe('ok');
    expect(await stateOf({ isMember: async () => false })).toBe('fail');
    expect(await stateOf({ findChannel: async () => ({ id: 'c1', deleteAt: 5 }) })).toBe('fail');
    expect(await stateOf({ findChannel: refuse({ errorId: 'app.channel.get.existing.app_error' }) })).toBe('fail');
    expect(await stateOf({}, {})).toBeUndefined();
  });

  it('passes on what is odd about the address', async () => {
    const results = await checkMattermost(URL, server({ warnings: ['plain http; use https'] }), { channelIds: [] });
    expect(results).toContainEqual({
      id: 'mattermost.address',
      name: 'address',
      state: 'warn',
      found: 'plain http',
      fix: 'use https',
    });
  });
});
