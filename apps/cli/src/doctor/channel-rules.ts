import { counted } from '@live-status/basics';
import {
  channelOf,
  type EffectiveRule,
  findRule,
  type KeyedRule,
  readRulesFile,
  showKey,
  type Work,
} from '@live-status/channel-rules';
import {
  type ChannelName,
  type ChannelQuestions,
  createMattermostApi,
  findChannelId,
  isChannelThere,
  type MattermostApi,
  type Place,
  readPlace,
} from '@live-status/mm-poster/api';
import { type KnownDelivery, routeOfKey } from '@live-status/run-tracker';
import { mattermostRoute, type Route } from '@live-status/session-state';
import { defaultAccount, type PostingAccount, postingAccounts, type Settings } from '@live-status/settings';
import { parseSessionKey } from '@live-status/transcript-parser';
import type { Check, Installation } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';

const RULES: About = { id: 'settings.channel-rules', name: 'CHANNEL_RULES' };
const MATTERMOST_TIMEOUT_MS = 5_000;
/** More questions would take long, and take their share of the server's rate limit. */
const MAX_SESSIONS = 40;

/** The file of rules: what is wrong with it, and which rules are in effect for which session. */
export const CHANNEL_RULES_CHECKS: readonly Check[] = [{ ...RULES, run: examineRules }];

async function examineRules(installation: Installation): Promise<readonly Finding[]> {
  const { settings, sound } = installation.reading;
  const { channelRules: path, defaultChannelKinds: kinds = [] } = sound;
  if (path === undefined) return [];
  const found = await readRulesFile(path, kinds);
  const problems = found.ok
    ? []
    : found.problems.map(({ fix, line, what }) =>
        fail(RULES, `${path}${line === undefined ? '' : `, line ${line}`}: ${what}`, fix),
      );
  const rules = found.ok ? found.rules : found.sound;
  // What is missing is among the settings.
  if (settings === undefined) {
    return found.ok ? [ok(RULES, `${path}: ${counted(rules.length, 'rule')}`)] : problems;
  }
  const apis = new Map<string, MattermostApi>();
  const connect = ({ id, url, token }: PostingAccount): MattermostApi => {
    const api = apis.get(id) ?? createMattermostApi({ url, token: token.reveal(), timeoutMs: MATTERMOST_TIMEOUT_MS });
    apis.set(id, api);
    return api;
  };
  try {
    const main = connect(defaultAccount(settings));
    const others = postingAccounts(settings).flatMap((account) => ('url' in account ? [connect(account)] : []));
    const byAccount = (id: string | undefined): MattermostApi => (id !== undefined && apis.get(id)) || main;
    const missing = await checkChannels(path, rules, [...new Set([main, ...others])]);
    if (!found.ok) return [...problems, ...missing];
    const roots = (await installation.sessions()).filter(({ isChild }) => !isChild);
    const sessions = toKnownSessions(roots);
    const findPlace = placesAt((name, account) => locate(byAccount(account), name));
    return [...missing, await describeSessions(path, rules, sessions, { settings, findPlace })];
  } finally {
    await Promise.all([...apis.values()].map((api) => api.close()));
  }
}

/** Which channels that rules name are not there. */
export async function checkChannels(
  path: string,
  rules: readonly KeyedRule[],
  accounts: readonly ChannelQuestions[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  // One after the other: the server's rate limit is shared with the gateway.
  for (const { key, line } of rules) {
    const name = channelOf(key);
    const isThere = name === undefined || (await isChannelThere(name, accounts));
    if (isThere !== false) continue;
    const what = name !== undefined && 'username' in name ? 'there is nobody called' : 'no bot sees a channel';
    const fix = 'correct it, or add the bot to the team and the channel';
    findings.push(warn(RULES, `${path}, line ${line}: ${what} ${showKey(key)}`, fix));
  }
  return findings;
}

/** A session, and where its work is shown. */
export interface KnownSession {
  readonly key: string;
  readonly route: Route;
}

/** Where the work of sessions is shown. Where several origins share a key, as the last message of the session has it. */
export function toKnownSessions(
  sessions: readonly { readonly key: string; readonly delivery: KnownDelivery }[],
): readonly KnownSession[] {
  return sessions.flatMap(({ key, delivery }): readonly KnownSession[] => {
    const parsed = parseSessionKey(key);
    if (parsed.kind === 'subagent') return [];
    const route = routeOfKey(parsed, delivery, []);
    const shown = route === 'shared' ? sharedRoute(delivery) : route;
    return shown === undefined ? [] : [{ key, route: shown }];
  });
}

function sharedRoute({ accountId, channel = 'webchat', threadId, to }: KnownDelivery): Route | undefined {
  if (channel !== 'mattermost') return { kind: 'elsewhere', origin: channel };
  return to === undefined ? undefined : mattermostRoute({ to, threadId, accountId });
}

/** The place that a name leads to, for an account; undefined if Mattermost does not say. */
export type FindPlace = (name: PlaceName, account: string | undefined) => Promise<Place | undefined>;
type PlaceName = ChannelName | { readonly userId: string };

function placesAt(ask: (name: PlaceName, account: string | undefined) => Promise<Place>): FindPlace {
  const known = new Map<string, Promise<Place | undefined>>();
  return (name, account) => {
    const key = JSON.stringify([name, account]);
    const place = known.get(key) ?? ask(name, account).catch(() => undefined);
    known.set(key, place);
    return place;
  };
}

async function locate(api: MattermostApi, name: PlaceName): Promise<Place> {
  return readPlace(await findChannelId(name, api, {}), api, {});
}

/** How sessions are shown: one line for each, with the keys of the rules that are in effect. */
export async function describeSessions(
  path: string,
  rules: readonly KeyedRule[],
  sessions: readonly KnownSession[],
  { settings, findPlace }: { readonly settings: SessionSettings; readonly findPlace: FindPlace },
): Promise<Finding> {
  const details: string[] = [];
  let met = 0;
  for (const { key, route } of sessions.slice(0, MAX_SESSIONS)) {
    const described = await describeSession(key, route, rules, { settings, findPlace });
    details.push(described.text);
    if (described.isMet) met += 1;
  }
  const more = sessions.length - details.length;
  if (more > 0) details.push(`${counted(more, 'older session')} not looked at`);
  const of = `${met} of ${counted(Math.min(sessions.length, MAX_SESSIONS), 'known session')}`;
  const found = `${path}: ${counted(rules.length, 'rule')}, in effect for ${of}`;
  return { ...ok(RULES, found, counted(rules.length, 'channel rule')), details };
}

type SessionSettings = Pick<Settings, 'defaultChannel' | 'defaultChannelKinds' | 'statusStyle' | 'notify'>;

async function describeSession(
  key: string,
  route: Route,
  rules: readonly KeyedRule[],
  { settings, findPlace }: { readonly settings: SessionSettings; readonly findPlace: FindPlace },
): Promise<{ readonly text: string; readonly isMet: boolean }> {
  const { defaultChannel, defaultChannelKinds, notify, statusStyle: style } = settings;
  const isOutside = route.kind === 'background' || route.kind === 'elsewhere';
  if (isOutside && (defaultChannel === undefined || !defaultChannelKinds.includes(route.origin))) {
    return { text: `${key}: not shown (DEFAULT_CHANNEL, DEFAULT_CHANNEL_KINDS)`, isMet: false };
  }
  const name = isOutside ? defaultChannel : nameOf(route);
  const account = isOutside ? undefined : route.accountId;
  const place = name === undefined ? undefined : await findPlace(name, account);
  const kinds = isOutside ? [route.origin] : kindsOf(route, place);
  const work: Work = {
    kinds,
    channelId: place?.channelId ?? (name !== undefined && 'channelId' in name ? name.channelId : undefined),
    name: place === undefined ? undefined : (place.name ?? null),
  };
  const { isCertain, keys, rule } = findRule(rules, work, { style, notify });
  const where = [...(isOutside ? kinds : []), place?.name ?? place?.type ?? 'a place that Mattermost does not name'];
  const by = [...keys, ...(isCertain ? [] : ['the strictest that may be meant'])].join(' + ');
  return {
    text: `${key} (${where.join(' in ')}): ${by === '' ? 'no rule' : by}: ${describeRule(rule)}`,
    isMet: by !== '',
  };
}

function nameOf(route: Extract<Route, { kind: 'mattermost' | 'mattermost-user' }>): PlaceName {
  return route.kind === 'mattermost' ? { channelId: route.channelId } : { userId: route.userId };
}

function kindsOf({ kind }: Route, place: Place | undefined): readonly string[] {
  if (place !== undefined) return place.type === 'direct' ? ['direct'] : ['channel'];
  return kind === 'mattermost-user' ? ['direct'] : ['direct', 'channel'];
}

/** `quiet, no arguments, list, notifies of waiting, then compact`. */
function describeRule({ arguments: hasArguments, finished, notify, show, style }: EffectiveRule): string {
  if (show === 'off') return 'off';
  const parts = [
    show,
    hasArguments ? undefined : 'no arguments',
    style,
    notify.length === 0 ? 'notifies nobody' : `notifies of ${notify.join(', ')}`,
    finished === 'keep' ? undefined : `then ${finished}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
