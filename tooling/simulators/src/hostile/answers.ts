import fc from 'fast-check';
import { mutated, writeJson } from './json.ts';
import { hostileName, hostileText } from './texts.ts';

/** An answer to a request over HTTP, of a server or of anything on the way to it. */
export interface HostileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How it ends. `short`: before what `content-length` says. `reset`: with the socket. */
  readonly end: 'whole' | 'short' | 'reset';
}

const id = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('p1', 'c1', 'u1', 'abcdefghijklmnopqrstuvwxyz') },
  { weight: 1, arbitrary: hostileName },
);
const time = fc.constantFrom(0, 1, -1, 1_796_000_000_000, 1e300);
const post = fc.record({
  ...{ id, channel_id: id, root_id: id, user_id: id, message: hostileText, type: hostileName, original_id: id },
  props: fc.record({ from_bot: fc.constant('true'), live_status: hostileText }),
  ...{ create_at: time, update_at: time, delete_at: time },
});
const list = fc.array(post, { maxLength: 3 }).map((posts) => ({
  order: posts.map((one) => one.id),
  posts: Object.fromEntries(posts.map((one) => [one.id, one])),
}));
const user = fc.record({ id, username: hostileName, is_bot: fc.boolean() });
const channel = fc.record({
  id,
  name: hostileName,
  display_name: hostileText,
  type: hostileName,
  team_id: id,
  delete_at: time,
});
const error = fc.record({
  id: fc.oneof(
    fc.constantFrom('api.context.permissions.app_error', 'api.post.deduplicate_create_post.pending'),
    hostileText,
  ),
  message: hostileText,
  detailed_error: hostileText,
  status_code: fc.constantFrom(400, 403, 500, 1e300),
});
const settings = fc.record({
  PostEditTimeLimit: fc.constantFrom('-1', '300', '1e9', 'x'),
  MaxPostSize: fc.constantFrom('16383', '0', '-5', '9'.repeat(400)),
  Version: hostileName,
  IsLicensed: hostileName,
});
const ping = fc.record({
  status: fc.constant('OK'),
  database_status: fc.oneof(fc.constantFrom('OK', 'UNHEALTHY'), hostileText),
});

const json = mutated(
  fc.oneof(post, list, user, channel, error, settings, ping, fc.array(channel, { maxLength: 2 })),
).map(writeJson);
const body = fc.oneof(
  { weight: 6, arbitrary: json },
  { weight: 1, arbitrary: fc.tuple(json, fc.nat({ max: 200 })).map(([text, at]) => text.slice(0, at)) },
  { weight: 1, arbitrary: hostileText.map((text) => `<!doctype html><html><body>${text}</body></html>`) },
  { weight: 1, arbitrary: hostileText },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '{}', '[]', 'null', 'true', '0', '\ufeff{}', 'limit exceeded\n', '['.repeat(20_000)),
  },
);

/** A value that may stand in a header: bytes of Latin-1 without line ends. */
const headerValue = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '-1',
    '1e9',
    '9'.repeat(40),
    'x',
    'Mon, 30 Nov 2026 10:00:00 GMT',
    'https://evil.example/login?token=x',
    '//evil',
    '/login',
  ),
  hostileText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000)),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'location',
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'x-version-id',
    'date',
    'server',
    'via',
    'cf-mitigated',
    'set-cookie',
    'x-request-id',
  ),
  headerValue,
  { maxKeys: 5 },
);
const status = fc.oneof(
  fc.constantFrom(200, 201, 204, 301, 302, 304, 307, 400, 401, 403, 404, 405, 410, 413, 429, 500, 501, 502, 503, 505),
  fc.integer({ min: 200, max: 999 }),
);

/** Answers of Mattermost, changed; pages and refusals of proxies; answers that break off. */
export const hostileAnswer: fc.Arbitrary<HostileAnswer> = fc.record({
  status,
  headers,
  body,
  end: fc.oneof(
    { weight: 8, arbitrary: fc.constant('whole' as const) },
    { weight: 1, arbitrary: fc.constantFrom('short' as const, 'reset' as const) },
  ),
});
