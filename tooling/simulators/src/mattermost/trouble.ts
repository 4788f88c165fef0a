/** How a struck request ends. */
export type Ending =
  | { readonly kind: 'reset' }
  | { readonly kind: 'fail'; readonly status: number; readonly errorId: string }
  | Page
  | { readonly kind: 'half-body' }
  | { readonly kind: 'lost-answer' };

/** An answer of something that is not the API. */
export interface Page {
  readonly kind: 'page';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Ends a request with a {@link Page}. */
export function page(status: number, body: string, headers: Readonly<Record<string, string>>): Page {
  return { kind: 'page', status, headers, body };
}

/** What a fault needs to know of a request. */
export interface Struck {
  readonly route: string;
  readonly signal: AbortSignal;
  readonly query?: Readonly<Record<string, string>>;
  /** The body as it was sent. */
  readonly text?: string;
}

/** How a firewall answers a request whose text it dislikes. */
export type FirewallAnswer =
  | 'html-403'
  | 'plugin-400'
  | 'plugin-json-400'
  | 'page-200'
  | '404'
  | '302'
  | '503'
  | 'reset';

const html = (status: number, title: string, headers: Readonly<Record<string, string>> = {}): Ending =>
  page(status, `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`, {
    'Content-Type': 'text/html; charset=utf-8',
    ...headers,
  });
const PLUGIN_ID = 'Post rejected by plugin. It contains a forbidden word.';

const FIREWALL: Readonly<Record<FirewallAnswer, Ending>> = {
  'html-403': html(403, 'Request blocked', { Server: 'waf' }),
  'plugin-400': page(400, 'Post rejected by plugin\n', { 'Content-Type': 'text/plain; charset=utf-8' }),
  // As Mattermost words it: the plugin's reason is part of what should be an id.
  'plugin-json-400': { kind: 'fail', status: 400, errorId: PLUGIN_ID },
  'page-200': html(200, 'Your request is being checked'),
  '404': html(404, 'Not found'),
  '302': page(302, '', { Location: 'https://sso.example.com/login' }),
  '503': html(503, 'Service unavailable'),
  reset: { kind: 'reset' },
};

/** What a firewall answers. */
export function firewallAnswer(how: FirewallAnswer): Ending {
  return FIREWALL[how];
}

/** What a bot challenge answers. */
export const CHALLENGE: Ending = html(403, 'Just a moment...', { Server: 'cloudflare', 'cf-mitigated': 'challenge' });

/** What a proxy answers that allows only some methods. */
export const METHOD_REFUSED: Ending = html(405, '405 Not Allowed', { Server: 'nginx', Allow: 'GET, HEAD, POST' });

/** What a portal answers to whoever has not logged in to it. */
export function portalAnswer(status: 200 | 302 | 401): Ending {
  if (status === 302) return page(302, '', { Location: 'https://portal.example.com/login?back=secret' });
  return html(status, 'Please log in', { Server: 'portal' });
}

/** What is in the caches of a server whose database is away. */
export interface Cached {
  /** The session of the token; without it every call answers 401. Default true. */
  readonly session?: boolean;
  /** The memberships of the account; they decide how a create is refused. Default false. */
  readonly memberships?: boolean;
}

const error = (status: number, errorId: string): Ending => ({ kind: 'fail', status, errorId });
const PERMISSION = error(403, 'api.context.permissions.app_error');

/** Measured on Mattermost 5.37.0 with its database stopped. */
const WITHOUT_DATABASE: Readonly<Record<string, Ending>> = {
  'PUT /posts/:post_id': PERMISSION,
  'PUT /posts/:post_id/patch': PERMISSION,
  'POST /posts': PERMISSION,
  'DELETE /posts/:post_id': PERMISSION,
  'GET /posts/:post_id': error(500, 'app.post.get.app_error'),
  'GET /posts/:post_id/thread': error(500, 'app.post.get.app_error'),
  'GET /channels/:channel_id': error(500, 'app.channel.get.find.app_error'),
  'GET /channels/:channel_id/posts': PERMISSION,
  'GET /channels/:channel_id/members/:user_id': PERMISSION,
  'GET /teams/name/:team_name/channels/name/:channel_name': error(404, 'app.team.get_by_name.app_error'),
  'GET /users/username/:username': error(500, 'app.user.get_by_username.app_error'),
  'POST /channels/direct': error(500, 'app.channel.create_direct_channel.internal_error'),
  'GET /users/me': error(500, 'app.user_terms_of_service.get_by_user.app_error'),
};
/** What needs no database. */
const FROM_MEMORY: ReadonlySet<string> = new Set(['GET /system/ping', 'GET /config/client', 'GET /websocket']);

/** How a server answers whose database is away; undefined for what it still can do. */
export function withoutDatabase({ route, query }: Struck, cached: Cached): Ending | undefined {
  if (route === 'GET /system/ping' && query?.get_server_status === 'true') {
    const status = { status: 'UNHEALTHY', database_status: 'UNHEALTHY', filestore_status: 'OK' };
    return page(500, JSON.stringify(status), { 'Content-Type': 'application/json' });
  }
  if (FROM_MEMORY.has(route)) return undefined;
  if (cached.session === false) return error(401, 'api.context.session_expired.app_error');
  if (route === 'POST /posts' && cached.memberships) return error(400, 'api.context.invalid_param.app_error');
  return WITHOUT_DATABASE[route] ?? error(500, 'app.database.app_error');
}
