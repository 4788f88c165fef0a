import { MattermostError, type User } from '@live-status/mm-poster';
import { wouldAnswer } from '@live-status/operations';
import { CommandError } from './command-error.ts';
import { findOpenClawAccount } from './openclaw-account.ts';
import { explain, type Server } from './server.ts';

/**
 * Refuses a channel where OpenClaw's agents would take the post for a message to them and answer it, as the daemon does:
 * they ignore posts of OpenClaw's own bot only. Asks the server only where that may be so.
 *
 * @throws {CommandError} naming the channel and the cure
 */
export async function refuseWhereAgentsAnswer(server: Server, channelId: string): Promise<void> {
  const { openclaw, token, api } = server;
  const listening = openclaw?.listening;
  if (!listening || openclaw.mattermostToken?.equals(token) || !wouldAnswer(listening, channelId, undefined)) return;
  try {
    const me = await server.ask((signal) => api.getMe({ signal }));
    if (!wouldAnswer(listening, channelId, { userId: me.id, username: me.username })) return;
    if (!(await isHeard(server, me))) return;
    // In a direct channel with another bot OpenClaw does not listen.
    if ((await server.ask((signal) => api.getChannel(channelId, { signal }))).type === 'D') return;
    throw new CommandError(
      `Not posted in channel ${channelId}: agents answer there without a mention and would answer the post of @${me.username}; ` +
        "use OpenClaw's own bot token (leave MM_TOKEN unset), or let agents answer only to mentions there",
    );
  } catch (error) {
    throw error instanceof CommandError ? error : explain(error, server, `channel ${channelId}`);
  }
}

/** Whether OpenClaw listens on this server with another account than ours; true when that is not known. */
async function isHeard(server: Server, me: User): Promise<boolean> {
  const theirs = await findOpenClawAccount(server.openclaw, server.url);
  if (theirs === undefined) return true;
  if (theirs.id === me.id) return false;
  try {
    // Ids are random: without OpenClaw's account on this server its agents hear nothing of it.
    return (await server.ask((signal) => server.api.getUserByUsername(theirs.username, { signal }))).id === theirs.id;
  } catch (error) {
    return !(error instanceof MattermostError && error.kind === 'gone');
  }
}
