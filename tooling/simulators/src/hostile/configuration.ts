import fc from 'fast-check';
import { type Json, mutated, writeJson } from './json.ts';
import { plantedSecret, secretWord } from './secrets.ts';
import { hostileName, hostileText } from './texts.ts';

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const reference = fc.oneof(
  secretWord,
  fc.constantFrom('$'.concat('{BOT}'), '$BOT', '$'.concat('{__proto__}'), '$$'.concat('{BOT}')),
  fc.record({
    source: fc.constantFrom('env', 'file', 'exec', 'store', 'constructor'),
    provider: fc.constantFrom('main', '__proto__', 'constructor'),
    id: fc.oneof(fc.constantFrom('/a', '/../a', '/__proto__/x', 'value', ''), hostileName),
  }),
);
const address = fc.oneof(
  fc.constantFrom(
    'https://chat.example.com',
    'http://127.0.0.1:1/sub/',
    'ftp://x',
    'https://',
    'javascript:alert(1)',
    'file:///etc/passwd',
  ),
  fc.tuple(secretWord, hostileName).map(([secret, name]) => `https://bob:${secret}@${name}/?token=${secret}`),
);
const account = fc.record({
  enabled: optional(fc.boolean()),
  botToken: optional(reference),
  baseUrl: optional(address),
  streaming: optional(fc.oneof(fc.constantFrom(true, 'off'), hostileName)),
});
const validConfiguration = fc.record({
  channels: fc.record({
    mattermost: fc.record({
      ...{ enabled: optional(fc.boolean()), botToken: optional(reference), baseUrl: optional(address) },
      accounts: optional(
        fc.dictionary(fc.oneof(fc.constantFrom('default', 'ops', '__proto__', 'constructor'), hostileName), account, {
          maxKeys: 3,
        }),
      ),
      defaultAccount: optional(hostileName),
    }),
  }),
  gateway: optional(
    fc.record({
      ...{
        mode: fc.constantFrom('local', 'remote'),
        port: fc.constantFrom(18_789, -1, 1e300, 0.5),
        auth: optional(
          fc.record({
            mode: fc.constantFrom('token', 'password', 'none', 'constructor'),
            token: reference,
            password: reference,
          }),
        ),
      },
      remote: optional(fc.record({ url: address, token: reference, tlsFingerprint: hostileName })),
      tls: optional(fc.record({ enabled: fc.boolean(), certPath: hostileName })),
    }),
  ),
  session: optional(
    fc.record({ store: fc.oneof(fc.constantFrom('/dev/zero', '../{agentId}', '{agentId}'), hostileName) }),
  ),
  secrets: optional(
    fc.record({
      providers: fc.record({
        main: fc.record({
          source: fc.constant('file'),
          path: fc.oneof(fc.constantFrom('secrets.json', '/dev/zero', '..'), hostileName),
          mode: fc.constantFrom('json', 'singleValue'),
        }),
      }),
    }),
  ),
  env: optional(
    fc.record({ vars: fc.dictionary(fc.constantFrom('BOT', 'MM_TOKEN', '__proto__'), hostileText, { maxKeys: 2 }) }),
  ),
  hooks: optional(
    fc.record({
      internal: fc.record({
        enabled: fc.boolean(),
        entries: fc.dictionary(hostileName, fc.record({ enabled: fc.boolean() }), { maxKeys: 2 }),
      }),
    }),
  ),
  $include: optional(fc.constantFrom('openclaw.json', ['openclaw.json', 'part.json'], '/dev/zero', '../..', '')),
});

/** Text of an `openclaw.json`: JSON5 of the real shape, changed, or broken. */
export const openclawText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: mutated(validConfiguration).map(writeJson) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(mutated(validConfiguration), fc.nat({ max: 300 }))
      .map(([json, at]) => writeJson(json).slice(0, at)),
  },
  { weight: 1, arbitrary: hostileText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '[]',
      'null',
      '{a:1,}',
      '\ufeff{}',
      '{"__proto__":{"polluted":true}}',
      `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`,
    ),
  },
);

/** Text of an `.env` file. */
export const dotEnvText: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('BOT', 'MM_TOKEN', 'MATTERMOST_BOT_TOKEN', 'OPENCLAW_GATEWAY_TOKEN', '__proto__', 'export X'),
        hostileName,
      ),
      hostileText,
    ),
    { maxLength: 4 },
  )
  .map((lines) => lines.map(([name, value]) => `${name}=${value}`).join('\n'));

/** A value of an environment variable: whatever a person or a shell may put there. */
export const hostileValue: fc.Arbitrary<string> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '',
        ' ',
        '0',
        '-1',
        '1e3',
        '1_000',
        '0x10',
        '99999999999',
        'NaN',
        'true',
        'off',
        'constructor',
        '__proto__',
        '~',
        '~/x',
        '..',
        '/dev/zero',
        '/',
        'a,b',
        ',',
        '@bob',
        'team/channel',
        '::1',
        '0.0.0.0',
      ),
    },
    { weight: 2, arbitrary: address },
    { weight: 2, arbitrary: hostileText },
    { weight: 1, arbitrary: plantedSecret.map(({ text }) => text) },
    { weight: 1, arbitrary: secretWord },
  )
  // The system allows no NUL there.
  .map((text) => text.replaceAll('\0', ''));

const label = fc.oneof(
  fc.constantFrom(
    '{command}',
    '{path} now',
    '{constructor}',
    '{__proto__}',
    '{',
    '}',
    '{{command}}',
    '{command|x}',
    '',
  ),
  hostileText,
  fc.tuple(hostileText, hostileText).map(([before, after]) => `${before}{command}${after}`),
);
/** What stands in a `TOOL_LABELS_FILE`. */
export const labelsJson: fc.Arbitrary<Json> = mutated(
  fc.dictionary(
    fc.oneof(fc.constantFrom('exec', 'read', 'mcp__*', '__proto__', 'constructor', 'default', '*'), hostileName),
    fc.oneof(label, fc.dictionary(hostileName, label, { maxKeys: 2 })),
    { maxKeys: 4 },
  ),
);

const words = fc.dictionary(
  fc.oneof(fc.constantFrom('head', 'notice', 'state', 'line', '__proto__', 'constructor'), hostileName),
  fc.dictionary(
    fc.oneof(fc.constantFrom('tokens', 'thinking', 'more', '__proto__'), hostileName),
    fc.oneof(label, fc.record({ one: label, other: label })),
    { maxKeys: 3 },
  ),
  { maxKeys: 3 },
);
/** What stands in a file of `STATUS_LANGUAGE`. */
export const languageJson: fc.Arbitrary<Json> = mutated(
  fc.record({
    locale: optional(fc.oneof(fc.constantFrom('en', 'de', 'tlh', 'x', 'en-US-u-nu-arab'), hostileName)),
    words: optional(words),
    labels: optional(fc.dictionary(hostileName, label, { maxKeys: 2 })),
  }),
);

const rule = fc.record({
  show: optional(fc.oneof(fc.constantFrom('full', 'quiet', 'off'), hostileName)),
  arguments: optional(fc.boolean()),
  style: optional(fc.oneof(fc.constantFrom('list', 'card'), hostileName)),
  notify: optional(fc.oneof(fc.constantFrom('off', 'all'), hostileName)),
  finished: optional(fc.oneof(fc.constantFrom('keep', 'compact', 'delete'), hostileName)),
});
/** What stands in a file of `CHANNEL_RULES`. */
export const rulesJson: fc.Arbitrary<Json> = mutated(
  fc.dictionary(
    fc.oneof(
      fc.constantFrom('*', 'cron', 'team/town-square', 'team/*', '@bob', '__proto__', 'constructor'),
      hostileName,
    ),
    rule,
    { maxKeys: 4 },
  ),
);
