import { type ChannelName, parseTarget } from '@live-status/mm-poster/target';
import { distance } from 'fastest-levenshtein';

/** What a rule is for. */
export type RuleKey =
  /** Everything. */
  | { readonly for: 'all' }
  /** A kind of work: `cron`, `direct`, `telegram`, … */
  | { readonly for: 'kind'; readonly kind: string }
  /** A channel by its address, `team/name`, or the direct messages with a person, `@user`. */
  | { readonly for: 'name'; readonly name: string }
  /** A channel by its id. */
  | { readonly for: 'id'; readonly channelId: string };

/** What kinds of work there are besides the other channels of OpenClaw. */
export const KINDS: readonly string[] = ['cron', 'hook', 'cli', 'direct', 'channel'];

/**
 * Channels of OpenClaw besides Mattermost; `openai`: its OpenAI-compatible API; `shared`: work for people of several
 * channels. Others are known by `DEFAULT_CHANNEL_KINDS`, without which they are not shown.
 */
export const OTHER_CHANNELS: readonly string[] =
  'bluebubbles discord feishu googlechat imessage irc line matrix msteams nextcloud-talk nostr openai qqbot shared signal slack synology-chat telegram tlon twitch webchat wecom whatsapp zalo zalouser'.split(
    ' ',
  );

/** A key, or how to correct it. */
export type ParsedKey = { readonly ok: true; readonly key: RuleKey } | { readonly ok: false; readonly fix: string };

/** Reads the key of a rule as a person writes it; case does not matter. `kinds`: names of other channels that are known. */
export function parseKey(text: string, kinds: readonly string[] = []): ParsedKey {
  const value = text.trim().toLowerCase();
  if (value === '*') return { ok: true, key: { for: 'all' } };
  const known = [...KINDS, ...OTHER_CHANNELS, ...kinds];
  if (known.includes(value)) return { ok: true, key: { for: 'kind', kind: value } };
  const parsed = parseTarget(value);
  if (parsed.ok) {
    const { target } = parsed;
    if ('channelId' in target) return { ok: true, key: { for: 'id', channelId: target.channelId } };
    return { ok: true, key: { for: 'name', name: 'channel' in target ? target.channel : `@${target.username}` } };
  }
  return { ok: false, fix: fixOf(value, known) };
}

function fixOf(value: string, known: readonly string[]): string {
  if (/^(?:all|any|default|everything)$/.test(value)) return 'for everything write "*"';
  const similar = nearest(value, known);
  if (similar !== undefined)
    return `did you mean "${similar}"? A channel of Mattermost is written with its team: "team/${value}"`;
  if (/^[~#]?[a-z0-9][a-z0-9_-]*$/.test(value)) {
    const name = value.replace(/^[~#]/, '');
    return `for a channel of Mattermost write "team/${name}" with its team; for a person "@${name}"; for another channel of OpenClaw add ${name} to DEFAULT_CHANNEL_KINDS`;
  }
  return `write "*", a kind of work (${KINDS.join(', ')}), another channel of OpenClaw (telegram, ...), team/name as in the address of a channel, a channel id, or @user`;
}

/** The name that a misspelled one most probably stands for. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const value = text.trim().toLowerCase();
  const [best] = names
    .map((name) => ({ name, away: distance(value, name.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.floor(Math.min(name.length, value.length) / 2) || isStartOf(value, name))
    .sort((a, b) => a.away - b.away);
  return best?.name;
}

/** `channels` or `arg` for `channel` and `arguments`. */
function isStartOf(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 3 && long.startsWith(short);
}

/** A key as it is written in a file. */
export function showKey(key: RuleKey): string {
  switch (key.for) {
    case 'all':
      return '*';
    case 'kind':
      return key.kind;
    case 'name':
      return key.name;
    case 'id':
      return key.channelId;
  }
}

/** The channel or person that a rule is for; undefined for a rule that names none. */
export function channelOf(key: RuleKey): ChannelName | undefined {
  if (key.for === 'id') return { channelId: key.channelId };
  if (key.for !== 'name') return undefined;
  return key.name.startsWith('@') ? { username: key.name.slice(1) } : { channel: key.name };
}
