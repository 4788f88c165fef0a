import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseSource } from './choose-source.ts';

let transcriptDir: string;

beforeEach(async () => {
  transcriptDir = await mkdtemp(join(tmpdir(), 'choose-source-'));
});

afterEach(() => rm(transcriptDir, { recursive: true, force: true }));

async function write(name: string, atS: number): Promise<void> {
  const path = join(transcriptDir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  await utimes(path, atS, atS);
}

const choose = (source: 'auto' | 'jsonl' | 'gateway' = 'auto') => chooseSource({ source, transcriptDir });

describe('chooseSource', () => {
  it('does what SOURCE says', async () => {
    await write('main/agent/openclaw-agent.sqlite', 2_000);
    expect(await choose('jsonl')).toMatchObject({ source: 'jsonl' });
    expect(await choose('gateway')).toMatchObject({ source: 'gateway' });
  });

  it('reads transcripts where there is no database, or no directory', async () => {
    expect(await choose()).toMatchObject({ source: 'jsonl' });
    await rm(transcriptDir, { recursive: true });
    expect(await choose()).toMatchObject({ source: 'jsonl' });
  });

  it('asks the gateway where its database is newer than all transcripts, and says why', async () => {
    await write('main/sessions/sessions.json', 1_000);
    await write('main/agent/openclaw-agent.sqlite', 900);
    expect(await choose()).toMatchObject({ source: 'jsonl' });
    await write('other/agent/openclaw-agent.sqlite-wal', 1_001);
    expect(await choose()).toEqual({
      source: 'gateway',
      why: `a session database below ${transcriptDir} is newer than its transcripts`,
    });
  });
});
