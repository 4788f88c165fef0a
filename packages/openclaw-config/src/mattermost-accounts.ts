import { type JsonObject, objectOf } from '@live-status/basics';
import { toAccountId } from '@live-status/transcript-parser';
import type { Secret } from './secret.ts';
import { nonEmptyText } from './values.ts';

/** One of OpenClaw's Mattermost accounts. */
export interface MattermostAccount {
  /** As sessions name it. */
  readonly id: string;
  readonly url?: string;
  readonly token?: Secret;
  readonly isDisabled?: true;
  /** Why nothing can be posted with it. */
  readonly problem?: { readonly what: string; readonly fix: string };
}

/** An account as it is configured. */
export interface ConfiguredAccount {
  readonly id: string;
  /** Its fields: those of the channel, overridden by its own. */
  readonly fields: JsonObject;
  readonly isEnabled: boolean;
  /** Path of one of its fields in openclaw.json: its own, or the channel's. */
  readonly pathOf: (field: string) => string;
}

/** What an account needs. */
export const ACCOUNT_FIELDS = ['botToken', 'baseUrl'] as const;
/** One of them. */
export type AccountField = (typeof ACCOUNT_FIELDS)[number];

const CHANNEL = 'channels.mattermost';
/** The account that OpenClaw's environment variables are for, and that is there without `accounts`. */
const DEFAULT_ID = 'default';

/**
 * The accounts of `channels.mattermost`, and the id of the one that is used where none is named, by OpenClaw's rules:
 * fields of an account override those of the channel; a channel that has an address and a token is an account itself,
 * `default`; `defaultAccount` is used, else `default`, else the first by name. One that is disabled or has no token is passed
 * over, which OpenClaw does not do: it would not post at all.
 *
 * @param hasToken whether OpenClaw's environment has a token for the account `default`
 */
export function listAccounts(
  channel: JsonObject,
  hasToken: boolean,
): { readonly accounts: readonly ConfiguredAccount[]; readonly defaultId: string } {
  const { accounts: configured, defaultAccount, ...shared } = channel;
  const accounts = new Map<string, ConfiguredAccount>();
  const add = (id: string, own: JsonObject, path: string): void => {
    if (accounts.has(id)) return;
    const fields = { ...shared, ...own };
    const pathOf = (field: string): string => `${field in own ? path : CHANNEL}.${field}`;
    accounts.set(id, { id, fields, isEnabled: fields.enabled !== false, pathOf });
  };
  for (const [key, own] of Object.entries(objectOf(configured) ?? {})) {
    add(toAccountId(key), objectOf(own) ?? {}, `${CHANNEL}.accounts.${key}`);
  }
  const isAccountItself = nonEmptyText(shared.baseUrl) !== undefined && (isSet(shared.botToken) || hasToken);
  if (isAccountItself || accounts.size === 0) add(DEFAULT_ID, {}, CHANNEL);
  const sorted = [...accounts.values()].sort((a, b) => a.id.localeCompare(b.id));
  const wanted = [toAccountId(nonEmptyText(defaultAccount) ?? DEFAULT_ID), DEFAULT_ID];
  const byRule = [...wanted.flatMap((id) => accounts.get(id) ?? []), ...sorted];
  const canPost = ({ id, fields }: ConfiguredAccount): boolean =>
    isSet(fields.botToken) || (hasToken && variableFor(id, 'botToken') !== undefined);
  const enabled = byRule.filter(({ isEnabled }) => isEnabled);
  const chosen = enabled.find(canPost) ?? enabled[0] ?? byRule[0];
  return { accounts: sorted, defaultId: chosen?.id ?? DEFAULT_ID };
}

/** Which of OpenClaw's variables counts for a field of an account; `undefined`: none. */
export function variableFor(id: string, field: AccountField): string | undefined {
  if (id !== DEFAULT_ID) return undefined;
  return field === 'botToken' ? 'MATTERMOST_BOT_TOKEN' : 'MATTERMOST_URL';
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== '';
