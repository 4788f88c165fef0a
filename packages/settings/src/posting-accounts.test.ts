import { describe, expect, it } from 'vitest';
import { findPostingAccount, type PostingAccount, postingAccounts, readSettings, type Settings } from './index.ts';

const CONFIG = '/home/op/.openclaw/openclaw.json';

async function settings(mattermost: object | undefined, env: Record<string, string> = {}): Promise<Settings> {
  const config = mattermost === undefined ? {} : { channels: { mattermost } };
  const readFile = async (path: string): Promise<string> => {
    if (path === CONFIG) return JSON.stringify(config);
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  const reading = await readSettings(env, { home: '/home/op', readFile });
  if (reading.settings === undefined) throw new Error(reading.errors.join('\n'));
  return reading.settings;
}

const OPS = { botToken: 'ops-token' };
const BOTH = { baseUrl: 'https://x.y', accounts: { default: { botToken: 'default-token' }, ops: OPS } };
const ENV = { MM_TOKEN: 'env-token', MM_URL: 'https://env.example.com' };

function shown(account: PostingAccount | { readonly what: string; readonly fix: string }): string {
  if (!('url' in account)) return `${account.what} -> ${account.fix}`;
  return `${account.id} ${account.url} ${account.token.reveal()}${account.isDefault ? ' (default)' : ''}`;
}

const find = async (id: string, mattermost: object | undefined, env?: Record<string, string>): Promise<string> =>
  shown(findPostingAccount(await settings(mattermost, env), id));

describe('findPostingAccount', () => {
  it('finds each account with its own token', async () => {
    expect(await find('default', BOTH)).toBe('default https://x.y default-token (default)');
    expect(await find('ops', BOTH)).toBe('ops https://x.y ops-token');
  });

  it('uses MM_TOKEN and MM_URL for the default account alone, whichever that is', async () => {
    expect(await find('default', BOTH, ENV)).toBe('default https://env.example.com env-token (default)');
    expect(await find('ops', BOTH, ENV)).toBe('ops https://x.y ops-token');
    const turned = { ...BOTH, defaultAccount: 'ops' };
    expect(await find('ops', turned, ENV)).toBe('ops https://env.example.com env-token (default)');
    expect(await find('default', turned, ENV)).toBe('default https://x.y default-token');
    const one = { baseUrl: 'https://x.y', accounts: { ops: OPS } };
    expect(await find('ops', one, { MM_TOKEN: 'env-token' })).toBe('ops https://x.y env-token (default)');
  });

  it("uses OpenClaw's own variables for its account `default` alone", async () => {
    const own = { MATTERMOST_BOT_TOKEN: 'openclaw-token', MATTERMOST_URL: 'https://openclaw.example.com' };
    expect(await find('default', BOTH, own)).toBe('default https://openclaw.example.com openclaw-token (default)');
    expect(await find('ops', { ...BOTH, defaultAccount: 'ops' }, own)).toBe('ops https://x.y ops-token (default)');
    const one = { accounts: { ops: { ...OPS, baseUrl: 'https://ops.x.y' } } };
    expect(await find('ops', one, own)).toBe('ops https://ops.x.y ops-token (default)');
  });

  it('has one account for all where the configuration says nothing about Mattermost', async () => {
    expect(await find('ops', undefined, ENV)).toBe('default https://env.example.com env-token (default)');
    expect(await find('ops', { enabled: false, ...BOTH }, ENV)).toContain('env-token (default)');
  });

  it('reads an address as MM_URL is read', async () => {
    const ops = (baseUrl: string) => ({ ...BOTH, accounts: { ...BOTH.accounts, ops: { ...OPS, baseUrl } } });
    expect(await find('ops', ops('https://ops.x.y/api/v4/'))).toBe('ops https://ops.x.y ops-token');
    expect(await find('ops', ops('https://me:hunter2@ops.x.y'))).toBe(
      `The Mattermost account ops in ${CONFIG} has an address that is not a plain URL -> Set channels.mattermost.accounts.ops.baseUrl to one like https://chat.example.com`,
    );
  });

  it('says what to do about one that is gone, disabled or incomplete', async () => {
    expect(await find('gone', BOTH)).toBe(
      `There is no Mattermost account gone in ${CONFIG} -> Add channels.mattermost.accounts.gone again, with the bot that made its posts`,
    );
    const off = { ...BOTH, accounts: { ...BOTH.accounts, ops: { ...OPS, enabled: false } } };
    expect(await find('ops', off)).toContain('is disabled');
    expect(await find('ops', { ...BOTH, accounts: { default: { botToken: 't' }, ops: {} } })).toContain('no botToken');
  });
});

describe('postingAccounts', () => {
  it('lists all of them, the default one first', async () => {
    const more = { ...BOTH, accounts: { ...BOTH.accounts, alerts: { enabled: false } } };
    const listed = postingAccounts(await settings(more, ENV)).map(shown);
    expect(listed).toEqual([
      'default https://env.example.com env-token (default)',
      expect.stringContaining('The Mattermost account alerts is disabled'),
      'ops https://x.y ops-token',
    ]);
  });
});
