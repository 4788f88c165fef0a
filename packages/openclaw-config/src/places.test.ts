// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are written so in openclaw.json
import { describe, expect, it } from 'vitest';
import { type OpenClawConfig, readOpenClawConfig } from './config.ts';
import { locateOpenClaw } from './paths.ts';

const HOME = '/home/op';
const CONFIG = '/home/op/.openclaw/openclaw.json';
const DOT_ENV = '/home/op/.openclaw/.env';

function read(gateway: string, env: Record<string, string> = {}, more: Record<string, string> = {}) {
  const files: Record<string, string> = { [CONFIG]: `{ gateway: ${gateway} }`, ...more };
  const readFile = async (path: string): Promise<string> => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
    return content;
  };
  return readOpenClawConfig(env, locateOpenClaw(env, HOME), { home: HOME, readFile });
}

const target = async (...args: Parameters<typeof read>): Promise<Partial<OpenClawConfig>> => {
  const { config } = await read(...args);
  return config ?? {};
};

/** URL, token and password as they would be used. */
async function access(...args: Parameters<typeof read>): Promise<readonly (string | undefined)[]> {
  const { gatewayUrl, gatewayToken, gatewayPassword } = await target(...args);
  return [gatewayUrl, gatewayToken?.reveal(), gatewayPassword?.reveal()];
}

const LOCAL = 'ws://127.0.0.1:18789';
const FAR = 'wss://far.example.com';
const ENV = { OPENCLAW_GATEWAY_TOKEN: 'env-t', OPENCLAW_GATEWAY_PASSWORD: 'env-p' };
const AUTH = "auth: { token: 'auth-t', password: 'auth-p' }";
const REMOTE = `remote: { url: '${FAR}', token: 'remote-t', password: 'remote-p' }`;

describe("credentials by OpenClaw's own precedence (docs/gateway/remote.md)", () => {
  it.for([
    ['the configuration before the environment', `{ ${AUTH}, ${REMOTE} }`, ENV, [LOCAL, 'auth-t', 'auth-p']],
    ['the environment where there is nothing else', '{}', ENV, [LOCAL, 'env-t', 'env-p']],
    ['those of a remote gateway last', `{ ${REMOTE} }`, {}, [LOCAL, 'remote-t', 'remote-p']],
    ['the environment before those of a remote gateway', `{ ${REMOTE} }`, ENV, [LOCAL, 'env-t', 'env-p']],
    ['the environment for an empty token', "{ auth: { token: '' } }", ENV, [LOCAL, 'env-t', 'env-p']],
  ] as const)('local: %s', async ([, gateway, env, expected]) => {
    expect(await access(gateway, env)).toEqual(expected);
  });

  it.for([
    ['token', [LOCAL, 'auth-t', undefined]],
    ['password', [LOCAL, undefined, 'auth-p']],
    ['trusted-proxy', [LOCAL, undefined, 'auth-p']],
    ['none', [LOCAL, undefined, undefined]],
  ] as const)('local, mode %s: only what it asks for', async ([mode, expected]) => {
    const gateway = `{ auth: { mode: '${mode}', token: 'auth-t', password: 'auth-p' }, ${REMOTE} }`;
    expect(await access(gateway, ENV)).toEqual(expected);
    expect((await target(gateway)).gatewayAuthMode).toBe(mode);
  });

  it('local, mode trusted-proxy: no password of a remote gateway', async () => {
    expect(await access(`{ auth: { mode: 'trusted-proxy' }, ${REMOTE} }`)).toEqual([LOCAL, undefined, undefined]);
    expect(await access(`{ auth: { mode: 'password' }, ${REMOTE} }`)).toEqual([LOCAL, undefined, 'remote-p']);
  });

  it.for([
    ['its own token, the password of the environment', `${REMOTE}, ${AUTH}`, ENV, [FAR, 'remote-t', 'env-p']],
    ['its own without an environment', `${REMOTE}, ${AUTH}`, {}, [FAR, 'remote-t', 'remote-p']],
    ['the environment next', `remote: { url: '${FAR}' }, ${AUTH}`, ENV, [FAR, 'env-t', 'env-p']],
    ['those of the local gateway last', `remote: { url: '${FAR}' }, ${AUTH}`, {}, [FAR, 'auth-t', 'auth-p']],
  ] as const)('remote: %s', async ([, fields, env, expected]) => {
    expect(await access(`{ mode: 'remote', ${fields} }`, env)).toEqual(expected);
  });

  it('shows a gateway that only OPENCLAW_GATEWAY_URL names nothing but what the environment has', async () => {
    const named = { OPENCLAW_GATEWAY_URL: 'wss://other.example.com' };
    expect(await access(`{ ${AUTH}, ${REMOTE} }`, named)).toEqual([named.OPENCLAW_GATEWAY_URL, undefined, undefined]);
    const env = { ...named, ...ENV };
    expect(await access(`{ mode: 'remote', ${REMOTE} }`, env)).toEqual([named.OPENCLAW_GATEWAY_URL, 'env-t', 'env-p']);
  });

  it('knows its own gateway also by another name', async () => {
    const gateway = "{ port: 19000, auth: { token: 'auth-t' }, tls: { enabled: true } }";
    const env = { OPENCLAW_GATEWAY_URL: 'wss://localhost:19000' };
    expect(await target(gateway, env)).toMatchObject({
      gatewayUrl: 'wss://localhost:19000',
      gatewayUrlOrigin: 'OPENCLAW_GATEWAY_URL',
      gatewayCertificate: '/home/op/.openclaw/gateway/tls/gateway-cert.pem',
    });
    expect((await access(gateway, env))[1]).toBe('auth-t');
    // Another port may be a tunnel to anywhere.
    expect((await access(gateway, { OPENCLAW_GATEWAY_URL: 'wss://localhost:19001' }))[1]).toBeUndefined();
  });

  it('takes what .env and the env block of the configuration say as environment', async () => {
    const dotEnv = { [DOT_ENV]: 'OPENCLAW_GATEWAY_PASSWORD=of-dotenv\n' };
    expect(await access("{ auth: { mode: 'password' } }", {}, dotEnv)).toEqual([LOCAL, undefined, 'of-dotenv']);
    expect(await access("{ auth: { mode: 'password' } }", ENV, dotEnv)).toEqual([LOCAL, undefined, 'env-p']);
    const url = { [DOT_ENV]: `OPENCLAW_GATEWAY_URL=${FAR}\nOPENCLAW_GATEWAY_TOKEN=of-dotenv\n` };
    expect(await access(`{ ${AUTH} }`, {}, url)).toEqual([FAR, 'of-dotenv', undefined]);
  });

  it('does not replace a secret that it cannot read by another one', async () => {
    const gateway = "{ auth: { mode: 'password', password: { source: 'exec', provider: 'vault', id: 'gw' } } }";
    const { config, unresolved } = await read(gateway, ENV);
    expect(config?.gatewayPassword).toBeUndefined();
    expect(unresolved).toEqual([
      { variable: 'OPENCLAW_GATEWAY_PASSWORD', warning: expect.stringContaining('gateway.auth.password') },
    ]);
    const unused = "{ auth: { mode: 'none', token: { source: 'store', provider: 'default', id: 'GW' } } }";
    expect((await read(unused)).unresolved).toEqual([]);
    const stored = "{ auth: { token: { source: 'store', provider: 'default', id: 'GW' } } }";
    expect((await read(stored)).unresolved).toMatchObject([
      { warning: expect.stringContaining('a secret of the store provider default (GW)') },
    ]);
  });

  it('finds the provider that secrets.defaults name', async () => {
    const secrets =
      "secrets: { defaults: { file: 'main' }, providers: { main: { source: 'file', path: 'secrets.json' } } }";
    const config = `{ gateway: { auth: { token: { source: 'file', id: '/gw' } } }, ${secrets} }`;
    const files = { [CONFIG]: config, '/home/op/.openclaw/secrets.json': '{"gw":"of-file"}' };
    expect((await access('{}', {}, files))[1]).toBe('of-file');
  });
});

describe('the address', () => {
  it.for([
    ["{ port: 19000, bind: 'tailnet' }", {}, 'ws://127.0.0.1:19000'],
    ["{ bind: 'custom', customBindHost: '10.0.0.5' }", {}, LOCAL],
    ["{ bind: 'lan', port: 0 }", {}, LOCAL],
    ['{ tls: { enabled: true } }', {}, 'wss://127.0.0.1:18789'],
    ["{ mode: 'remote', remote: {} }", {}, LOCAL],
    ["{ mode: 'remote', remote: { url: 'https://far.example.com' } }", {}, FAR],
    ["{ mode: 'remote', remote: { url: 'wss://${GW_HOST}' } }", { GW_HOST: 'far.example.com' }, FAR],
    ['{}', { OPENCLAW_PROFILE: 'dev' }, 'ws://127.0.0.1:19001'],
    ['{}', { OPENCLAW_PROFILE: 'default' }, LOCAL],
    // The port that the function resolveGatewayPort of OpenClaw 2026.9.6 computes.
    ['{}', { OPENCLAW_PROFILE: 'rescue' }, 'ws://127.0.0.1:23532'],
    ['{ port: 19000 }', { OPENCLAW_PROFILE: 'rescue' }, 'ws://127.0.0.1:19000'],
  ] as const)('of %s with %j', async ([gateway, env, url]) => {
    expect((await target(gateway, env)).gatewayUrl).toBe(url);
  });
});

describe('session.store', () => {
  const store = async (text: string, env: Record<string, string> = {}): Promise<string | undefined> => {
    const config = `{ session: { store: ${JSON.stringify(text)} } }`;
    return (await target('{}', env, { [CONFIG]: config })).sessionStore;
  };

  it.for([
    ['/data/oc/{agentId}/store.json', '/data/oc/{agentId}/store.json'],
    ['~/oc/{agentId}.json', '/home/op/oc/{agentId}.json'],
    ['${DATA}/all.json', '/srv/all.json'],
    ['stores/all.json', '/home/op/.openclaw/stores/all.json'],
    ['~/.openclaw/agents/{agentId}/sessions/sessions.json', undefined],
    ['', undefined],
  ] as const)('%s is %s', async ([text, path]) => {
    expect(await store(text, { DATA: '/srv' })).toBe(path);
  });

  it("starts at OpenClaw's own home", async () => {
    const files = { '/srv/oc/.openclaw/openclaw.json': "{ session: { store: '~/all.json' } }" };
    expect((await target('{}', { OPENCLAW_HOME: '/srv/oc' }, files)).sessionStore).toBe('/srv/oc/all.json');
  });
});

describe('the certificate', () => {
  it.for([
    ['{}', undefined],
    ["{ tls: { certPath: '/etc/tls/gw.crt' } }", undefined],
    ['{ tls: { enabled: true } }', '/home/op/.openclaw/gateway/tls/gateway-cert.pem'],
    ["{ tls: { enabled: true, certPath: ' ' } }", '/home/op/.openclaw/gateway/tls/gateway-cert.pem'],
    ["{ tls: { enabled: true, certPath: '~/tls/gw.crt' } }", '/home/op/tls/gw.crt'],
    ["{ tls: { enabled: true, certPath: '${TLS}/gw.crt' } }", '/etc/tls/gw.crt'],
  ] as const)('of %s is %s', async ([gateway, path]) => {
    expect((await target(gateway, { TLS: '/etc/tls' })).gatewayCertificate).toBe(path);
  });

  it('belongs to the state directory, wherever that is', async () => {
    const files = { '/data/openclaw.json': '{ gateway: { tls: { enabled: true } } }' };
    expect((await target('{}', { OPENCLAW_STATE_DIR: '/data' }, files)).gatewayCertificate).toBe(
      '/data/gateway/tls/gateway-cert.pem',
    );
  });

  it('of a gateway elsewhere is known by its pin only', async () => {
    const gateway = `{ mode: 'remote', tls: { enabled: true }, remote: { url: '${FAR}', tlsFingerprint: 'AA:BB' } }`;
    expect(await target(gateway)).toMatchObject({ gatewayUrl: FAR, gatewayTlsFingerprint: 'AA:BB' });
    expect((await target(gateway)).gatewayCertificate).toBeUndefined();
    const named = { OPENCLAW_GATEWAY_URL: 'wss://other.example.com' };
    expect((await target(gateway, named)).gatewayTlsFingerprint).toBe('AA:BB');
    // Without `mode: 'remote'` its settings are not in use.
    expect((await target(gateway.replace("'remote'", "'local'"))).gatewayTlsFingerprint).toBeUndefined();
  });
});
