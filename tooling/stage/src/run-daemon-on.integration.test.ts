import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording } from '@live-status/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonFailedError } from './daemon-process.ts';
import { runDaemonOn } from './run-daemon-on.ts';

/**
 * Stands for a daemon: one post in the channel of the first session, `[ACTIVE]` once a transcript is there, `[DONE]`
 * once it holds the final answer; remembers its post over restarts.
 */
const STAND_IN = `
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
const { MM_URL, MM_TOKEN, TRANSCRIPT_DIR, STATE_DIR, HEALTH_PORT, FAIL_WITH } = process.env;
if (FAIL_WITH) { console.error('MM_URL is odd: correct it'); process.exit(Number(FAIL_WITH)); }
mkdirSync(STATE_DIR, { recursive: true });
const memory = STATE_DIR + '/post';
const call = async (method, path, body) => (await fetch(MM_URL + '/api/v4' + path, {
  method, headers: { authorization: 'Bearer ' + MM_TOKEN }, body: JSON.stringify(body) })).json();
createServer((_, response) => response.end('ready')).listen(Number(HEALTH_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
console.log('up');
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  const dir = TRANSCRIPT_DIR + '/main/sessions';
  const name = existsSync(dir) && readdirSync(dir).find((file) => file.endsWith('.jsonl'));
  if (!name) continue;
  const channel_id = Object.keys(JSON.parse(readFileSync(dir + '/sessions.json')))[0].split(':')[4];
  if (!existsSync(memory)) writeFileSync(memory, (await call('POST', '/posts', { channel_id, message: '**[ACTIVE] main**' })).id);
  if (!readFileSync(dir + '/' + name, 'utf8').includes('All tool checks are finished')) continue;
  await call('PUT', '/posts/' + readFileSync(memory, 'utf8') + '/patch', { message: '**[DONE] main**' });
  await new Promise(() => {});
}
`;

let dir: string;
let entry: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stand-in-'));
  entry = join(dir, 'daemon.mjs');
  writeFileSync(entry, STAND_IN);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('runDaemonOn', () => {
  const tools = readRecording('2026.3.28', 'tools');

  it('shows what readers saw, in recorded ids, over a planned death', async () => {
    const run = await runDaemonOn(tools, { entry, speed: 8, deaths: [{ tMs: 4000, signal: 'SIGKILL' }] });
    expect(run.posts).toHaveLength(1);
    expect(run.posts[0]).toMatchObject({
      place: { kind: 'channel', channelId: 'chantools00000000000000000' },
      message: '**[DONE] main**',
    });
    expect(run.posts[0]?.versions.map(({ message }) => message)).toEqual(['**[ACTIVE] main**', '**[DONE] main**']);
    expect(run.exits).toEqual([
      { code: null, signal: 'SIGKILL' },
      { code: 0, signal: null },
    ]);
    expect(run.output).toBe('up\nup\n');
  });

  it('fails with the words of a daemon that ends by itself', async () => {
    const failing = runDaemonOn(tools, { entry, env: { FAIL_WITH: '2' } });
    await expect(failing).rejects.toThrow(DaemonFailedError);
    await expect(failing).rejects.toThrow(/exit code 2.*\n.*MM_URL is odd: correct it/);
  });

  it('says how to build the daemon when there is none', async () => {
    await expect(runDaemonOn(tools, { entry: join(dir, 'none.js') })).rejects.toThrow(/Build it: npm run build/);
  });

  it('stops when aborted', async () => {
    const stop = new AbortController();
    const running = runDaemonOn(tools, { entry, signal: stop.signal, onStart: () => stop.abort(new Error('enough')) });
    await expect(running).rejects.toThrow('enough');
  });
});
