import {
  type Channel,
  type ChannelName,
  createMattermostApi,
  findChannelId,
  formatTarget,
  type MattermostApi,
  type User,
} from '@live-status/mm-poster/api';
import { explainMattermostProblem } from '@live-status/settings';
import { failureOf } from '../request-failure.ts';
import type { Check, Installation } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';
import { checkChannels, findChannels } from './mattermost-channels.ts';
import { type PostingApi, tryPosting } from './mattermost-posting.ts';

/** A doctor does not wait long for a server that does not answer. */
const TIMEOUT_MS = 5_000;

const SERVER: About = { id: 'mattermost.server', name: 'server' };
const ADDRESS: About = { id: 'mattermost.address', name: 'address' };
const SILENT: About = { id: 'mattermost.silent-posts', name: 'silent posts' };
const TOKEN: About = { id: 'mattermost.token', name: 'token' };
const EDIT_LIMIT: About = { id: 'mattermost.edit-limit', name: 'edit time limit' };
const CHANNEL: About = { id: 'mattermost.default-channel', name: 'DEFAULT_CHANNEL' };
const BOARD: About = { id: 'mattermost.board-channel', name: 'BOARD_CHANNEL' };

/** The server, the bot and the channels that settings name. */
export const MATTERMOST_CHECKS: readonly Check[] = [{ ...SERVER, run: examineMattermost }];

async function examineMattermost({ reading, sessions }: Installation): Promise<readonly Finding[]> {
  const {
    mmUrl: url,
    mmToken: token,
    boardChannel,
    defaultChannel,
    maxMessageChars,
    stateDir,
    openclaw,
  } = reading.sound;
  // What is missing is among the settings.
  if (url === undefined || token === undefined) return [];
  const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
  const talking = { now: Date.now(), accounts: [undefined, 'default'], stateDir };
  const isOpenClawsBot = openclaw?.mattermostToken?.equals(token) === true;
  try {
    return await checkMattermost(url, questionsTo(api), {
      boardChannel,
      defaultChannel,
      maxMessageChars,
      // Another bot than OpenClaw's posts for all of its accounts.
      channelIds: isOpenClawsBot ? findChannels(await sessions(), talking) : [],
    });
  } finally {
    await api.close();
  }
}

function questionsTo(api: MattermostApi): MattermostQuestions {
  let serverVersion: string | undefined;
  api.onAnswer((answer) => {
    serverVersion = answer.serverVersion ?? serverVersion;
  });
  const findChannel = async (name: ChannelName): Promise<Channel> => api.getChannel(await findChannelId(name, api, {}));
  return { ...api, serverVersion: () => serverVersion, findChannel };
}

/** The questions to a Mattermost server that the checks ask. */
export interface MattermostQuestions
  extends PostingApi,
    Pick<
      MattermostApi,
      'warnings' | 'ping' | 'checkHealth' | 'getMe' | 'getServerSettings' | 'getChannel' | 'isMember'
    > {
  /** `X-Version-Id` of the last answer. */
  serverVersion(): string | undefined;
  /** The channel of a name; a direct channel is created if there is none. */
  findChannel(name: ChannelName): Promise<{ readonly id: string; readonly deleteAt: number }>;
}

/** What the settings and sessions of this installation want of a server. */
export interface MattermostNeeds {
  readonly boardChannel?: ChannelName | undefined;
  readonly defaultChannel?: ChannelName | undefined;
  readonly maxMessageChars?: number | undefined;
  /** Channels in which the bot must be able to post. */
  readonly channelIds: readonly string[];
}

/** The first version that supports silent posts. */
const FIRST_SILENT = [11, 9];

/** Asks a server, each question only if the one before it was answered. Never rejects. */
export async function checkMattermost(
  url: string,
  questions: MattermostQuestions,
  { boardChannel, defaultChannel, maxMessageChars, channelIds }: MattermostNeeds,
): Promise<readonly Finding[]> {
  const server = await checkServer(url, questions);
  const warnings = questions.warnings.map((warning) => warn(ADDRESS, ...splitAtSemicolon(warning)));
  if (server.state === 'fail') return [server, ...warnings];
  const me = await askMe(questions);
  const results = [server, ...warnings, checkSilent(questions.serverVersion()), checkToken(me, url)];
  if ('error' in me) return results;
  const others = await Promise.all([
    checkLimits(questions, maxMessageChars),
    tryPosting(questions, me),
    checkChannels(questions, channelIds, me.username),
    defaultChannel === undefined
      ? [noDefaultChannel()]
      : checkChannel(questions, { about: CHANNEL, wanted: defaultChannel }, me),
    boardChannel === undefined ? [] : checkChannel(questions, { about: BOARD, wanted: boardChannel }, me),
  ]);
  return [...results, ...others.flat()];
}

async function checkServer(url: string, questions: MattermostQuestions): Promise<Finding> {
  try {
    await questions.ping();
  } catch (error) {
    const { what, fix } = explainMattermostProblem(error, url);
    return fail(SERVER, what, fix);
  }
  try {
    await questions.checkHealth();
  } catch (error) {
    // Its other answers mean nothing then.
    return fail(SERVER, `${url} answers, but is not well (${failureOf(error)})`, 'repair the server first');
  }
  const version = versionOf(questions.serverVersion());
  return ok(SERVER, `${url} answers, version ${version ?? 'unknown'}`, url);
}

type Me = User | { readonly error: unknown };

function askMe(questions: MattermostQuestions): Promise<Me> {
  return questions.getMe().catch((error: unknown) => ({ error }));
}

/** What the server's own settings mean for posts. */
async function checkLimits(questions: MattermostQuestions, maxMessageChars = 0): Promise<readonly Finding[]> {
  try {
    const { editLimitMs, maxPostChars } = await questions.getServerSettings();
    return [checkEditLimit(editLimitMs), ...checkPostSize(maxPostChars, maxMessageChars)];
  } catch (error) {
    const found = `could not be asked for (${failureOf(error)})`;
    return [warn(EDIT_LIMIT, found, 'let GET /api/v4/config/client pass through any proxy in front of Mattermost')];
  }
}

function checkEditLimit(limitMs: number | undefined): Finding {
  if (limitMs === undefined) return ok(EDIT_LIMIT, 'posts can be edited at any time');
  const found = `posts can be edited for ${limitMs / 1_000} s (PostEditTimeLimit): longer work goes on in new posts`;
  return warn(EDIT_LIMIT, found, 'set "Post Edit Time Limit" to -1 in the System Console');
}

function checkPostSize(maxPostChars: number | undefined, maxMessageChars: number): readonly Finding[] {
  if (maxPostChars === undefined || maxPostChars >= maxMessageChars) return [];
  const found = `the server takes ${maxPostChars} characters, MAX_MESSAGE_CHARS is ${maxMessageChars}: posts are cut`;
  return [ok({ id: 'mattermost.post-size', name: 'post size' }, found)];
}

/** Servers before 11.9 ignore a request to post silently. */
function checkSilent(versionId: string | undefined): Finding {
  const version = versionOf(versionId);
  if (version === undefined)
    return warn(SILENT, 'the server does not report its version', 'use Mattermost 11.9 or newer');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [firstMajor = 0, firstMinor = 0] = FIRST_SILENT;
  if (major > firstMajor || (major === firstMajor && minor >= firstMinor)) return ok(SILENT, `supported by ${version}`);
  const found = `not supported by ${version}: every status post notifies like any other post`;
  return warn(SILENT, found, 'upgrade Mattermost to 11.9 or newer');
}

function checkToken(me: Me, url: string): Finding {
  if (!('error' in me)) {
    if (me.isBot) return ok(TOKEN, `valid, belongs to the bot @${me.username}`, `bot @${me.username}`);
    const fix = 'use the token of a bot account: other accounts cannot post silently';
    return warn(TOKEN, `valid, but @${me.username} is not a bot account`, fix);
  }
  if (kindOf(me.error) === 'blocked') {
    const fix = 'let requests to /api/v4 pass through the proxy, firewall or login page in front of Mattermost';
    return fail(TOKEN, `something on the way to Mattermost refuses requests (${failureOf(me.error)})`, fix);
  }
  const { fix } = explainMattermostProblem(me.error, url);
  const refused = kindOf(me.error) === 'auth';
  return fail(TOKEN, refused ? 'the server does not accept it' : `could not be checked (${failureOf(me.error)})`, fix);
}

function noDefaultChannel(): Finding {
  return ok(CHANNEL, 'not set: cron, hook and CLI work is not shown');
}

async function checkChannel(
  questions: MattermostQuestions,
  { about, wanted }: { readonly about: About; readonly wanted: ChannelName },
  { username }: User,
): Promise<readonly Finding[]> {
  try {
    const { id, deleteAt } = await questions.findChannel(wanted);
    if (deleteAt !== 0) return [fail(about, `${id} is archived`, 'unarchive it, or choose another channel')];
    if (await questions.isMember(id)) return [ok(about, `${id}, the bot is a member`)];
    return [
      fail(
        about,
        `@${username} is not a member of ${formatTarget(wanted)}`,
        `add @${username} to the team and the channel`,
      ),
    ];
  } catch (error) {
    return [channelNotFound(error, { about, wanted }, username)];
  }
}

/** The server names what is missing: the team, the channel or the person. */
function channelNotFound(
  error: unknown,
  { about, wanted }: { readonly about: About; readonly wanted: ChannelName },
  username: string,
): Finding {
  const name = formatTarget(wanted);
  const { errorId = '' } = error as { errorId?: string };
  if (kindOf(error) === 'forbidden') {
    return fail(
      about,
      `@${username} may not see ${name} (${failureOf(error)})`,
      `add @${username} to the team and the channel`,
    );
  }
  if (kindOf(error) !== 'gone') {
    const fix = 'run the doctor again; if it stays, look into the log of the Mattermost server';
    return fail(about, `${name} could not be looked up (${failureOf(error)})`, fix);
  }
  if ('username' in wanted) return fail(about, `there is no user ${name}`, `correct the user name in ${about.name}`);
  const missing = errorId.startsWith('app.team.') ? `no team ${name.split('/')[0]}` : `no channel ${name}`;
  const fix = `correct ${about.name}: it is TEAM/channels/CHANNEL in the channel's address, without "channels"; if it is right, add @${username} to the channel`;
  return fail(about, `there is ${missing} that @${username} may see`, fix);
}

/** `11.10.0` of `11.10.0.11.10.0.<hash>.false`. */
function versionOf(versionId: string | undefined): string | undefined {
  return /^\d+\.\d+\.\d+/.exec(versionId ?? '')?.[0];
}

function kindOf(error: unknown): unknown {
  return (error as { kind?: unknown } | undefined)?.kind;
}

function splitAtSemicolon(warning: string): [string, string] {
  const at = warning.lastIndexOf('; ');
  return at === -1 ? [warning, 'correct the address'] : [warning.slice(0, at), warning.slice(at + 2)];
}
