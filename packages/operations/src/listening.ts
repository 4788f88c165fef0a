import type { MattermostListening } from './openclaw-fields.ts';

/** The account that Live Status posts as. */
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
