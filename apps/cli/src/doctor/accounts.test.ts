import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MattermostError } from '@live-status/mm-poster';
import { Secret } from '@live-status/openclaw-config';
import type { PostingAccount } from '@live-status/settings';
import { describe, expect, it } from 'vitest';
import { type AccountQuestions, type Conversation, checkAccounts, findConversations } from './accounts.ts';
import type { Finding } from './finding.ts';
import { readCatalogs } from './session-rows.ts';

const account = (id: string, isDefault = false): PostingAccount => ({
  id,
  url: 'https://chat.example.com',
  token: new Secret(id),
  isDefault,
});
const BOTH = [account('default', true), account('ops')];
const OPS: Conversation = { accountId: 'ops', channelId: 'hall' };
const TOWN: Conversation = { channelId: 'town' };

/** Bots that are members of the given channels; a name is only told to members. */
function server(members: Readonly<Record<string, readonly string[]>>, people: readonly string[] = []) {
  return ({ token }: PostingAccount): AccountQuestions => {
    const username = token.reveal();
    const channels = members[username];
    const isMember = async (id: string): Promise<boolean> => channels?.includes(id) ?? false;
    return {
      getMe: async () => {
        if (channels === undefined) throw new MattermostError({ kind: 'auth', request: 'GET /users/me', status: 401 });
        return { id: username, username, isBot: !people.includes(username) };
      },
      isMember,
      getChannel: async (id) => {
        if (id.startsWith('private')) throw new MattermostError({ kind: 'forbidden', request: 'GET', status: 403 });
        return { id, name: id, displayName: id, type: 'O', teamId: 't', deleteAt: 0 };
      },
    };
  };
}

const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ state, found, fix }) => `${state}: ${found}${fix === undefined ? '' : ` -> ${fix}`}`);

describe('checkAccounts', () => {
  it('finds nothing wrong with bots that are where their sessions are', async () => {
    const bots = server({ default: ['town'], ops: ['hall'] });
    expect(shown(await checkAccounts(BOTH, [OPS, TOWN, OPS], bots))).toEqual([
      'ok: @default is a member of the channel of its sessions',
      'ok: ops: posts as @ops',
      'ok: @ops is a member of the channel of its sessions',
    ]);
  });

  it('names the channels of sessions where the bot of their account is not', async () => {
    const bots = server({ default: [], ops: ['town'] });
    const more = { accountId: 'ops', channelId: 'private1' };
    expect(shown(await checkAccounts(BOTH, [OPS, more, TOWN], bots))).toEqual([
      'fail: the bot @default may not post in #town, where sessions answer -> add @default there',
      'ok: ops: posts as @ops',
      'fail: the bot @ops may not post in #hall, private1, where sessions answer -> add @ops there',
    ]);
  });

  it('names an account whose token is refused, one that is a person, and one that cannot be read', async () => {
    expect(shown(await checkAccounts(BOTH, [], server({ default: [] })))).toEqual([
      expect.stringMatching(
        /^fail: ops: cannot log in \(.*\) -> correct botToken and baseUrl of channels\.mattermost\.accounts\.ops$/,
      ),
    ]);
    expect(shown(await checkAccounts(BOTH, [], server({ default: [], ops: [] }, ['ops'])))).toEqual([
      expect.stringMatching(/^warn: ops: @ops is not a bot account/),
    ]);
    const vault = { id: 'vault', what: 'The account vault cannot be used', fix: 'Keep it as text', isDisabled: false };
    expect(shown(await checkAccounts([account('default', true), vault], [], server({ default: [] })))).toEqual([
      'fail: the account vault cannot be used -> keep it as text',
    ]);
  });

  it('names an account of sessions that is not configured any more', async () => {
    const gone = { accountId: 'gone', channelId: 'town' };
    expect(shown(await checkAccounts([account('default', true)], [gone], server({ default: [] })))).toEqual([
      'warn: sessions name the account gone, which cannot be used -> add or enable channels.mattermost.accounts.gone in openclaw.json',
    ]);
  });
});

describe('findConversations', () => {
  it('finds the channels of recent sessions of all agents, the newest first', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'live-status-accounts-'));
    try {
      const entry = (updatedAt: number, to: string, accountId?: string) => ({
        updatedAt,
        deliveryContext: { channel: 'mattermost', to, accountId },
      });
      const day = 24 * 3_600_000;
      const now = 100 * day;
      const catalogs = {
        main: {
          a: entry(now - day, 'channel:town'),
          b: entry(now, 'channel:hall', 'Ops'),
          c: entry(now, 'user:alice'),
        },
        coder: {
          d: entry(now - 40 * day, 'channel:old'),
          e: { updatedAt: now, deliveryContext: { channel: 'slack', to: 'channel:x' } },
        },
      };
      for (const [agent, catalog] of Object.entries(catalogs)) {
        await mkdir(join(dir, agent, 'sessions'), { recursive: true });
        await writeFile(join(dir, agent, 'sessions', 'sessions.json'), JSON.stringify(catalog));
      }
      expect(findConversations(readCatalogs({ transcriptDir: dir }), now)).toEqual([
        { channelId: 'hall', accountId: 'ops' },
        { channelId: 'town', accountId: undefined },
      ]);
      expect(findConversations(readCatalogs({ transcriptDir: join(dir, 'none') }), now)).toEqual([]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
