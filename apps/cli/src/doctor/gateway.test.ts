import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@live-status/openclaw-config';
import { createGatewaySource } from '@live-status/openclaw-gateway';
import type { Settings } from '@live-status/settings';
import { FakeGateway, type ListenOptions, OWN_CERTIFICATE, type Reception } from '@live-status/simulators/gateway';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { attemptGateway } from './attempt-gateway.ts';
import { checkGateway } from './gateway.ts';

let stateDir = '';

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'doctor-gateway-'));
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

async function listen(options?: ListenOptions): Promise<FakeGateway> {
  const gateway = await FakeGateway.listen(options);
  onTestFinished(() => gateway.close());
  return gateway;
}

const settings = (gatewayUrl: string, more: Partial<Settings> = {}): Partial<Settings> => ({
  gatewayUrl,
  stateDir,
  ...more,
});

describe('checkGateway', () => {
  it('logs in by password, reads, says goodbye, and leaves nothing behind', async () => {
    const gateway = await listen();
    gateway.auth = { mode: 'password', secret: 'right' };
    gateway.rows = [{ key: 'agent:main:main' }];
    const finding = await checkGateway(settings(gateway.url, { gatewayPassword: new Secret('right') }));
    expect(finding).toMatchObject({ state: 'ok', found: expect.stringContaining('OpenClaw 2026.9.6, 1 session') });
    expect(finding.found).toContain('it is paired at the first start of the daemon');
    expect(gateway.connects).toHaveLength(1);
    expect(gateway.connects[0]).not.toHaveProperty('device');
    expect(gateway.asked.map(({ method }) => method)).toEqual(['sessions.list']);
    await gateway.until(() => gateway.closes.length > 0);
    expect(gateway.closes).toEqual([{ code: expect.any(Number), beforeConnect: false }]);
    expect(gateway.closes[0]?.code).not.toBe(1006);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('tries the token that the gateway issued to the daemon', async () => {
    const gateway = await listen();
    gateway.auth = { mode: 'token', secret: 'right' };
    await using source = createGatewaySource({ url: gateway.url, token: 'right', stateDir });
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    await source.close();
    const before = readdirSync(stateDir);
    expect(await checkGateway(settings(gateway.url))).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/sessions$/),
    });
    expect(gateway.connects.at(-1)).toMatchObject({ auth: { deviceToken: 'issued-device-token' } });
    expect(readdirSync(stateDir)).toEqual(before);
  });

  it.for([
    [
      'a wrong token',
      { mode: 'token', secret: 'right' },
      { gatewayToken: new Secret('hunter2') },
      'OPENCLAW_GATEWAY_TOKEN',
    ],
    ['no password', { mode: 'password', secret: 'right' }, {}, 'OPENCLAW_GATEWAY_PASSWORD'],
  ] as const)('fails for %s, with the fix and no secret', async ([, auth, more, variable]) => {
    const gateway = await listen();
    gateway.auth = auth;
    const finding = await checkGateway(settings(gateway.url, more));
    expect(finding).toMatchObject({ state: 'fail', fix: expect.stringContaining(`set ${variable}`) });
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });

  it('names a certificate that is not trusted', async () => {
    const gateway = await listen({ certificate: OWN_CERTIFICATE });
    expect(await checkGateway(settings(gateway.url))).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('CN=openclaw-gateway'),
      fix: expect.stringContaining('gateway.remote.tlsFingerprint'),
    });
    const certificate = join(stateDir, 'gateway-cert.pem');
    writeFileSync(certificate, OWN_CERTIFICATE.cert);
    const openclaw = { path: '/o/openclaw.json', gatewayCertificate: certificate };
    expect(await checkGateway(settings(gateway.url, { openclaw }))).toMatchObject({ state: 'ok' });
  });

  it.for([
    ['pairing', 'next', 'openclaw devices approve'],
    ['starting', 'warn', 'try again'],
    ['other-protocol', 'fail', 'update Live Status'],
  ] as const)('knows a gateway that says %s', async ([reception, state, fix]) => {
    const gateway = await listen();
    gateway.reception = reception satisfies Reception;
    expect(await checkGateway(settings(gateway.url))).toMatchObject({ state, fix: expect.stringContaining(fix) });
  });

  it('knows a gateway that writes transcripts', async () => {
    const gateway = await listen();
    gateway.version = '2026.7.1';
    expect(await checkGateway(settings(gateway.url))).toMatchObject({
      state: 'warn',
      fix: expect.stringContaining('SOURCE'),
    });
  });

  it('knows a port where nobody listens, where something else does, and where nobody answers', async () => {
    const gateway = await listen();
    const { url } = gateway;
    await gateway.close();
    const start = expect.stringContaining('start the gateway of OpenClaw');
    expect(await checkGateway(settings(url))).toMatchObject({
      state: 'fail',
      found: `${url} does not answer (ECONNREFUSED)`,
      fix: start,
    });
    for (const [text, found] of [
      ['220 mail.example.com ESMTP\r\n', 'does not answer'],
      ['', 'does not answer in time'],
    ] as const) {
      const other = createServer((socket) => (text === '' ? socket.resume() : socket.end(text)).on('error', () => {}));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void other.close());
      const { port } = other.address() as { port: number };
      const silent = settings(`ws://127.0.0.1:${port}`);
      const finding = await checkGateway(silent, attemptGateway(silent, 1_000));
      expect(finding).toMatchObject({ state: 'fail', found: expect.stringContaining(found), fix: start });
    }
  });
});
