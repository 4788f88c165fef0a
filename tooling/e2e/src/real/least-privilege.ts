import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayClient, type GatewayClientOptions } from '@openclaw/gateway-client';
import type { Finding } from './judge-situation.ts';
import type { RealStage } from './stage.ts';

/** What the gateway answered to somebody who has nothing but the files of Live Status. */
interface Answer {
  readonly what: string;
  /** `allowed`, or the gateway's own error code and message. */
  readonly answer: string;
  readonly isAsItMustBe: boolean;
}

interface StoredDevice {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
  /** By gateway. */
  readonly tokens: Readonly<Record<string, string>>;
}

interface Attempt {
  readonly method: string;
  readonly params: object;
  readonly mayWork: boolean;
}

const KEY = 'agent:main:main';
const ATTEMPTS: readonly Attempt[] = [
  { method: 'sessions.list', params: {}, mayWork: true },
  { method: 'chat.send', params: { sessionKey: KEY, message: 'x', idempotencyKey: 'x' }, mayWork: false },
  { method: 'chat.abort', params: { sessionKey: KEY }, mayWork: false },
  { method: 'sessions.reset', params: { key: KEY }, mayWork: false },
  { method: 'sessions.delete', params: { key: KEY }, mayWork: false },
];
const REFUSED = /^MISSING_SCOPE|^AUTH_SCOPE_MISMATCH/;

/** Whether somebody with nothing but the files of Live Status can do no more than it needs. */
export async function judgeRights(stage: RealStage): Promise<Finding> {
  const answers = await tryToWrite(stage);
  return {
    lines: ['| with the device token of Live Status alone | answer of the gateway |', '|---|---|'].concat(
      answers.map(({ what, answer }) => `| ${what} | ${answer} |`),
    ),
    problems: answers.flatMap(({ what, answer, isAsItMustBe }) => (isAsItMustBe ? [] : [`${what}: ${answer}`])),
  };
}

/** Tries, with the device token that Live Status keeps in `STATE_DIR` and nothing else, to do what it must not be able to. */
async function tryToWrite({ home, access }: RealStage): Promise<Answer[]> {
  const path = join(home, '.openclaw', 'live-status', 'gateway-device.json');
  const device = JSON.parse(await readFile(path, 'utf8')) as StoredDevice;
  const [token] = Object.values(device.tokens);
  if (token === undefined) return [{ what: 'the device has a token', answer: 'none', isAsItMustBe: false }];
  const answers: Answer[] = [];
  const client = await open(access.url, { device, token, scopes: ['operator.read'] });
  for (const { method, params, mayWork } of ATTEMPTS) {
    const answer = await client.request(method, params).then(() => 'allowed', describe);
    answers.push({ what: method, answer, isAsItMustBe: mayWork ? answer === 'allowed' : REFUSED.test(answer) });
  }
  await client.stopAndWait();
  const greedy = open(access.url, { device, token, scopes: ['operator.admin'] });
  const answer = await greedy.then(() => 'allowed', describe);
  return [...answers, { what: 'connect as operator.admin', answer, isAsItMustBe: REFUSED.test(answer) }];
}

interface Credentials {
  readonly device: StoredDevice;
  readonly token: string;
  readonly scopes: string[];
}

async function open(url: string, { device, token, scopes }: Credentials): Promise<GatewayClient> {
  const opened = Promise.withResolvers<void>();
  const client = new GatewayClient({
    url,
    deviceIdentity: identityOf(device),
    hostDeps: {
      signDevicePayload: (key, payload) =>
        sign(null, Buffer.from(payload), createPrivateKey(key)).toString('base64url'),
      publicKeyRawBase64UrlFromPem: (pem) => rawKey(pem).toString('base64url'),
      loadDeviceAuthToken: () => ({ token }),
    },
    clientName: 'cli',
    mode: 'cli',
    role: 'operator',
    scopes,
    minProtocol: 4,
    maxProtocol: 4,
    onHelloOk: () => opened.resolve(),
    onConnectError: (error) => opened.reject(error),
  });
  client.start();
  await opened.promise.catch(async (error: unknown) => {
    await client.stopAndWait().catch(() => {});
    throw error;
  });
  return client;
}

function identityOf({
  publicKeyPem,
  privateKeyPem,
}: StoredDevice): NonNullable<GatewayClientOptions['deviceIdentity']> {
  const deviceId = createHash('sha256').update(rawKey(publicKeyPem)).digest('hex');
  return { deviceId, publicKeyPem, privateKeyPem };
}

function rawKey(pem: string): Buffer {
  return Buffer.from(createPublicKey(pem).export({ format: 'jwk' }).x ?? '', 'base64url');
}

function describe(error: unknown): string {
  const { details, message, gatewayCode } = error as Error & {
    readonly gatewayCode?: string;
    readonly details?: { readonly code?: string };
  };
  return `${details?.code ?? gatewayCode ?? '?'}: ${message}`;
}
