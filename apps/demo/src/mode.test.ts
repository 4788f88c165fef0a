import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseMode } from './mode.ts';

const NOW = Date.UTC(2026, 10, 22);
const HOUR_MS = 3_600_000;

let agentsDir: string;
beforeEach(() => {
  agentsDir = mkdtempSync(join(tmpdir(), 'agents-'));
});
afterEach(() => rmSync(agentsDir, { recursive: true, force: true }));

function raw(texts: Readonly<Record<string, string>>): Parameters<typeof chooseMode>[0] {
  const names = ['MM_URL', 'MM_TOKEN', 'TRANSCRIPT_DIR'] as const;
  const given: Readonly<Record<string, string>> = { TRANSCRIPT_DIR: agentsDir, ...texts };
  return {
    raw: names.map((name) => ({ name, origin: 'test', ...(given[name] !== undefined && { text: given[name] }) })),
  };
}

function writeCatalog(path: string, ageMs: number): void {
  mkdirSync(join(agentsDir, path, '..'), { recursive: true });
  writeFileSync(join(agentsDir, path), '{}');
  utimesSync(join(agentsDir, path), new Date(NOW - ageMs), new Date(NOW - ageMs));
}

describe('chooseMode', () => {
  it('chooses the configured Mattermost as soon as Mattermost is configured, even in part: the daemon then says what is missing', async () => {
    writeCatalog('main/sessions/sessions.json', 0);
    expect(await chooseMode(raw({ MM_URL: 'https://chat.example.com', MM_TOKEN: 'x' }), NOW)).toEqual({
      kind: 'configured',
    });
    expect(await chooseMode(raw({ MM_TOKEN: 'x' }), NOW)).toEqual({ kind: 'configured' });
  });

  it('follows an OpenClaw of this machine that was at work in the last day', async () => {
    writeCatalog('main/sessions/sessions.json', HOUR_MS);
    expect(await chooseMode(raw({}), NOW)).toEqual({ kind: 'local', agentsDir });
  });

  it('takes a sessions directory itself too', async () => {
    writeCatalog('sessions.json', HOUR_MS);
    expect(await chooseMode(raw({}), NOW)).toEqual({ kind: 'local', agentsDir });
  });

  it('plays the story where no OpenClaw is, or none that works', async () => {
    expect(await chooseMode(raw({ TRANSCRIPT_DIR: join(agentsDir, 'none') }), NOW)).toEqual({ kind: 'story' });
    writeCatalog('main/sessions/sessions.json', 25 * HOUR_MS);
    expect(await chooseMode(raw({}), NOW)).toEqual({ kind: 'story' });
  });
});
