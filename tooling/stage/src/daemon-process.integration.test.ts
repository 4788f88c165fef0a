import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MODULE = new URL('./daemon-process.ts', import.meta.url).href;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-starter-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('a daemon ends with its starter, also when that is killed', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const entry = join(directory, 'daemon.mjs');
  // Its connection lives as long as the process, which does nothing else.
  const { port } = server.address() as AddressInfo;
  writeFileSync(entry, `import { connect } from 'node:net'; connect(${port}, '127.0.0.1');`);
  const start = `import { startDaemon } from '${MODULE}'; await startDaemon({ env: {}, entry: '${entry}' });`;
  const args = ['--conditions=@live-status/source', '--input-type=module', '--eval', start];
  const starter = spawn(process.execPath, args, { stdio: 'ignore' });

  const daemon: Socket = (await once(server, 'connection'))[0];
  daemon.on('error', () => undefined).resume();
  expect(daemon.closed).toBe(false);
  const ended = once(daemon, 'close');
  starter.kill('SIGKILL');
  await ended;
  server.close();
});
