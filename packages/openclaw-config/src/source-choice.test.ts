import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseSource, type OpenClawPlaces, writesTranscripts } from './source-choice.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'source-choice-'));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(name: string, atS: number, text: string | Buffer = ''): Promise<void> {
  const path = join(dir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await utimes(path, atS, atS);
}

const choose = (more: Partial<OpenClawPlaces> = {}) => {
  const openclaw = { path: join(dir, 'openclaw.json'), gatewayUrl: 'ws://127.0.0.1:1' };
  return chooseSource({ transcriptDir: join(dir, 'agents'), openclaw, gatewayUrl: openclaw.gatewayUrl, ...more });
};

/** The beginning of a database with this `user_version`. */
function database(schema: number): Buffer {
  const header = Buffer.alloc(4_096);
  header.write('SQLite format 3\0', 'latin1');
  header.writeUInt32BE(schema, 60);
  return header;
}

const touchedBy = (version: string): string => `{ meta: { "lastTouchedVersion": "${version}" } }`;

describe('what the files of an OpenClaw say', () => {
  it('is transcripts where there is no database, and where there is nothing', async () => {
    expect(choose()).toMatchObject({ source: 'jsonl' });
    await write('agents/main/sessions/sessions.json', 1_000);
    expect(choose()).toMatchObject({ source: 'jsonl', why: expect.stringContaining('no session database') });
  });

  it('is the gateway where a database is newer than all transcripts, and transcripts again where they are', async () => {
    await write('agents/main/sessions/sessions.json', 1_000);
    await write('agents/main/agent/openclaw-agent.sqlite', 1_004);
    expect(choose()).toMatchObject({ source: 'jsonl' });
    await write('agents/other/agent/openclaw-agent.sqlite-wal', 1_010);
    expect(choose()).toEqual({
      source: 'gateway',
      why: `a session database is newer than the transcripts below ${join(dir, 'agents')}`,
    });
    await write('agents/main/sessions/sessions.json', 1_020);
    expect(choose()).toMatchObject({ source: 'jsonl' });
  });

  it.each(['agents/main', 'agents/main/sessions'])('is found out also where TRANSCRIPT_DIR is %s', async (name) => {
    const transcriptDir = join(dir, name);
    await write('agents/main/sessions/sessions.json', 1_000);
    await write('agents/main/agent/openclaw-agent.sqlite', 2_000);
    expect(choose({ transcriptDir })).toMatchObject({ source: 'gateway' });
    await write('agents/main/sessions/sessions.json', 3_000);
    expect(choose({ transcriptDir })).toMatchObject({ source: 'jsonl' });
  });

  it('is found out behind a link to the directory of an agent', async () => {
    await write('elsewhere/agent/openclaw-agent.sqlite', 2_000);
    await mkdir(join(dir, 'agents'));
    await symlink(join(dir, 'elsewhere'), join(dir, 'agents/linked'));
    expect(choose()).toMatchObject({ source: 'gateway' });
  });

  it('does not depend on files that were written in the future', async () => {
    await write('agents/main/sessions/sessions.json', 4e9);
    await write('agents/main/agent/openclaw-agent.sqlite', 2_000);
    expect(choose()).toMatchObject({ source: 'gateway' });
  });

  it('is the gateway where the configuration was written by 2026.8 or later, whatever was touched since', async () => {
    await write('openclaw.json', 1_000, touchedBy('2026.7.1'));
    expect(choose()).toMatchObject({ source: 'jsonl' });
    await write('openclaw.json', 1_000, touchedBy('2026.9.6'));
    expect(choose()).toMatchObject({ source: 'gateway', why: expect.stringContaining('openclaw.json') });
    await write('agents/main/sessions/sessions.json', 2_000);
    await write('agents/main/sessions/1.jsonl', 2_000);
    expect(choose()).toMatchObject({ source: 'gateway', why: expect.stringContaining('2026.9.6') });
  });

  it('is the gateway where a database has the schema of 2026.8 or later, whatever was touched since', async () => {
    await write('openclaw.json', 1_000, touchedBy('2026.7.1'));
    await write('agents/main/agent/openclaw-agent.sqlite', 1_000, database(19));
    await write('agents/main/sessions/sessions.json', 9_000);
    expect(choose()).toMatchObject({ source: 'gateway', why: expect.stringContaining('schema 19') });
  });

  it.each([database(1), database(0), 'SQLite format 3', 'not a database'])(
    'is transcripts where OpenClaw 2026.7 was last here, however new its database is: %#',
    async (content) => {
      await write('openclaw.json', 1_000, touchedBy('2026.7.1'));
      await write('agents/main/sessions/sessions.json', 1_000);
      await write('agents/main/agent/openclaw-agent.sqlite', 9_000, content);
      expect(choose()).toMatchObject({ source: 'jsonl', why: expect.stringContaining('2026.7.1') });
    },
  );

  it('is what the installed OpenClaw writes, where nothing newer was here', async () => {
    await write('agents/main/sessions/sessions.json', 9_000);
    expect(choose({ installedVersion: '2026.9.6' })).toMatchObject({ source: 'gateway' });
    expect(choose({ installedVersion: '2026.7.1' })).toMatchObject({ source: 'jsonl' });
    await write('agents/main/agent/openclaw-agent.sqlite', 99_000);
    expect(choose({ installedVersion: '2026.7.1' })).toMatchObject({ source: 'jsonl' });
    await write('openclaw.json', 1_000, touchedBy('2026.9.6'));
    expect(choose({ installedVersion: '2026.7.1' })).toMatchObject({ source: 'gateway' });
  });

  it('is the gateway where OpenClaw itself uses one elsewhere, whatever lies here', async () => {
    await write('agents/main/sessions/sessions.json', 9_000);
    const openclaw = {
      path: join(dir, 'openclaw.json'),
      gatewayUrl: 'ws://127.0.0.1:1',
      gatewayIsRemote: true,
    } as const;
    expect(choose({ openclaw })).toMatchObject({ source: 'gateway', why: expect.stringContaining('"remote"') });
  });

  it('is the gateway where only its address is known', async () => {
    expect(choose({ gatewayUrl: 'wss://claw.example.com' })).toMatchObject({ source: 'gateway' });
    await write('agents/main/sessions/sessions.json', 1_000);
    expect(choose({ gatewayUrl: 'wss://claw.example.com' })).toMatchObject({ source: 'jsonl' });
  });
});

it.each([
  ['2026.3.28', true],
  ['2026.7.1-2', true],
  ['2026.8.1', false],
  ['2026.10.1', false],
  ['2027.1.0', false],
  ['nightly', undefined],
  [undefined, undefined],
])('OpenClaw %s writes transcripts: %s', (version, expected) => {
  expect(writesTranscripts(version)).toBe(expected);
});
