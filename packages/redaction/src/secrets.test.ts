// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell and CI references are part of the corpus
import { describe, expect, it } from 'vitest';
import { redactText } from './redact-text.ts';

/** Random-looking characters, the same each time; so that no scanner takes this file for a leak. */
function fake(length: number, alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'): string {
  let state = 7;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return alphabet[state % alphabet.length];
  }).join('');
}

const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const JWT = `eyJ${fake(20)}.eyJ${fake(40)}.${fake(43)}`;
const PEM = (kind: string): [string, string] => [
  `-----BEGIN ${kind}PRIVATE KEY-----\n${fake(64)}\n${fake(64)}\n-----END ${kind}PRIVATE KEY-----`,
  `-----BEGIN ${kind}PRIVATE KEY-----***-----END ${kind}PRIVATE KEY-----`,
];

const SECRETS: readonly (readonly [text: string, redacted: string])[] = [
  // Assignments
  ['DB_PASSWORD=hunter2 npm start', 'DB_PASSWORD=*** npm start'],
  ['export GITHUB_TOKEN=abc; make', 'export GITHUB_TOKEN=***; make'],
  ["PGPASSWORD='p w d' psql -h db", "PGPASSWORD='***' psql -h db"],
  ['SECRET_KEY_BASE=abcdef', 'SECRET_KEY_BASE=***'],
  ['env API_KEY="a b\\"c" run', 'env API_KEY="***" run'],
  ['MYSQL_PWD=x&& mysql', 'MYSQL_PWD=***&& mysql'],
  [`AWS_SECRET_ACCESS_KEY=${fake(40)}`, 'AWS_SECRET_ACCESS_KEY=***'],
  ['$env:NPM_TOKEN = "abc"', '$env:NPM_TOKEN = "***"'],
  ['npm config set //registry.example.org/:_authToken=abc', 'npm config set //registry.example.org/:_authToken=***'],
  ['echo "TOKEN=$(cat f)" DB_PASS=x', 'echo "TOKEN=$(cat f)" DB_PASS=***'],
  [`password = "correct horse"`, 'password = "***"'],
  ['const apiKey = "abc";', 'const apiKey = "***";'],
  ["clientSecret: 'abc',", "clientSecret: '***',"],
  ['DB_PASSWORD=${DB:-hunter2}', 'DB_PASSWORD=***'],
  // JSON, YAML, nested quotes
  ['{"password":"hunter2","user":"bob"}', '{"password":"***","user":"bob"}'],
  ['{"accessToken": "abc", "n": 1}', '{"accessToken": "***", "n": 1}'],
  ['-d "{\\"token\\":\\"abc\\",\\"a\\":1}"', '-d "{\\"token\\":\\"***\\",\\"a\\":1}"'],
  ['password: hunter2\nuser: bob', 'password: ***\nuser: bob'],
  ['api_key: abcdef', 'api_key: ***'],
  ["token: 'abc'", "token: '***'"],
  [':password => "abc"', ':password => "***"'],
  ["os.environ['API_TOKEN'] = 'abc'", "os.environ['API_TOKEN'] = '***'"],
  // Flags
  ['gh auth login --token abc --web', 'gh auth login --token *** --web'],
  ['deploy --api-key=abc -v', 'deploy --api-key=*** -v'],
  ['curl -u bob:hunter2 https://example.org', 'curl -u bob:*** https://example.org'],
  ["curl --user 'bob:hunter 2' https://example.org", "curl --user 'bob:*** 2' https://example.org"],
  ['mysql -uroot -phunter2 shop', 'mysql -uroot -p*** shop'],
  ['mysqldump --password=hunter2 shop', 'mysqldump --password=*** shop'],
  ['sshpass -p hunter2 ssh host', 'sshpass -p *** ssh host'],
  ['docker login -u bob -p hunter2 ghcr.io', 'docker login -u bob -p *** ghcr.io'],
  ['redis-cli -h cache -a hunter2 ping', 'redis-cli -h cache -a *** ping'],
  ['openssl rsa -in k.pem -passin pass:hunter2', 'openssl rsa -in k.pem -passin pass:***'],
  ['smbclient -U bob%hunter2 //host/share', 'smbclient -U bob%*** //host/share'],
  ['wget --http-password hunter2 https://example.org', 'wget --http-password *** https://example.org'],
  // Headers
  [
    'curl -H "Authorization: Bearer abcdefgh" https://example.org',
    'curl -H "Authorization: Bearer ***" https://example.org',
  ],
  [`Authorization: Basic ${fake(20)}==`, 'Authorization: Basic ***'],
  ['authorization: token abc', 'authorization: token ***'],
  ['{"Authorization":"Bearer abc"}', '{"Authorization":"Bearer ***"}'],
  ["-H 'X-Api-Key: abc'", "-H 'X-Api-Key: ***'"],
  ["-H 'PRIVATE-TOKEN: abc'", "-H 'PRIVATE-TOKEN: ***'"],
  ["-H 'Cookie: sid=abc; theme=dark'", "-H 'Cookie: sid=***; theme=***'"],
  ['Set-Cookie: sid=abc; Path=/', 'Set-Cookie: sid=***; Path=***'],
  [`sent Bearer ${fake(24)} to it`, 'sent Bearer *** to it'],
  // URLs
  ['git clone https://bob:hunter2@example.org/a.git', 'git clone https://bob:***@example.org/a.git'],
  ['git clone https://x-access-token:abc@example.org/a', 'git clone https://x-access-token:***@example.org/a'],
  [`git push https://${fake(30)}@example.org/a`, 'git push https://***@example.org/a'],
  ['postgres://app:p%40ss@db:5432/shop', 'postgres://app:***@db:5432/shop'],
  ['postgres://app:pa/ss@db:5432/shop', 'postgres://app:***@db:5432/shop'],
  ['redis://:hunter2@cache:6379/0', 'redis://:***@cache:6379/0'],
  ['mongodb+srv://app:hunter2@c.example.org/?w=1', 'mongodb+srv://app:***@c.example.org/?w=1'],
  ['https://example.org/a?token=abc&b=1', 'https://example.org/a?token=***&b=1'],
  ['https://example.org/cb#access_token=abc', 'https://example.org/cb#access_token=***'],
  [`https://maps.example.org/js?key=${fake(20)}&v=3`, 'https://maps.example.org/js?key=***&v=3'],
  [`https://a.blob.example.org/c?sv=2024&sig=${fake(20)}%3D`, 'https://a.blob.example.org/c?sv=2024&sig=***'],
  [`https://s3.example.org/o?X-Amz-Signature=${fake(64, HEX)}`, 'https://s3.example.org/o?X-Amz-Signature=***'],
  [`https://hooks.slack.com/services/T0000/B0000/${fake(24)}`, 'https://hooks.slack.com/services/***'],
  [`https://api.telegram.org/bot1234567890:AA${fake(33)}/getMe`, 'https://api.telegram.org/bot***/getMe'],
  // Keys
  PEM(''),
  PEM('RSA '),
  PEM('OPENSSH '),
  [`-----BEGIN EC PRIVATE KEY-----\n${fake(30)}`, '-----BEGIN EC PRIVATE KEY-----***'],
  [`"private_key":"-----BEGIN PRIVATE KEY-----\\n${fake(30)}\\n-----END PRIVATE KEY-----\\n"`, '"private_key":"***"'],
  [`echo ${JWT} | jwt decode`, 'echo *** | jwt decode'],
  // Tokens by their own shape
  [`aws configure: AKIA${fake(16, UPPER)}`, 'aws configure: ***'],
  [`see AIza${fake(35)}.`, 'see ***.'],
  [`see ya29.${fake(60)}`, 'see ***'],
  [`see ghp_${fake(36)}`, 'see ***'],
  [`see github_pat_${fake(22)}_${fake(59)}`, 'see ***'],
  [`see glpat-${fake(20)}`, 'see ***'],
  [`see xoxb-123456789012-123456789012-${fake(24)}`, 'see ***'],
  [`see xapp-1-A0000-123-${fake(64, HEX)}`, 'see ***'],
  [`see sk_live_${fake(24)}`, 'see ***'],
  [`see npm_${fake(36)}`, 'see ***'],
  [`see sk-proj-${fake(74)}T3BlbkFJ${fake(74)}`, 'see ***'],
  [`see sk-${fake(48)}`, 'see ***'],
  [`see sk-or-v1-${fake(64, HEX)}`, 'see ***'],
  [`see sk-ant-api03-${fake(93)}AA`, 'see ***'],
  [`see hf_${fake(34)}`, 'see ***'],
  [`see gsk_${fake(52)}`, 'see ***'],
  [`see SG.${fake(22)}.${fake(43)}`, 'see ***'],
  [`see dckr_pat_${fake(27)}`, 'see ***'],
  [`see hvs.${fake(95)}`, 'see ***'],
  [`see shpat_${fake(32, HEX)}`, 'see ***'],
  [`see pypi-${fake(60)}`, 'see ***'],
  [`see dop_v1_${fake(64, HEX)}`, 'see ***'],
  [`see glsa_${fake(32)}_${fake(8, HEX)}`, 'see ***'],
  [`see lin_api_${fake(40)}`, 'see ***'],
  [`see ntn_${fake(11, '0123456789')}${fake(35)}`, 'see ***'],
  [`see AGE-SECRET-KEY-1${fake(58, UPPER)}`, 'see ***'],
  [`see 1234567890:AA${fake(33)}`, 'see ***'],
];

const LOOK_ALIKES: readonly string[] = [
  // Ids and hashes
  '3f786850e387550fdab836ed7e6dc881de23001b',
  'git show 3f78685 --stat',
  '550e8400-e29b-41d4-a716-446655440000',
  'agent:main:subagent:550e8400-e29b-41d4-a716-446655440000',
  `sha256:${fake(64, HEX)}`,
  `"integrity": "sha512-${fake(86)}=="`,
  `docker pull node@sha256:${fake(64, HEX)}`,
  `md5sum ${fake(32, HEX)}`,
  'call_1_0',
  'toolu_01A09q90qw90lq917835lq9',
  'chatcmpl-9aBcDeFgHiJk',
  'ak7d3k4j5h6g7f8d9s0a1q2w3e',
  'commit a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 (HEAD -> main)',
  'ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  // Paths, packages, files
  '/home/node/.openclaw/workspace/src/token-parser.ts',
  'packages/auth/secret-name.test.ts',
  'npm i @types/node @scope/token-bucket',
  'cat ~/.ssh/id_ed25519.pub',
  'ls /run/secrets',
  'cp dGhpcyBpcyBhIGZpbGU.png out/',
  'assets/index-B7x9Kq2L.js',
  'node_modules/.pnpm/react@19.1.0_abcdef0123456789/node_modules',
  's3://bucket/2026/11/22/part-00001.parquet',
  'C:\\Users\\bob\\AppData\\Local\\Temp\\token.txt',
  'git@github.com:owner/repo.git',
  'https://github.com/owner/repo/blob/main/src/auth.ts#L10-L20',
  'https://example.org/search?q=token+refresh&page=2',
  'http://localhost:8080/a@b',
  'ssh://git@example.org/repo.git',
  'https://example.org/users/@bob',
  'https://user@example.org/',
  // Flags and names that only sound like it
  '--token-limit 5',
  '--max-tokens 4096',
  '--password-file /run/secrets/db',
  'max_tokens: 2048',
  'tokens=12345',
  'TOKEN_LIMIT=5',
  'SECRET_NAME=db',
  'tokenizer = "bpe"',
  '"totalTokens": 1048',
  'keyboard: qwerty',
  'primary_key=id',
  'public_key = ed25519',
  '--keypair ops',
  'sort --key=2',
  'kubectl get secret db -o name',
  'kubectl create secret generic db',
  'PASSWORD_MIN_LENGTH=12',
  'cookieParser: true',
  'auth: none',
  // References instead of values
  'curl -H "Authorization: Bearer $TOKEN" https://example.org',
  'TOKEN=$GITHUB_TOKEN make',
  'DB_PASSWORD=${DB_PASSWORD} make',
  'password=$(pass show db)',
  'api_key: ${{ secrets.API_KEY }}',
  '--token <token>',
  'token = process.env.TOKEN',
  'const token = getToken();',
  'if (token === expected) return;',
  'if password == None:',
  'password: null',
  'secret: true',
  // Prose
  'the token: see docs',
  'Basic authentication is used',
  'a bearer of bad news',
  'The password is asked for at login',
  'read the secret garden, then the key chapters',
  'token bucket refill',
  'passed: 12, failed: 0',
  'bypass: on',
  'sk-toggleable__label-arrow',
  'sk-learn-pipeline-visualisation',
  'eyJhbGciOi',
  'AKIA is the prefix',
  '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'x=1; y=2; key=3',
  'git log --author=bob -p src/a.ts',
  'mkdir -p /a/b && cp -a x y',
  '12:30:45 user: bob logged in',
  'def f(token: str) -> None:',
  'function f(token: string, secret: string): void',
];

describe('secrets', () => {
  it('covers the forms it promises', () => {
    expect(SECRETS.length).toBeGreaterThanOrEqual(60);
    expect(LOOK_ALIKES.length).toBeGreaterThanOrEqual(60);
  });

  it.for(SECRETS)('masks %s', ([text, redacted]) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.for(LOOK_ALIKES)('leaves %s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});
