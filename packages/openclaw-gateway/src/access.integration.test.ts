import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@live-status/resilience/testing';
import {
  EXPIRED_CERTIFICATE,
  FakeGateway,
  type GatewayAuth,
  type GatewayCertificate,
  OTHER_CERTIFICATE,
  OWN_CERTIFICATE,
} from '@live-status/simulators/gateway';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGatewaySource, type GatewaySourceOptions } from './index.ts';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'gateway-access-'));
});

afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function listen(
  more: { readonly auth?: GatewayAuth; readonly certificate?: GatewayCertificate; readonly port?: number } = {},
): Promise<FakeGateway> {
  const { auth, ...options } = more;
  const gateway = await FakeGateway.listen(options);
  onTestFinished(() => gateway.close());
  gateway.auth = auth;
  return gateway;
}

/** `attached`, or the one thing that is wrong, as people read it. */
async function outcome(options: Omit<GatewaySourceOptions, 'stateDir'>): Promise<string> {
  await using source = createGatewaySource({ clock: createFakeClock(), stateDir, ...options });
  let status = source.status();
  while (status.state === 'starting' && status.reasons.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    status = source.status();
  }
  return status.reasons[0] ?? status.state;
}

describe('a gateway with a password', () => {
  const auth: GatewayAuth = { mode: 'password', secret: 'caf\u00e9 au lait' };

  it('lets in who knows it, and the issued token is enough from then on', async () => {
    const gateway = await listen({ auth });
    expect(await outcome({ url: gateway.url, password: auth.secret })).toBe('attached');
    expect(gateway.connects[0]?.auth).toEqual({ password: auth.secret });
    gateway.auth = { ...auth, secret: 'changed since' };
    expect(await outcome({ url: gateway.url, password: auth.secret })).toBe('attached');
    expect(gateway.connects[1]?.auth).toMatchObject({ deviceToken: 'issued-device-token' });
    expect(gateway.connects[1]?.auth).not.toHaveProperty('password');
  });

  it('is told the token as well where both are configured', async () => {
    const gateway = await listen({ auth });
    expect(await outcome({ url: gateway.url, token: 'stale', password: auth.secret })).toBe('attached');
  });

  it.for([
    [{ password: 'hunter2' }, 'the gateway does not accept the password: set OPENCLAW_GATEWAY_PASSWORD'],
    [{ token: 'hunter2' }, 'the gateway does not accept the password: set OPENCLAW_GATEWAY_PASSWORD'],
    [{}, 'the gateway wants a password: set OPENCLAW_GATEWAY_PASSWORD'],
  ] as const)('names the fix for %j, never the secret', async ([secrets, fix]) => {
    const gateway = await listen({ auth });
    const said = await outcome({ url: gateway.url, ...secrets });
    expect(said).toContain(fix);
    expect(said).not.toContain('hunter2');
  });
});

describe('a gateway with a token', () => {
  const auth: GatewayAuth = { mode: 'token', secret: 'right' };

  it.for([
    [{ token: 'right' }, /^attached$/],
    [{ token: 'hunter2' }, /does not accept the token: set OPENCLAW_GATEWAY_TOKEN/],
    [{ password: 'hunter2' }, /does not accept the token: set OPENCLAW_GATEWAY_TOKEN/],
    [{}, /wants a token: set OPENCLAW_GATEWAY_TOKEN/],
  ] as const)('says to %j %s', async ([secrets, expected]) => {
    const gateway = await listen({ auth });
    expect(await outcome({ url: gateway.url, ...secrets })).toMatch(expected);
  });
});

it('does not press a gateway that refuses its secret, which would lock out everybody behind its address', async () => {
  const gateway = await listen({ auth: { mode: 'token', secret: 'right' } });
  const clock = createFakeClock();
  await using source = createGatewaySource({ url: gateway.url, token: 'wrong', stateDir, clock });
  for (let second = 0; second < 60; second += 1) {
    await expect.poll(() => source.status().reasons.length).toBe(1);
    await expect.poll(() => clock.timerCount).toBe(2);
    await clock.advance(1_000);
  }
  expect(gateway.connects.length).toBeGreaterThan(4);
  expect(gateway.connects.length).toBeLessThan(9);
});

describe('a gateway with its own certificate', () => {
  const { fingerprint256 } = new X509Certificate(OWN_CERTIFICATE.cert);
  const plain = fingerprint256.replaceAll(':', '');

  async function file(certificate: GatewayCertificate): Promise<string> {
    const path = join(stateDir, 'gateway-cert.pem');
    await writeFile(path, certificate.cert);
    return path;
  }

  it('is trusted by the certificate on disk, which may be renewed', async () => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    const certificatePath = await file(OWN_CERTIFICATE);
    expect(await outcome({ url: gateway.url, certificatePath })).toBe('attached');
    const renewed = await listen({ certificate: OTHER_CERTIFICATE });
    await file(OTHER_CERTIFICATE);
    expect(await outcome({ url: renewed.url, certificatePath })).toBe('attached');
  });

  it('is trusted by the certificate on disk also for another name of this machine, and when it expired', async () => {
    const gateway = await listen({ certificate: EXPIRED_CERTIFICATE });
    const certificatePath = await file(EXPIRED_CERTIFICATE);
    expect(await outcome({ url: `wss://localhost:${gateway.port}`, certificatePath })).toBe('attached');
  });

  it.for([
    ['with colons', fingerprint256],
    ['in lower case', fingerprint256.toLowerCase()],
    ['without colons', plain],
    ['without colons in lower case', plain.toLowerCase()],
    ['as OpenClaw may write it', `sha256:${plain.toLowerCase()}`],
    ['as openssl writes it', `SHA256 Fingerprint=${fingerprint256}`],
    ['with blanks around it', ` ${fingerprint256} `],
  ] as const)('is trusted by a pin %s', async ([, tlsFingerprint]) => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    expect(await outcome({ url: gateway.url, tlsFingerprint })).toBe('attached');
  });

  it('is refused for a wrong pin, naming the certificate that is shown', async () => {
    const gateway = await listen({ certificate: OTHER_CERTIFICATE });
    const said = await outcome({ url: gateway.url, tlsFingerprint: plain, token: 'hunter2' });
    expect(said).toMatch(/its certificate \(CN=openclaw-gateway, SHA-256 [0-9A-F:]{95}\) is not the one that gateway/);
    expect(said).toContain(new X509Certificate(OTHER_CERTIFICATE.cert).fingerprint256);
    expect(gateway.connects).toEqual([]);
  });

  it('is refused where the file has another one', async () => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    const certificatePath = await file(OTHER_CERTIFICATE);
    const said = await outcome({ url: gateway.url, certificatePath, token: 'hunter2' });
    expect(said).toContain(`SHA-256 ${fingerprint256}) is not the one in ${certificatePath}`);
    expect(gateway.connects).toEqual([]);
  });

  it.for(['AA:BB', 'not a pin', plain.slice(1), `${plain}00`])('is not connected to with the pin %s', async (pin) => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    const certificatePath = await file(OWN_CERTIFICATE);
    expect(await outcome({ url: gateway.url, tlsFingerprint: pin, certificatePath })).toMatch(
      /gateway\.remote\.tlsFingerprint is not a SHA-256 fingerprint: correct it/,
    );
    expect(gateway.connects).toEqual([]);
  });

  it('names certificate and fix where nothing makes it trusted', async () => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    const unknown = await outcome({ url: gateway.url });
    expect(unknown).toContain(`its certificate (CN=openclaw-gateway, SHA-256 ${fingerprint256}) is signed by itself`);
    expect(unknown).toContain('set gateway.remote.tlsFingerprint in openclaw.json to that fingerprint');
    expect(unknown).toContain('NODE_EXTRA_CA_CERTS');
    const missing = await outcome({ url: gateway.url, certificatePath: join(stateDir, 'none.pem') });
    expect(missing).toMatch(
      /cannot be compared with .*none\.pem \(ENOENT\): let the user of this process read that file/,
    );
    await writeFile(join(stateDir, 'none.pem'), 'no certificate');
    expect(await outcome({ url: gateway.url, certificatePath: join(stateDir, 'none.pem') })).toContain(
      '(not a certificate)',
    );
  });

  it('says that an expired certificate expired', async () => {
    const gateway = await listen({ certificate: EXPIRED_CERTIFICATE });
    expect(await outcome({ url: gateway.url })).toMatch(/expired on Feb {2}1 00:00:00 2020 GMT: renew it/);
  });
});

describe('the wrong scheme', () => {
  it('is named for a gateway with TLS', async () => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    const said = await outcome({ url: gateway.url.replace('wss:', 'ws:') });
    expect(said).toMatch(/it speaks TLS \(gateway\.tls\), and the address says ws:\/\/: use wss:\/\//);
  });

  it('is named for a gateway without TLS', async () => {
    const gateway = await listen();
    expect(await outcome({ url: gateway.url.replace('ws:', 'wss:') })).toMatch(/does not speak TLS: use ws:\/\//);
    const pinned = await outcome({ url: gateway.url, tlsFingerprint: 'a'.repeat(64) });
    expect(pinned).toMatch(/gateway\.remote\.tlsFingerprint needs a gateway with TLS/);
    expect(gateway.connects).toEqual([]);
  });

  it('is named where secrets would cross the internet in the clear', async () => {
    expect(await outcome({ url: 'ws://gateway.example.com:18789', token: 'hunter2' })).toMatch(
      /gateway\.example\.com:18789: ws:\/\/ is only used to this machine and private networks: use wss:\/\//,
    );
  });

  it('is not suspected where another program answers, or nobody', async () => {
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    expect(await outcome({ url: `ws://127.0.0.1:${port}` })).not.toContain('TLS');
    other.close();
    expect(await outcome({ url: `ws://127.0.0.1:${port}` })).toMatch(/ECONNREFUSED.*check that it runs/);
  });
});

it('says goodbye: no connection ends before it was let in', async () => {
  const gateway = await listen();
  expect(await outcome({ url: gateway.url })).toBe('attached');
  await gateway.until(() => gateway.closes.length > 0);
  expect(gateway.closes).toEqual([{ code: expect.any(Number), beforeConnect: false }]);
  expect(gateway.closes[0]?.code).not.toBe(1006);
});
