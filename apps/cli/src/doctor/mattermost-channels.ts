import { join } from 'node:path';
import { isObject, objectOf, textOf } from '@live-status/basics';
import type { Channel, MattermostApi } from '@live-status/mm-poster/api';
import { failureOf } from '../request-failure.ts';
import { type About, type Finding, ok, warn } from './finding.ts';
import { readText, type SessionRow } from './session-rows.ts';

const CHANNELS: About = { id: 'mattermost.channels', name: 'channels' };
/** Conversations that rested for longer may be over, milliseconds. */
const RECENT_MS = 30 * 86_400_000;
/** More questions would take long, and take their share of the server's rate limit. */
const MAX_CHANNELS = 40;

/**
 * Ids of the channels in which OpenClaw's recent sessions talk, the latest first, and of those with open posts in the
 * ledger.
 *
 * @param accounts the ids of the bot's account in openclaw.json; sessions of other accounts are answered by other bots
 */
export function findChannels(
  sessions: readonly SessionRow[],
  options: {
    readonly now: number;
    readonly accounts: readonly (string | undefined)[];
    readonly stateDir?: string | undefined;
  },
): readonly string[] {
  const { accounts, now, stateDir } = options;
  const recent = sessions
    .filter(({ delivery }) => delivery.channel === 'mattermost' && accounts.includes(delivery.accountId))
    .filter(({ updatedAt = 0 }) => now - updatedAt < RECENT_MS)
    .flatMap(({ delivery }) => /^channel:([a-z0-9]{26})$/.exec(delivery.to ?? '')?.[1] ?? []);
  const posted = stateDir === undefined ? [] : postedChannels(join(stateDir, 'ledger.json'));
  return [...new Set([...posted, ...recent])].slice(0, MAX_CHANNELS);
}

function postedChannels(ledgerPath: string): readonly string[] {
  try {
    const { entries } = objectOf(JSON.parse(readText(ledgerPath))) ?? {};
    const list = Array.isArray(entries) ? entries : [];
    return list.flatMap((entry) => (isObject(entry) ? (textOf(entry.channelId) ?? []) : []));
  } catch {
    return [];
  }
}

/** Whether the bot may post in each channel. Archived channels count as nothing: nobody works there. Never rejects. */
export async function checkChannels(
  api: Pick<MattermostApi, 'getChannel' | 'isMember'>,
  channelIds: readonly string[],
  username: string,
): Promise<readonly Finding[]> {
  if (channelIds.length === 0) return [ok(CHANNELS, 'no recent session talks in a channel')];
  const findings: Finding[] = [];
  // One after the other: the server's rate limit is shared with the gateway.
  for (const id of channelIds) {
    try {
      if (!(await api.isMember(id)) && !(await isArchived(api, id))) findings.push(await notMember(api, id, username));
    } catch (error) {
      const rest = `the other channels were not asked for (${failureOf(error)})`;
      return [...findings, warn(CHANNELS, rest, 'run the doctor again')];
    }
  }
  const count = channelIds.length === 1 ? '1 channel' : `${channelIds.length} channels`;
  return findings.length > 0 ? findings : [ok(CHANNELS, `the bot is a member of ${count} of recent sessions`)];
}

async function isArchived(api: Pick<MattermostApi, 'getChannel'>, id: string): Promise<boolean> {
  const channel = await find(api, id);
  return channel !== undefined && channel.deleteAt !== 0;
}

async function notMember(api: Pick<MattermostApi, 'getChannel'>, id: string, username: string): Promise<Finding> {
  const { name } = (await find(api, id)) ?? {};
  const where = name === undefined ? `a channel (${id})` : `~${name}`;
  return warn(CHANNELS, `the bot may not post in ${where}, where a session talks`, `add @${username} there`);
}

/** The bot may see public channels of its teams without being a member. */
function find(api: Pick<MattermostApi, 'getChannel'>, id: string): Promise<Channel | undefined> {
  return api.getChannel(id).catch(() => undefined);
}
