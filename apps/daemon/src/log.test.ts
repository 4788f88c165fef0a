import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@live-status/openclaw-config';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from './log.ts';

let directory: string;
let fd: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-log-'));
  fd = openSync(join(directory, 'log'), 'w');
});

afterEach(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

const written = (): string => readFileSync(join(directory, 'log'), 'utf8');

it.for([false, true])('never writes a token, wherever it is (pretty: %s)', async (pretty) => {
  const log = await createLog({ level: 'info', pretty, secrets: [new Secret('tok-123')], fd });
  const err = new Error('refused tok-123', { cause: new Error('Bearer tok-123') });
  log.warn({ err, header: { authorization: 'Bearer tok-123' } }, 'token tok-123');
  expect(written()).toContain('Bearer ***');
  expect(written()).not.toContain('tok-123');
});

it.for([false, true])('never writes a token that JSON spells otherwise (pretty: %s)', async (pretty) => {
  const token = 'head"mid\\tail';
  const log = await createLog({ level: 'info', pretty, secrets: [new Secret(token)], fd });
  log.warn({ url: `wss://example.com/?t=${token}`, body: JSON.stringify({ token }) }, `token ${token}`);
  expect(written()).toContain('token ***');
  expect(written()).toContain('?t=***');
  for (const part of ['head', 'mid', 'tail']) expect(written()).not.toContain(part);
});

it('has written a line when the call returns, as JSON with a constant message', async () => {
  const log = await createLog({ level: 'info', pretty: false, secrets: [], fd });
  log.info({ boxId: 'b' }, 'box posted');
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const expected = { level: 'info', time, name: 'live-status', boxId: 'b', msg: 'box posted' };
  expect(JSON.parse(written())).toEqual(expected);
});
