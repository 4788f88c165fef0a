import { wouldAnswer } from '../listening.ts';
import type { OpenClawConfig } from '../openclaw-config.ts';
import { type CheckResult, ok, warn } from './check.ts';
import type { MattermostAccount } from './mattermost.ts';

/** Who posts status, and who listens. */
export interface Listeners {
  readonly openclaw: OpenClawConfig | undefined;
  readonly me: MattermostAccount;
  /** Account of OpenClaw's own token; `undefined` when it has none or could not be asked. */
  readonly openclawAccount: MattermostAccount | undefined;
  /** A channel of which more can be said. */
  readonly defaultChannelId: string | undefined;
}

/**
 * Whether agents would take status posts as messages to them: OpenClaw ignores posts of its own bot only
 * (openclaw/openclaw#99279).
 */
export function checkListeners({ openclaw, me, openclawAccount, defaultChannelId }: Listeners): CheckResult {
  const name = 'other bot';
  const { listening } = openclaw ?? {};
  if (!listening) return ok(name, 'no OpenClaw with Mattermost is configured here');
  if (openclawAccount?.id === me.id) return ok(name, `@${me.username} is OpenClaw's own bot`);
  const bot = { userId: me.id, username: me.username };
  const places = [...Object.keys(listening.requireMention), defaultChannelId].filter(
    (id) => id !== undefined && id !== '*',
  );
  const answering = [...new Set(places)].filter((id) => wouldAnswer(listening, id, bot));
  const everywhere = wouldAnswer(listening, '', bot);
  if (!everywhere && answering.length === 0) {
    return ok(name, `@${me.username} is not OpenClaw's bot, but agents answer to mentions only`);
  }
  const where = everywhere ? 'channels' : `channels ${answering.join(', ')}`;
  const found = `@${me.username} is not OpenClaw's bot: agents would answer its posts in ${where}, so none are made there`;
  return warn(
    name,
    found,
    "use OpenClaw's own bot token (leave MM_TOKEN unset), or let agents answer to mentions only",
  );
}
