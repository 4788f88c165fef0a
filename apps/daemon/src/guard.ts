import type { Target } from '@live-status/mm-poster';
import type { MattermostListening } from '@live-status/operations';

/** The bot that Live Status posts as. */
export interface Bot {
  readonly userId: string;
  readonly username: string;
}

/** Modes in which an agent takes every message of a channel as said to it. */
const OPEN_MODES = ['onmessage', 'always'];
/** How every status post begins; an agent that starts on a prefix may start on this one. */
const POST_BEGINS = '**[';

/**
 * Whether OpenClaw's agents would take a status post of *another* bot as a message and answer it: OpenClaw ignores
 * only its own bot (openclaw/openclaw#99279). True when a channel needs no mention and hears this sender.
 *
 * @param channelId `undefined` when only the channel's name is known: then it could be any of those with an entry
 * @param bot `undefined` while it is not known who posts: then any sender that is named could be it
 */
export function wouldAnswer(
  listening: MattermostListening,
  channelId: string | undefined,
  bot: Bot | undefined,
): boolean {
  return startsWithoutMention(listening, channelId) && hears(listening, bot);
}

function startsWithoutMention(listening: MattermostListening, channelId: string | undefined): boolean {
  if (channelId === undefined && Object.values(listening.requireMention).includes(false)) return true;
  const required = listening.requireMention[channelId ?? '*'] ?? listening.requireMention['*'];
  if (required !== undefined) return !required;
  if (listening.chatMode === 'onchar') return listening.prefixes.some((prefix) => POST_BEGINS.startsWith(prefix));
  return OPEN_MODES.includes(listening.chatMode);
}

function hears(listening: MattermostListening, bot: Bot | undefined): boolean {
  if (listening.groupPolicy === 'open') return true;
  if (listening.groupPolicy !== 'allowlist') return false;
  if (bot === undefined) return listening.senders.length > 0;
  const names = ['*', bot.userId, bot.username, `@${bot.username}`];
  return listening.senders.some((sender) => names.includes(sender.replace(/^user:/, '')));
}

/** What is known about who posts and who listens. */
export type Identity =
  /** The two tokens are equal, or belong to the same user: OpenClaw ignores its own posts. */
  | { readonly kind: 'own-bot' }
  /** No OpenClaw with Mattermost is configured here: nothing to compare with. */
  | { readonly kind: 'no-listener' }
  /** Another bot, or not known yet. */
  | { readonly kind: 'other-bot'; readonly listening: MattermostListening; readonly bot?: Bot };

/** Why nothing may be posted to a place, with the cure; `undefined` when posting is safe. */
export function refusal(identity: Identity, target: Target): string | undefined {
  // In a direct channel with another bot OpenClaw does not listen.
  if (identity.kind !== 'other-bot' || 'userId' in target || 'username' in target) return undefined;
  const channelId = 'channelId' in target ? target.channelId : undefined;
  if (!wouldAnswer(identity.listening, channelId, identity.bot)) return undefined;
  const where = 'channelId' in target ? target.channelId : target.channel;
  const who = identity.bot ? `@${identity.bot.username}` : 'a bot that could not be compared with it';
  return (
    `Channel ${where}: agents answer there without a mention and would answer every status post of ${who}; ` +
    "use OpenClaw's own bot token (leave MM_TOKEN unset), or let agents answer only to mentions there"
  );
}
