import type { Target } from '@live-status/mm-poster';
import { type Bot, type MattermostListening, wouldAnswer } from '@live-status/operations';

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
