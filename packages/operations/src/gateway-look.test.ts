import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAtGateway } from './gateway-look.ts';
import { Secret } from './secret.ts';

describe('lookAtGateway', () => {
  let stateDir = '';
  const servers: (Server | HttpServer)[] = [];
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'live-status-gateway-'));
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  function listen(server: Server | HttpServer): Promise<string> {
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(`ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
      });
    });
  }

  it('knows a port where nobody listens, and one where something else does', async () => {
    const gone = createServer();
    const url = await listen(gone);
    gone.close();
    expect(await lookAtGateway(url, { stateDir })).toMatchObject({ url, problem: 'does not answer' });
    const web = await listen(createHttpServer((_request, response) => response.end('hello')));
    expect(await lookAtGateway(web, { stateDir })).toMatchObject({ problem: 'does not answer' });
    const mail = await listen(createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')));
    expect(await lookAtGateway(mail, { stateDir })).toMatchObject({ problem: 'does not answer' });
  });

  it('knows whether this installation has what lets it in', async () => {
    const url = 'ws://127.0.0.1:9';
    expect(await lookAtGateway(url, {})).toMatchObject({ hasToken: false, paired: false });
    writeFileSync(join(stateDir, 'gateway-device.json'), JSON.stringify({ tokens: { 'ws://other:9': 'x' } }));
    expect(await lookAtGateway(url, { stateDir, gatewayToken: new Secret('t') })).toMatchObject({
      hasToken: true,
      paired: false,
    });
    writeFileSync(join(stateDir, 'gateway-device.json'), JSON.stringify({ tokens: { [url]: 'x' } }));
    expect(await lookAtGateway(`${url}/`, { stateDir })).toMatchObject({ paired: true });
    writeFileSync(join(stateDir, 'gateway-device.json'), '{ broken');
    expect(await lookAtGateway(url, { stateDir })).toMatchObject({ paired: false });
  });
});
