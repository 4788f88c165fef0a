import { isObject, type JsonObject, printableLine } from '@live-status/basics';
import { MattermostError, type MattermostErrorKind } from './errors.ts';
import type { Answer, Channel, Post, ServerSettings, Team, User } from './post-api.ts';

// Nothing that came over the wire is trusted before it is checked: a proxy may have answered.

/** Headers by lower-case name, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
/** Real ids are 26 letters and digits. Nothing else may stand in an id, because ids go into links and addresses. */
const ID = /^[A-Za-z0-9]{1,64}$/;
/** An object with an id, or undefined: the least by which a Mattermost object is known. */
const withId = (value: unknown): (JsonObject & { readonly id: string }) | undefined =>
  isObject(value) && typeof value.id === 'string' && ID.test(value.id) ? { ...value, id: value.id } : undefined;

/** A post. */
export function toPost(value: unknown): Post | undefined {
  const post = withId(value);
  return (
    post && {
      id: post.id,
      channelId: text(post.channel_id),
      rootId: text(post.root_id),
      userId: text(post.user_id),
      message: text(post.message),
      type: text(post.type),
      props: isObject(post.props) ? post.props : {},
      createAt: count(post.create_at),
      updateAt: count(post.update_at),
      deleteAt: count(post.delete_at),
      originalId: text(post.original_id),
    }
  );
}

/** A post list, `{ order: [...], posts: { id: post } }`, in its order; thread roots that only come along are left out. */
export function toPosts(value: unknown): readonly Post[] | undefined {
  if (!isObject(value) || !isObject(value.posts) || !Array.isArray(value.order)) return undefined;
  const { posts, order } = value;
  return order.flatMap((id) => (typeof id === 'string' && toPost(posts[id])) || []);
}

/** An account. */
export function toUser(value: unknown): User | undefined {
  const user = withId(value);
  return user && { id: user.id, username: text(user.username), isBot: user.is_bot === true };
}

/** A channel. */
export function toChannel(value: unknown): Channel | undefined {
  const channel = withId(value);
  return (
    channel && {
      id: channel.id,
      name: text(channel.name),
      displayName: text(channel.display_name),
      type: text(channel.type),
      teamId: text(channel.team_id),
      deleteAt: count(channel.delete_at),
    }
  );
}

/** A team. */
export function toTeam(value: unknown): Team | undefined {
  const team = withId(value);
  return team && { id: team.id, name: text(team.name) };
}

/** A list of teams. */
export function toTeams(value: unknown): readonly Team[] | undefined {
  return Array.isArray(value) ? value.flatMap((item) => toTeam(item) ?? []) : undefined;
}

/** Of which channel a membership is. */
export function toMembership(value: unknown): { readonly channelId: string } | undefined {
  return isObject(value) && text(value.channel_id) !== '' ? { channelId: text(value.channel_id) } : undefined;
}

/** `{ status: "OK" }`, or more. */
export function toPong(value: unknown): true | undefined {
  return isObject(value) ? true : undefined;
}

const header = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
const numberIn = (headers: Headers, name: string): number | undefined => {
  const value = header(headers, name);
  return value !== undefined && /^\d+$/.test(value.trim()) ? Number(value) : undefined;
};

/** Longest wait that is taken from a header, milliseconds: proxies mean other things by them (the hour, an epoch). */
const MAX_WAIT_MS = 300_000;

/** A header with seconds, as milliseconds. */
const waitIn = (headers: Headers, name: string): number | undefined => {
  const seconds = numberIn(headers, name);
  return seconds === undefined ? undefined : Math.min(seconds * 1000, MAX_WAIT_MS);
};

/** `11.6.0.…`, as far as it can be shown. */
const versionIn = (headers: Headers): string | undefined => {
  const version = header(headers, 'x-version-id');
  return version === undefined ? undefined : printableLine(version.slice(0, 100));
};

/** Reads the head of an answer. `X-RateLimit-Reset` is in seconds from now, not an epoch (Mattermost server source). */
export function toAnswer(status: number, headers: Headers): Answer {
  const limit = numberIn(headers, 'x-ratelimit-limit');
  const remaining = numberIn(headers, 'x-ratelimit-remaining');
  const resetMs = waitIn(headers, 'x-ratelimit-reset');
  const serverTimeMs = Date.parse(header(headers, 'date') ?? '');
  return {
    status,
    rateLimit:
      limit === undefined || remaining === undefined || resetMs === undefined
        ? undefined
        : { limit, remaining, resetMs },
    serverTimeMs: Number.isNaN(serverTimeMs) ? undefined : serverTimeMs,
    serverVersion: versionIn(headers),
  };
}

/** Error ids of Mattermost: `api.context.permissions.app_error`. Whatever else has an `id` is not its answer. */
const ERROR_ID = /^[\w.-]{1,200}$/;
/** Statuses of 500 and above that will not change by themselves. */
const PERMANENT_SERVER_ERRORS: ReadonlySet<number> = new Set([501, 505]);
/** Statuses that mean the same whoever answers. */
const KIND_BY_STATUS: Readonly<Record<number, MattermostErrorKind>> = {
  408: 'transient',
  429: 'rate-limited',
};
/** Refusals that are believed when Mattermost gives them, by its error id. */
const REFUSALS: Readonly<Record<number, MattermostErrorKind>> = {
  401: 'auth',
  403: 'forbidden',
  404: 'gone',
  410: 'gone',
};

/**
 * What stands before the server answers without an error id: a redirect or a 404 while the server restarts, which
 * says nothing about any post or channel; or a refusal, of this one request (a firewall that dislikes its text) or of
 * all (a login page).
 */
function kindOf(status: number, errorId: string | undefined): MattermostErrorKind {
  const known = KIND_BY_STATUS[status];
  if (known !== undefined) return known;
  if (errorId === undefined) return isPassing(status) ? 'transient' : 'blocked';
  if (status >= 500) return PERMANENT_SERVER_ERRORS.has(status) ? 'invalid' : 'transient';
  return REFUSALS[status] ?? 'invalid';
}

/** Whether an answer that is not Mattermost's own may pass by itself, as it does when a server restarts. */
function isPassing(status: number): boolean {
  if (status >= 500) return !PERMANENT_SERVER_ERRORS.has(status);
  return status < 400 || REFUSALS[status] === 'gone';
}

/** The error of an answer that is not 2xx. The body may be JSON of the server or anything of a proxy. */
export function toError(request: string, status: number, headers: Headers, body: string): MattermostError {
  const json = parseJson(body);
  const errorId = isObject(json) && ERROR_ID.test(text(json.id)) ? text(json.id) : undefined;
  const kind = kindOf(status, errorId);
  const detail = errorId === undefined && status < 500 ? foreignDetail(status, headers, body) : undefined;
  return new MattermostError({ kind, request, status, errorId, retryAfterMs: waitIn(headers, 'retry-after'), detail });
}

/** What Mattermost itself and common proxies say to plain http on a port that wants https. */
const WANTS_HTTPS = /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server/i;

/** What is known of an answer that is not Mattermost's own. */
function foreignDetail(status: number, headers: Headers, body: string): string | undefined {
  if (status in KIND_BY_STATUS) return undefined;
  const location = status >= 300 && status < 400 ? header(headers, 'location') : undefined;
  if (location !== undefined) return `redirects to ${originOf(location)}; configure that address`;
  if (WANTS_HTTPS.test(body))
    return 'is what a server says to http:// on its https port; configure the address with https://';
  // Who answered, as far as it says so.
  const signs = ['cf-mitigated', 'server', 'via'].flatMap((name) => {
    const value = header(headers, name);
    return value === undefined ? [] : [`${name}: ${printableLine(value.slice(0, 60))}`];
  });
  return `is not Mattermost's own answer${signs.length === 0 ? '' : ` (${signs.join(', ')})`}`;
}

/** The error of a 2xx whose body is a page of something on the way; undefined for any other body. */
export function toPageError(
  request: string,
  status: number,
  headers: Headers,
  body: string,
): MattermostError | undefined {
  if (!/^\s*</.test(body)) return undefined;
  const detail = `is a page, ${foreignDetail(status, headers, body)?.replace(/^is /, '')}`;
  return new MattermostError({ kind: 'blocked', request, status, detail });
}

/** What a server says of itself when asked for its status; undefined when the answer says nothing of its database. */
export function toDatabaseStatus(body: string): string | undefined {
  const json = parseJson(body);
  const status = isObject(json) ? text(json.database_status) : '';
  return /^\w{1,40}$/.test(status) ? status : undefined;
}

/** Settings of a server from its client configuration, where all values are text. */
export function toServerSettings(value: unknown): ServerSettings | undefined {
  if (!isObject(value)) return undefined;
  const numberOf = (key: string): number | undefined =>
    /^-?\d+$/.test(text(value[key])) ? Number(value[key]) : undefined;
  const limitS = numberOf('PostEditTimeLimit');
  const maxPostChars = numberOf('MaxPostSize');
  return {
    editLimitMs: limitS === undefined || limitS < 0 || !obeysEditLimit(value) ? undefined : limitS * 1000,
    maxPostChars: maxPostChars !== undefined && maxPostChars > 0 ? maxPostChars : undefined,
  };
}

/** Servers up to 5.37 have the setting, but keep it only with a licence. */
function obeysEditLimit({ Version, IsLicensed }: Readonly<Record<string, unknown>>): boolean {
  return Number.parseInt(text(Version), 10) > 5 || text(IsLicensed) === 'true';
}

/** Parsed JSON, or undefined. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Without path and query: those of a login page may hold secrets. */
const originOf = (location: string): string => (URL.canParse(location) ? new URL(location).origin : 'another path');
