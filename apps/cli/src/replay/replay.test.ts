import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { recordingsDir } from '@live-status/fixtures';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReplayOptions, replay } from './replay.ts';
import { showLive } from './show-live.ts';
import type { Version } from './versions.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'live-status-replay-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const DEFAULTS: ReplayOptions = { speed: 10, final: false, format: 'terminal', style: 'list' };

async function written(path: string, options: Partial<ReplayOptions> = {}): Promise<string> {
  const stream = new PassThrough();
  const text = stream.toArray().then((parts) => Buffer.concat(parts).toString('utf8'));
  await replay(path, { ...DEFAULTS, ...options }, { stream: stream as unknown as NodeJS.WriteStream, env: {} });
  stream.end();
  return text;
}

const TRANSCRIPTS = join(recordingsDir, 'openclaw-2026.7.1');
const FRAMES = join(recordingsDir, 'openclaw-2026.9.6');

describe('a recorded transcript', () => {
  it('shows how its post ended', async () => {
    const text = await written(join(TRANSCRIPTS, 'tools', 'sessions'), { final: true });
    expect(text).toMatch(/^2026-11-22 07:49:26\n\[DONE\] main \| 9s \| 3\.4k tokens \| \$0\.0045 \| 1 file\n/);
    expect(text).toContain('  exec: `ls /nonexistent-dir; exit 3` [exit 3]\n');
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
  });

  it('shows children in the post of their parent when a folder is given', async () => {
    const text = await written(join(TRANSCRIPTS, 'subagent', 'sessions'), { final: true });
    expect(text).toContain('  Sub-agent: worker-one [DONE] 3s\n');
    expect(text).toContain('    exec: `sleep 3; echo child-work` [OK] 3s\n');
    expect(text.match(/^\[DONE\]/gm)).toHaveLength(1);
  });

  it('shows every version, at most two a second, none twice', async () => {
    const text = await written(join(TRANSCRIPTS, 'tools', 'sessions'), { format: 'markdown' });
    const versions = text.trim().split('\n\n');
    expect(versions.length).toBeGreaterThan(5);
    const times = versions.map((version) => Date.parse(/<!-- (.*?) -->/.exec(version)?.[1] ?? ''));
    for (const [index, at] of times.slice(1, -1).entries())
      expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(500);
    expect(versions.at(0)).toContain('**[ACTIVE] main**');
    expect(versions.at(-1)).toContain('**[DONE] main**');
  });

  it('passes over lines that are not entries, and ends a run that was cut', async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const lines = [
      { type: 'session', version: 3, id: 's1', timestamp: at(0), cwd: '/' },
      {
        type: 'message',
        id: 'u1',
        timestamp: at(1),
        message: { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      },
      {
        type: 'message',
        id: 'a1',
        timestamp: at(2),
        message: {
          role: 'assistant',
          stopReason: 'toolUse',
          content: [{ type: 'toolCall', id: 'c1', name: 'exec', arguments: { command: 'make' } }],
        },
      },
    ].map((line) => JSON.stringify(line));
    const path = join(dir, 's1.jsonl');
    writeFileSync(path, ['not json', ...lines, '{"cut'].join('\n'));
    const text = await written(path, { final: true });
    expect(text).toContain('[INTERRUPTED] ');
    expect(text).toContain('exec: `make` [aborted]');
  });
});

describe('a log of frames', () => {
  it('shows a command that was not approved', async () => {
    const text = await written(join(FRAMES, 'wait-approval-timeout.jsonl'), { final: true });
    expect(text).toContain('exec: `printf deploy-ok` [not approved in time]');
    expect(text).toMatch(/\n\[DONE\] /);
  });

  it('leaves out the answer of a conversation, which is a message of its own', async () => {
    const text = await written(join(FRAMES, 'plan.jsonl'), { final: true });
    expect(text).toContain('[DONE] main');
    expect(text).toContain('✓ Run the checks');
    expect(text.trim().split('\n').at(-1)).toMatch(/^ {2}exec: /);
  });
});

describe('times that are no dates', () => {
  const CASES = [1e300, 8.64e15, -8.64e15, 253_402_300_800_000];

  it.each(CASES)('do not stop a replay of frames (%d)', async (time) => {
    const frame = (stream: string, data: object): string =>
      JSON.stringify({
        t: time,
        type: 'event',
        event: 'agent',
        payload: { runId: 'r', sessionKey: 'agent:main:main', ts: time, stream, data: { ...data, startedAt: time } },
      });
    const call = { phase: 'start', name: 'exec', toolCallId: 'c', args: { command: 'make' } };
    const path = join(dir, 'frames.jsonl');
    writeFileSync(path, [frame('lifecycle', { phase: 'start' }), frame('tool', call)].join('\n'));
    for (const format of ['terminal', 'markdown', 'html'] as const)
      expect(await written(path, { format })).toContain('make');
  });

  it.each(['+275760-09-13T00:00:00.000Z', '-271821-04-20T00:00:00.000Z'])(
    'do not stop a replay of a transcript (%s)',
    async (timestamp) => {
      const lines = [
        { type: 'session', version: 3, id: 's1', timestamp, cwd: '/' },
        { type: 'message', id: 'u1', timestamp, message: { role: 'user', content: [{ type: 'text', text: 'hi' }] } },
        {
          type: 'message',
          id: 'a1',
          timestamp,
          message: {
            role: 'assistant',
            stopReason: 'toolUse',
            content: [{ type: 'toolCall', id: 'c1', name: 'exec', arguments: { command: 'make' } }],
          },
        },
      ];
      const path = join(dir, 's1.jsonl');
      writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
      expect(await written(path)).toContain('make');
    },
  );
});

describe('a page', () => {
  it('stands on its own and escapes what was said', async () => {
    const text = await written(join(FRAMES, 'wait-question-web.jsonl'), { format: 'html' });
    const [, policy] = /http-equiv="Content-Security-Policy" content="(.*?)"/.exec(text) ?? [];
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-.*'; script-src 'sha256-.*'$/);
    expect(text.match(/<section>/g)).toHaveLength(1);
    expect(text).toContain('Asks: Where shall I deploy?');
    expect(text).not.toMatch(/(?:src|href)=/);
  });
});

describe('what cannot be replayed', () => {
  it.each([
    ['a missing file', () => join(dir, 'none.jsonl'), /none\.jsonl cannot be read: ENOENT/],
    ['an empty folder', () => dir, /has no transcripts \(\*\.jsonl\)/],
    [
      'a file with nothing in it',
      () => {
        writeFileSync(join(dir, 'empty.jsonl'), '');
        return join(dir, 'empty.jsonl');
      },
      /the daemon would have posted nothing of it/,
    ],
  ])('%s says so', async (_what, path, message) => {
    await expect(written(path())).rejects.toThrow(message);
  });
});

describe('a terminal', () => {
  it('lets time run between versions, as fast as asked, and keeps what has ended', async () => {
    const stream = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
    const text = stream.toArray().then((parts) => Buffer.concat(parts).toString('utf8'));
    let slept = 0;
    const version = (at: number, isLast: boolean): Version =>
      ({ at, isLast, isNew: true, entry: { boxId: 'b1' } }) as unknown as Version;
    const versions = (async function* () {
      yield version(0, false);
      yield version(20_000, false);
      yield version(30_000, true);
    })();
    const count = await showLive(versions, {
      speed: 10,
      stream: stream as unknown as NodeJS.WriteStream,
      paint: (_entry, nowMs) => [`at ${Math.round(nowMs / 1000)}`],
      sleep: async (ms) => {
        slept += ms;
      },
    });
    stream.end();
    expect(count).toBe(1);
    expect(Math.round(slept)).toBe(3_000);
    const shown = stripVTControlCharacters(await text);
    expect(shown).toContain('at 10');
    expect(shown.trim().split('\n').at(-1)).toBe('at 30');
  });
});
