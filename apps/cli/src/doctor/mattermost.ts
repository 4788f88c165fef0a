import { type ChannelName, createMattermostApi, findChannelId, type MattermostApi } from '@live-status/mm-poster';
import type { Secret } from '@live-status/openclaw-config';
import type { SettingsReading } from '@live-status/settings';
import { failureOf } from '../request-failure.ts';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';

/** A doctor does not wait long for a server that does not answer. */
const TIMEOUT_MS = 5_000;

const SERVER: About = { id: 'mattermost.server', name: 'server' };
const ADDRESS: About = { id: 'mattermost.address', name: 'address' };
const SILENT: About = { id: 'mattermost.silent-posts', name: 'silent posts' };
const TOKEN: About = { id: 'mattermost.token', name: 'token' };
const CHANNEL: About = { id: 'mattermost.default-channel', name: 'DEFAULT_CHANNEL' };

/** The server, the bot and the default channel. */
export const MATTERMOST_CHECKS: readonly Check[] = [{ ...SERVER, run: ({ reading }) => examineMattermost(reading) }];

async function examineMattermost({ sound }: SettingsReading): Promise<readonly Finding[]> {
  const { mmUrl: url, mmToken: token, defaultChannel } = sound;
  // What is missing is among the settings.
  if (url === undefined || token === undefined) return [];
  return ask({ url, token }, (api) => checkMattermost(url, questionsTo(api), defaultChannel));
}

async function ask<T>(
  { url, token }: { readonly url: string; readonly token: Secret },
  question: (api: MattermostApi) => Promise<T>,
): Promise<T> {
  const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
  try {
    return await question(api);
  } finally {
    await api.close();
  }
}

function questionsTo(api: MattermostApi): MattermostQuestions {
  let serverVersion: string | undefined;
  api.onAnswer((answer) => {
    serverVersion = answer.serverVersion ?? serverVersion;
  });
  return {
    warnings: api.warnings,
    serverVersion: () => serverVersion,
    ping: () => api.ping(),
    getMe: () => api.getMe(),
    isMember: (channelId) => api.isMember(channelId),
    findChannel: async (name) => api.getChannel(await findChannelId(name, api, {})),
  };
}

/** The questions to a Mattermost server that the checks ask. */
export interface MattermostQuestions {
  /** What the operator should know about the address, with the fix. */
  readonly warnings: readonly string[];
  ping(): Promise<unknown>;
  /** `X-Version-Id` of the last answer. */
  serverVersion(): string | undefined;
  getMe(): Promise<{ readonly username: string; readonly isBot: boolean }>;
  /** The channel of a name; a direct channel is created if there is none. */
  findChannel(name: ChannelName): Promise<{ readonly id: string; readonly deleteAt: number }>;
  isMember(channelId: string): Promise<boolean>;
}

/** The first version that supports silent posts. */
const FIRST_SILENT = [11, 9];

/** Asks a server, each question only if the one before it was answered. Never rejects. */
export async function checkMattermost(
  url: string,
  questions: MattermostQuestions,
  defaultChannel: ChannelName | undefined,
): Promise<readonly Finding[]> {
  const server = await checkServer(url, questions);
  const warnings = questions.warnings.map((warning) => warn(ADDRESS, ...splitAtSemicolon(warning)));
  if (server.state === 'fail') return [server, ...warnings];
  const token = await checkToken(questions);
  const results = [server, ...warnings, checkSilent(questions.serverVersion()), token];
  if (token.state === 'fail') return results;
  const channel =
    defaultChannel === undefined ? noDefaultChannel() : await checkDefaultChannel(questions, defaultChannel);
  return [...results, channel];
}

async function checkServer(url: string, questions: MattermostQuestions): Promise<Finding> {
  try {
    await questions.ping();
    const version = versionOf(questions.serverVersion());
    return ok(SERVER, `${url} answers, version ${version ?? 'unknown'}`, url);
  } catch (error) {
    const found = `${url} does not answer as Mattermost does (${failureOf(error)})`;
    return fail(SERVER, found, 'check MM_URL, the network, proxies and the server');
  }
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

async function checkToken(questions: MattermostQuestions): Promise<Finding> {
  try {
    const me = await questions.getMe();
    if (me.isBot) return ok(TOKEN, `valid, belongs to the bot @${me.username}`, `bot @${me.username}`);
    const fix = 'use the token of a bot account: other accounts cannot post silently';
    return warn(TOKEN, `valid, but @${me.username} is not a bot account`, fix);
  } catch (error) {
    const refused = kindOf(error) === 'auth';
    const found = refused ? 'the server does not accept it' : `could not be checked (${failureOf(error)})`;
    return fail(TOKEN, found, 'set MM_TOKEN to a valid bot token, or correct botToken in openclaw.json');
  }
}

function noDefaultChannel(): Finding {
  return ok(CHANNEL, 'not set: cron, hook and CLI work is not shown');
}

async function checkDefaultChannel(questions: MattermostQuestions, wanted: ChannelName): Promise<Finding> {
  try {
    const { id, deleteAt } = await questions.findChannel(wanted);
    if (deleteAt !== 0) return fail(CHANNEL, `${id} is archived`, 'unarchive it, or choose another channel');
    if (await questions.isMember(id)) return ok(CHANNEL, `${id}, the bot is a member`);
    return fail(CHANNEL, `the bot is not a member of ${id}`, 'add the bot to the team and the channel');
  } catch (error) {
    const found = `the channel was not found (${failureOf(error)})`;
    return fail(CHANNEL, found, 'check the name as in the address of the channel, and add the bot to its team');
  }
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
