import { createMattermostApi, type MattermostApi } from '@live-status/mm-poster';
import { type PostingAccount, postingAccounts, type UnusableAccount } from '@live-status/settings';
import { toAccountId } from '@live-status/transcript-parser';
import { failureOf } from '../request-failure.ts';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';
import type { SessionRow } from './session-rows.ts';

const ACCOUNTS: About = { id: 'mattermost.accounts', name: 'accounts' };
const MEMBERS: About = { id: 'mattermost.members', name: 'channels' };

/** A doctor does not wait long for a server that does not answer. */
const TIMEOUT_MS = 5_000;
/** How many channels of an account are asked about, the newest ones. */
const MAX_CHANNELS = 20;
/** How long ago a session may have been at work, milliseconds. */
const RECENT_MS = 30 * 24 * 3_600_000;

/** OpenClaw's Mattermost accounts: whether each can post, and where its sessions are. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  {
    ...ACCOUNTS,
    run: async ({ reading: { settings }, sessions }) => {
      if (settings === undefined) return [];
      const found = findConversations(await sessions(), Date.now());
      // Without accounts in the configuration there is one for all sessions.
      const hasAccounts = settings.openclaw?.mattermostAccounts !== undefined;
      const conversations = hasAccounts ? found : found.map(({ channelId }) => ({ channelId }));
      const accounts = postingAccounts(settings);
      const apis: MattermostApi[] = [];
      const connect = ({ url, token }: PostingAccount): AccountQuestions => {
        const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
        apis.push(api);
        return api;
      };
      try {
        return await checkAccounts(accounts, conversations, connect);
      } finally {
        await Promise.all(apis.map((api) => api.close()));
      }
    },
  },
];

/** The questions to a Mattermost server, asked as one account. */
export type AccountQuestions = Pick<MattermostApi, 'getMe' | 'isMember' | 'getChannel'>;

/** A channel in which a session answers. */
export interface Conversation {
  /** OpenClaw's account; undefined for the default one. */
  readonly accountId?: string | undefined;
  readonly channelId: string;
}

/** Whether each account can post, and in the channels of its sessions. Never rejects. */
export async function checkAccounts(
  accounts: readonly (PostingAccount | UnusableAccount)[],
  conversations: readonly Conversation[],
  connect: (account: PostingAccount) => AccountQuestions,
): Promise<readonly Finding[]> {
  const known = accounts.filter((account) => 'url' in account || !account.isDisabled).map(({ id }) => id);
  const [first] = known;
  const gone = [...new Set(conversations.flatMap(({ accountId }) => accountId ?? []))].filter(
    (id) => !known.includes(id),
  );
  const missing = gone.map((id) =>
    warn(
      ACCOUNTS,
      `sessions name the account ${id}, which cannot be used`,
      `add or enable channels.mattermost.accounts.${id} in openclaw.json`,
    ),
  );
  const checked = await Promise.all(
    accounts.map(async (account) => {
      if (!('url' in account))
        return account.isDisabled ? [] : [fail(ACCOUNTS, lowerFirst(account.what), lowerFirst(account.fix))];
      const channels = conversations.filter(({ accountId = first }) => accountId === account.id);
      return checkAccount(account, [...new Set(channels.map(({ channelId }) => channelId))], connect);
    }),
  );
  return [...checked.flat(), ...missing];
}

async function checkAccount(
  account: PostingAccount,
  channelIds: readonly string[],
  connect: (account: PostingAccount) => AccountQuestions,
): Promise<readonly Finding[]> {
  const { id, isDefault } = account;
  const where = `channels.mattermost.accounts.${id}`;
  let api: AccountQuestions;
  let username: string;
  try {
    api = connect(account);
    const me = await api.getMe();
    username = me.username;
    // The first account is examined with the server.
    if (!isDefault && !me.isBot) {
      return [warn(ACCOUNTS, `${id}: @${username} is not a bot account`, `use the token of a bot account in ${where}`)];
    }
  } catch (error) {
    if (isDefault) return [];
    return [fail(ACCOUNTS, `${id}: cannot log in (${failureOf(error)})`, `correct botToken and baseUrl of ${where}`)];
  }
  const login = isDefault ? [] : [ok(ACCOUNTS, `${id}: posts as @${username}`, `${id}: @${username}`)];
  return [...login, ...(await checkMembership(api, username, channelIds.slice(0, MAX_CHANNELS)))];
}

async function checkMembership(
  api: AccountQuestions,
  username: string,
  channelIds: readonly string[],
): Promise<readonly Finding[]> {
  if (channelIds.length === 0) return [];
  try {
    const outside: string[] = [];
    for (const channelId of channelIds)
      if (!(await api.isMember(channelId))) outside.push(await nameOf(api, channelId));
    const all = channelIds.length === 1 ? 'the channel' : `all ${channelIds.length} channels`;
    if (outside.length === 0) return [ok(MEMBERS, `@${username} is a member of ${all} of its sessions`)];
    const found = `the bot @${username} may not post in ${outside.join(', ')}, where sessions answer`;
    return [fail(MEMBERS, found, `add @${username} there`)];
  } catch (error) {
    return [warn(MEMBERS, `could not be checked for @${username} (${failureOf(error)})`, 'run the doctor again')];
  }
}

/** `#name`; the id where the account may not ask for it. */
async function nameOf(api: AccountQuestions, channelId: string): Promise<string> {
  return api.getChannel(channelId).then(
    ({ name }) => `#${name}`,
    () => channelId,
  );
}

/** The Mattermost channels of recent sessions, which are the newest first. */
export function findConversations(sessions: readonly SessionRow[], nowMs: number): readonly Conversation[] {
  const recent = sessions.filter(({ updatedAt = 0 }) => nowMs - updatedAt < RECENT_MS);
  return recent.flatMap(({ delivery: { channel, to, accountId } }) => {
    const channelId = channel === 'mattermost' ? /^channel:([a-z0-9]+)$/.exec(to ?? '')?.[1] : undefined;
    if (channelId === undefined) return [];
    return [{ channelId, accountId: accountId === undefined ? undefined : toAccountId(accountId) }];
  });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
