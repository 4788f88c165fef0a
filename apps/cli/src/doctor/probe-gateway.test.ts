import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@live-status/openclaw-config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeGateway } from './probe-gateway.ts';

describe('probeGateway', () => {
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
    expect(await probeGateway(url, { stateDir })).toMatchObject({ url, problem: 'does not answer' });
    const web = await listen(createHttpServer((_request, response) => response.end('hello')));
    expect(await probeGateway(web, { stateDir })).toMatchObject({ problem: 'does not answer' });
    const mail = await listen(createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')));
    expect(await probeGateway(mail, { stateDir })).toMatchObject({ problem: 'does not answer' });
  });

  it('hangs up once it knows enough, whether or not the other side lets go', async () => {
    const hungUp: Promise<unknown>[] = [];
    const greeting = await listen(stubborn(hungUp, '{"event":"connect.challenge"}'));
    expect(await probeGateway(greeting, { stateDir })).not.toHaveProperty('problem');
    const other = await listen(stubborn(hungUp, '{"event":"hello"}'));
    expect(await probeGateway(other, { stateDir })).toMatchObject({ problem: 'is answered by another program' });
    expect(await Promise.all(hungUp)).toHaveLength(2);
  });

  it('knows whether this installation has what lets it in', async () => {
    const url = 'ws://127.0.0.1:9';
    expect(await probeGateway(url, {})).toMatchObject({ hasToken: false, paired: false });
    writeFileSync(join(stateDir, 'gateway-device.json'), JSON.stringify({ tokens: { 'ws://other:9': 'x' } }));
    expect(await probeGateway(url, { stateDir, gatewayToken: new Secret('t') })).toMatchObject({
      hasToken: true,
      paired: false,
    });
    writeFileSync(join(stateDir, 'gateway-device.json'), JSON.stringify({ tokens: { [url]: 'x' } }));
    expect(await probeGateway(`${url}/`, { stateDir })).toMatchObject({ paired: true });
    writeFileSync(join(stateDir, 'gateway-device.json'), '{ broken');
    expect(await probeGateway(url, { stateDir })).toMatchObject({ paired: false });
  });
});

/** A WebSocket server that says one thing and ignores what it is told, the wish to close, too. */
function stubborn(hungUp: Promise<unknown>[], text: string): HttpServer {
  return createHttpServer().on('upgrade', ({ headers }, socket: Socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`);
    socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
    // The server of node:http keeps its half of a connection open.
    socket.resume().on('error', () => undefined);
    hungUp.push(
      once(
        socket.on('end', () => socket.destroy()),
        'close',
      ),
    );
  });
}
