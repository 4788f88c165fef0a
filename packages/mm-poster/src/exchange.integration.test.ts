import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MattermostConfigError } from './errors.ts';
import { createMattermostApi, type MattermostApi } from './mattermost-api.ts';

/**
 * Certificates of servers in tests, each with its key: worth nothing anywhere else. Made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=… -addext subjectAltName=…`.
 */
interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** For localhost and 127.0.0.1, signed by itself, valid for a hundred years. */
const SELF_SIGNED: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUZbSwpgrT1zydzketxZVTJsRERyQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDEzNDAwOVoYDzIxMjYxMTA2
MTM0MDA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASIZNdPFLmP2zYxGXPSdsy9orgezYBFN+hEINSDWdV2u0M4Qwrj3zzN
27+QPt6uPUavhzHPZ6nBF1lA63JVYO/zo28wbTAdBgNVHQ4EFgQU4/HRF+3f/4ST
G7DvLlD6RU79P5QwHwYDVR0jBBgwFoAU4/HRF+3f/4STG7DvLlD6RU79P5QwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhALUS7IErqJDZZqolyYi3/9FdhhtkgRGSwFQHrJoGHEMGAiEA
/VtgGR8s3C0cfjKmmFbuM1mxOWP+ZispvGCb0GdeMBA=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgegOmOyU0u6Yt/icz
OGg1NYmpULxHl79SRasH4mJ2c8KhRANCAASIZNdPFLmP2zYxGXPSdsy9orgezYBF
N+hEINSDWdV2u0M4Qwrj3zzN27+QPt6uPUavhzHPZ6nBF1lA63JVYO/z
-----END PRIVATE KEY-----
`,
};

/** For chat.example.com, signed by itself. */
const OF_ANOTHER_HOST: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBqTCCAVCgAwIBAgIUcN+aLYqFdMcjHpVaVFaPMJ+jBccwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQY2hhdC5leGFtcGxlLmNvbTAgFw0yNjExMzAxMzQwMTBaGA8y
MTI2MTEwNjEzNDAxMFowGzEZMBcGA1UEAwwQY2hhdC5leGFtcGxlLmNvbTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABAHn0oFOhNB3BgUvwXUDB73QAoZTqdBw9kkM
V6amUDstewbqilsR9HXmKhUBy7y1jV1nbjJAW5lCAoP5/Gg21jqjcDBuMB0GA1Ud
DgQWBBRrtHDFJKAYhfaBo3vRLvrgf/wI9jAfBgNVHSMEGDAWgBRrtHDFJKAYhfaB
o3vRLvrgf/wI9jAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEGNoYXQuZXhh
bXBsZS5jb20wCgYIKoZIzj0EAwIDRwAwRAIgKnxh9QDWv4BMJKFZJpurwl6wpHRN
nE+2cuqn4aSjVscCIB1mYK9jVvLBFEj+WeClNgUppPLJXGCrfoQQOOsR5+GK
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEgqp7Eyv7lkAgQAs
tjhgR9Spr4f/0aruoi+zXtdSK9qhRANCAAQB59KBToTQdwYFL8F1Awe90AKGU6nQ
cPZJDFemplA7LXsG6opbEfR15ioVAcu8tY1dZ24yQFuZQgKD+fxoNtY6
-----END PRIVATE KEY-----
`,
};

/** For localhost, valid in 2020. */
const EXPIRED: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBUjCB+qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxv
Y2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNA0giVveDlxqSG9deyY
oSt9+qedcnUgXKAcK9vBUpE4GvEcOYpemRMVbrr6DIqD8DpkhVrzJVHOseYcifIG
tK+jPTA7MBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUguEy
ZM5N47c/A6iBQRLQf93t6aQwCgYIKoZIzj0EAwIDRwAwRAIgGcYFePyQdWFjS/o8
Et5OKAg2qpdeHSi/D58VI5zfs8YCIEhFul/0HyAPyI9Q7HDKdKyJz6wD5O5EA0Lt
De8Io1us
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8FcBCoMuUCm0g+Vr
UOgUwKLG0rTlpjYBaevvhZ2GGwmhRANCAATQNIIlb3g5cakhvXXsmKErffqnnXJ1
IFygHCvbwVKROBrxHDmKXpkTFW66+gyKg/A6ZIVa8yVRzrHmHInyBrSv
-----END PRIVATE KEY-----
`,
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Makes a server listen on any port of loopback, until the end of the test. */
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const answerMe = (_request: IncomingMessage, response: ServerResponse): void => {
  response.end('{"id":"me","username":"bot","is_bot":true}');
};

function apiFor(url: string, env: Readonly<Record<string, string>> = {}): MattermostApi {
  const api = createMattermostApi({ url, token: 'token', env });
  cleanups.push(() => api.close());
  return api;
}

/** A proxy that notes what it is asked for, and serves it: forwards are answered by itself, tunnels lead to a port. */
async function startProxy(tunnelTo = 0): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    answerMe(request, response);
  });
  const sockets = new Set<Socket>();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (tunnelTo === 0) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const upstream = connect(tunnelTo, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  const port = await listen(server);
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${port}`, asked };
}

describe('proxies', () => {
  it.for(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])('%s is used for http', async (name) => {
    const proxy = await startProxy();
    expect((await apiFor('http://chat.example.com', { [name]: proxy.url }).getMe()).username).toBe('bot');
    expect(proxy.asked).toEqual(['GET http://chat.example.com/api/v4/users/me']);
  });

  it('takes an address without a scheme, and a user with a password', async () => {
    const proxy = await startProxy();
    const address = proxy.url.replace('http://', 'ann:pass@');
    await apiFor('http://chat.example.com', { http_proxy: address }).getMe();
    expect(proxy.asked).toEqual([
      `GET http://chat.example.com/api/v4/users/me Basic ${Buffer.from('ann:pass').toString('base64')}`,
    ]);
  });

  it('https goes through a tunnel; a refused one is named', async () => {
    const proxy = await startProxy();
    const error = await apiFor('https://chat.example.com', { HTTPS_PROXY: proxy.url }).getMe().catch(String);
    expect(proxy.asked).toEqual(['CONNECT chat.example.com:443']);
    expect(error).toContain('the proxy answered 407');
  });

  it.for([
    ['https_proxy', 'http://chat.example.com'],
    ['http_proxy', 'https://chat.example.com'],
  ] as const)('%s is not for %s, as with curl', async ([name, url]) => {
    const proxy = await startProxy();
    const signal = AbortSignal.timeout(1000);
    await apiFor(url, { [name]: proxy.url })
      .getMe({ signal })
      .catch(() => undefined);
    expect(proxy.asked).toEqual([]);
  });

  it.for(['127.0.0.1', '127.0.0.0/8', '*', 'example.com, 127.0.0.1', '.example.com 127.0.0.1:PORT'])(
    'no_proxy "%s" leads past the proxy',
    async (noProxy) => {
      const proxy = await startProxy();
      const port = await listen(createServer(answerMe));
      const env = { http_proxy: proxy.url, no_proxy: noProxy.replace('PORT', String(port)) };
      expect((await apiFor(`http://127.0.0.1:${port}`, env).getMe()).username).toBe('bot');
      expect(proxy.asked).toEqual([]);
    },
  );

  it('no_proxy with other names does not', async () => {
    const proxy = await startProxy();
    const env = { http_proxy: proxy.url, NO_PROXY: 'localhost,.example.org,10.0.0.0/8' };
    await apiFor('http://chat.example.com', env).getMe();
    expect(proxy.asked).toHaveLength(1);
  });

  it.for(['ftp://proxy.example.com', 'http://'])('"%s" is refused by the name of the variable', (address) => {
    const create = (): unknown =>
      createMattermostApi({ url: 'http://a.example', token: 't', env: { http_proxy: address } });
    expect(create).toThrow(MattermostConfigError);
    expect(create).toThrow(/http_proxy/);
  });
});

describe('TLS', () => {
  const failureOf = (url: string): Promise<string> =>
    apiFor(url)
      .getMe()
      .then(() => 'no error', String);

  it.for([
    [SELF_SIGNED, /DEPTH_ZERO_SELF_SIGNED_CERT: the certificate is self-signed: .*NODE_EXTRA_CA_CERTS/],
    [EXPIRED, /CERT_HAS_EXPIRED: the certificate has expired: renew it/, [EXPIRED.cert]],
    [OF_ANOTHER_HOST, /ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another host/, [OF_ANOTHER_HOST.cert]],
  ] as const)('an error names its fix: %#', async ([certificate, fix, trusted]) => {
    const port = await listen(createTlsServer(certificate, answerMe));
    // What is not trusted is refused for that before anything else is looked at.
    const seen = trusted === undefined ? await failureOf(`https://localhost:${port}`) : await withTrust(trusted, port);
    expect(seen).toMatch(fix);
  });

  it('http behind https:// and https behind http:// are told apart', async () => {
    const plain = await listen(createServer(answerMe));
    expect(await failureOf(`https://localhost:${plain}`)).toMatch(/does not speak TLS .*http:\/\//);
    const nginx = await listen(
      createServer((_request, response) => {
        response.writeHead(400).end('<html>400 The plain HTTP request was sent to HTTPS port</html>');
      }),
    );
    expect(await failureOf(`http://localhost:${nginx}`)).toMatch(/configure the address with https:\/\//);
  });

  it('a private authority in NODE_EXTRA_CA_CERTS is trusted, directly and through a proxy', async () => {
    const port = await listen(createTlsServer(SELF_SIGNED, answerMe));
    const proxy = await startProxy(port);
    expect(await withTrust([SELF_SIGNED.cert], port)).toBe('bot');
    expect(await withTrust([SELF_SIGNED.cert], port, { https_proxy: proxy.url })).toBe('bot');
    expect(proxy.asked).toEqual([`CONNECT localhost:${port}`]);
  });
});

/** What a process that trusts these certificates gets from a server: the name of its account, or the error. */
async function withTrust(
  certificates: readonly string[],
  port: number,
  env: Record<string, string> = {},
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'mm-poster-ca-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'ca.pem');
  await writeFile(file, certificates.join(''));
  const code = `import { createMattermostApi } from '@live-status/mm-poster';
    const api = createMattermostApi({ url: 'https://localhost:${port}', token: 't' });
    console.log(await api.getMe().then(({ username }) => username, String));
    process.exit();`;
  const child = spawn(process.execPath, ['--conditions=@live-status/source', '--input-type=module', '--eval', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, NODE_EXTRA_CA_CERTS: file },
  });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trim();
}
