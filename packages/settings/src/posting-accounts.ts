import type { Secret } from '@live-status/openclaw-config';
import { baseUrl } from './parse.ts';
import type { Settings } from './settings.ts';

/** A Mattermost account that posts can be made with. */
export interface PostingAccount {
  /** As sessions name it. */
  readonly id: string;
  readonly url: string;
  readonly token: Secret;
  /** Whether it is used where a session names none. `MM_TOKEN` and `MM_URL` are for it alone. */
  readonly isDefault: boolean;
}

/** Why posts cannot be made with an account. */
export interface AccountProblem {
  readonly what: string;
  readonly fix: string;
}

type AccountSettings = Pick<Settings, 'mmUrl' | 'mmToken' | 'openclaw'>;

/** The account that is used where a session names none. */
export function defaultAccount({ mmUrl, mmToken, openclaw }: AccountSettings): PostingAccount {
  return { id: openclaw?.defaultAccountId ?? 'default', url: mmUrl, token: mmToken, isDefault: true };
}

/**
 * The account that a session names. Where OpenClaw's configuration says nothing about Mattermost, there is one account
 * for all of them.
 */
export function findPostingAccount(settings: AccountSettings, id: string): PostingAccount | AccountProblem {
  const own = defaultAccount(settings);
  const { openclaw } = settings;
  if (openclaw?.mattermostAccounts === undefined || id === own.id) return own;
  const account = openclaw.mattermostAccounts.find((each) => each.id === id);
  if (account === undefined) {
    return {
      what: `There is no Mattermost account ${id} in ${openclaw.path}`,
      fix: `Add channels.mattermost.accounts.${id} again, with the bot that made its posts`,
    };
  }
  const url = account.url === undefined ? undefined : baseUrl(account.url, ['http:', 'https:']);
  if (account.problem !== undefined) return account.problem;
  if (url === undefined || account.token === undefined) {
    const what = `The Mattermost account ${id} in ${openclaw.path} has an address that is not a plain URL`;
    return { what, fix: `Set channels.mattermost.accounts.${id}.baseUrl to one like https://chat.example.com` };
  }
  return { id, url, token: account.token, isDefault: false };
}

/** An account that posts cannot be made with. */
export interface UnusableAccount extends AccountProblem {
  readonly id: string;
  /** Whether it is disabled, and so not meant to be used. */
  readonly isDisabled: boolean;
}

/** Every account of the configuration: the default one first. */
export function postingAccounts(settings: AccountSettings): readonly (PostingAccount | UnusableAccount)[] {
  const own = defaultAccount(settings);
  const others = (settings.openclaw?.mattermostAccounts ?? []).filter(({ id }) => id !== own.id);
  return [
    own,
    ...others.map(({ id, isDisabled = false }) => {
      const found = findPostingAccount(settings, id);
      return 'url' in found ? found : { ...found, id, isDisabled };
    }),
  ];
}
