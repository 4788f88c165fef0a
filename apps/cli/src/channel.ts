import { EXIT } from '@live-status/daemon-control/exit-code';
import { type ChannelName, findChannelId, MattermostError, parseTarget } from '@live-status/mm-poster/api';
import { CommandError } from './command-error.ts';
import { explain, type Server } from './server.ts';

/**
 * The id of a channel as a person names it: an id, `team/name`, `~name` in a team of the bot, or `@user` for a direct
 * channel.
 *
 * @throws {CommandError} if it is not a channel name, or there is no such channel
 */
export async function findChannel(server: Server, name: string): Promise<string> {
  if (name.startsWith('~')) return findInTeams(server, name.slice(1).toLowerCase());
  const parsed = parseTarget(name);
  if (!parsed.ok) throw new CommandError(`--channel: ${parsed.reason}, or ~name`, { exitCode: EXIT.usage });
  return channelOf(server, parsed.target, name);
}

/** The channel for commands that name none: `DEFAULT_CHANNEL`. */
export async function findDefaultChannel(server: Server): Promise<string> {
  const { defaultChannel } = server;
  if (defaultChannel !== undefined) return channelOf(server, defaultChannel, 'of DEFAULT_CHANNEL');
  const fix = 'give --channel (an id, team/name, ~name or @user), or set DEFAULT_CHANNEL';
  throw new CommandError(`No channel to post in: ${fix}`, { exitCode: EXIT.usage });
}

async function channelOf(server: Server, target: ChannelName, name: string): Promise<string> {
  try {
    return await server.ask((signal) => findChannelId(target, server.api, { signal }));
  } catch (error) {
    throw explain(error, server, `channel ${name}`);
  }
}

async function findInTeams(server: Server, name: string): Promise<string> {
  const { api } = server;
  const found: { readonly id: string; readonly path: string }[] = [];
  try {
    for (const team of await server.ask((signal) => api.getTeams({ signal }))) {
      const id = await idInTeam(server, team.name, name);
      if (id !== undefined) found.push({ id, path: `${team.name}/${name}` });
    }
  } catch (error) {
    throw explain(error, server, `channel ~${name}`);
  }
  const [first, second] = found;
  if (first === undefined) {
    throw new CommandError(
      `There is no channel ~${name} in the teams of the bot at ${server.url}: check the name as in the channel's address, and add the bot to the team`,
    );
  }
  if (second === undefined) return first.id;
  const paths = found.map(({ path }) => path).join(', ');
  throw new CommandError(`~${name} is a channel in several teams: use one of ${paths}`, { exitCode: EXIT.usage });
}

async function idInTeam(server: Server, team: string, name: string): Promise<string | undefined> {
  try {
    return (await server.ask((signal) => server.api.getChannelByName(team, name, { signal }))).id;
  } catch (error) {
    if (error instanceof MattermostError && (error.kind === 'gone' || error.kind === 'forbidden')) return undefined;
    throw error;
  }
}
