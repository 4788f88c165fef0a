import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let stateDir: string;
let log: string;
let children: ChildProcessByStdio<null, Readable, Readable>[];

beforeEach(() => {
  stateDir = join(mkdtempSync(join(tmpdir(), 'live-status-logs-')), 'state');
  mkdirSync(stateDir);
  log = join(stateDir, 'daemon.log');
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(join(stateDir, '..'), { recursive: true });
});

function start(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const env = { PATH: process.env.PATH ?? '', HOME: stateDir, STATE_DIR: stateDir, TZ: 'Asia/Kolkata' };
  const child = spawn(process.execPath, [MAIN, 'logs', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function run(...args: readonly string[]): Promise<{ code: number | null; out: string[]; stderr: string }> {
  const child = start(...args);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, out: stdout.split('\n').filter((line) => line !== ''), stderr };
}

const line = (level: string, msg: string, fields: object = {}): string =>
  `${JSON.stringify({ level, time: '2026-11-30T22:00:00.007Z', name: 'live-status', ...fields, msg })}\n`;

describe('live-status logs', () => {
  it('shows local time, level, message and fields of a line, and lines of earlier versions', async () => {
    writeFileSync(
      log,
      `${line('info', 'connected', { userId: 'u1' })}{"level":40,"time":0,"msg":"old"}\n   at main.js:7\n`,
    );
    expect(await run()).toEqual({
      code: 0,
      out: [
        '2026-12-01 03:30:00.007 info  connected  userId=u1',
        '1970-01-01 05:30:00.000 warn  old',
        '   at main.js:7',
      ],
      stderr: '',
    });
  });

  it('shows the last lines, and as many of the rotated files as that takes', async () => {
    writeFileSync(`${log}.2`, line('info', 'oldest'));
    writeFileSync(`${log}.1`, line('info', 'older') + line('warn', 'old'));
    writeFileSync(log, line('info', 'new') + line('error', 'newest'));
    const shown = async (...args: string[]): Promise<string[]> =>
      (await run(...args)).out.map((each) => each.slice(30));
    expect(await shown('-n', '1')).toEqual(['newest']);
    expect(await shown('-n', '3')).toEqual(['old', 'new', 'newest']);
    expect(await shown()).toEqual(['oldest', 'older', 'old', 'new', 'newest']);
    expect(await shown('--level', 'warn')).toEqual(['old', 'newest']);
    expect(await shown('-n', '0')).toEqual([]);
    expect((await run('-n', '1', '--json')).out).toEqual([line('error', 'newest').trim()]);
  });

  it('shows what was written to standard error since: why a daemon did not start', async () => {
    writeFileSync(log, line('info', 'stopped'));
    utimesSync(log, 1, 1);
    writeFileSync(join(stateDir, 'daemon.err'), 'MM_TOKEN is not set\n');
    const { out, stderr } = await run();
    expect(out).toEqual([expect.stringContaining('stopped'), 'MM_TOKEN is not set']);
    expect(stderr).toBe(`${join(stateDir, 'daemon.err')}:\n`);
  });

  it('says that there is none, and refuses options that make no sense', async () => {
    expect(await run()).toEqual({
      code: 1,
      out: [],
      stderr: expect.stringMatching(/^There is no log at .*daemon\.log/),
    });
    expect(await run('--level', 'loud')).toMatchObject({ code: 2, stderr: expect.stringContaining('loud') });
    expect(await run('-n', 'many')).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number') });
  });

  it('follows the log through a rotation, each line once', async () => {
    writeFileSync(log, line('info', 'past'));
    const child = start('-f', '--level', 'info');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value).slice(30);
    expect(await next()).toBe('past');
    appendFileSync(log, line('debug', 'hidden') + line('info', 'one'));
    expect(await next()).toBe('one');
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, line('info', 'two'));
    writeFileSync(log, line('warn', 'three'));
    expect(await next()).toBe('two');
    expect(await next()).toBe('three');
    appendFileSync(log, line('info', 'four'));
    expect(await next()).toBe('four');
  });
});
