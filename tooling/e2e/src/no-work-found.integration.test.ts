import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DaemonStage, type DaemonStageOptions, type Health, onStage, type Stage } from '@live-status/stage';
import { describe, it } from 'vitest';

/** What the daemon says of itself once it follows sessions. */
async function healthOn(
  options: DaemonStageOptions,
  work: (stage: DaemonStage) => Promise<void> = async () => {},
): Promise<Health | undefined> {
  let health: Health | undefined;
  await onStage(options, async (stage) => {
    await work(stage);
    await stage.untilHealth(() => true);
    health = stage.health.latest;
  });
  return health;
}

/** The store that OpenClaw 2026.8 and later write, last changed `hours` ago. */
async function writeStore({ agentsDir }: Stage, hours: number): Promise<void> {
  const dir = join(agentsDir, 'main', 'agent');
  const path = join(dir, 'openclaw-agent.sqlite');
  const changedAt = new Date(Date.now() - hours * 3_600_000);
  await mkdir(dir, { recursive: true });
  await writeFile(path, 'SQLite format 3\0');
  await utimes(path, changedAt, changedAt);
}

/** A transcript of a day ago. */
async function writeOldTranscript({ agentsDir }: Stage): Promise<void> {
  const path = join(agentsDir, 'main', 'sessions', '00000000-0000-4000-8000-000000000000.jsonl');
  const yesterday = new Date(Date.now() - 24 * 3_600_000);
  await writeFile(path, `${JSON.stringify({ type: 'session', version: 3, timestamp: yesterday.toISOString() })}\n`);
  await utimes(path, yesterday, yesterday);
}

describe.concurrent('a daemon that sees no work is never idle and green', { timeout: 60_000 }, () => {
  it('beside a store that is newer than every transcript', async ({ expect, signal }) => {
    const prepare = async (stage: Stage): Promise<void> => {
      await writeOldTranscript(stage);
      await writeStore(stage, 1);
    };
    const health = await healthOn({ prepare, signal });
    expect(health).toMatchObject({
      status: 'degraded',
      reasons: [{ what: expect.stringMatching(/openclaw-agent\.sqlite is newer.*SOURCE=gateway/) }],
    });
  });

  it('on a directory that is not there', async ({ expect, signal }) => {
    const prepare = ({ agentsDir }: Stage): Promise<void> => rm(agentsDir, { recursive: true });
    const health = await healthOn({ prepare, signal });
    expect(health).toMatchObject({
      status: 'degraded',
      reasons: [{ what: expect.stringMatching(/cannot be listed.*TRANSCRIPT_DIR/) }],
    });
  });

  it('but with nothing to see anywhere it is fine', async ({ expect, signal }) => {
    expect(await healthOn({ signal })).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('and beside an old store it follows transcripts', async ({ expect, signal }) => {
    const prepare = async (stage: Stage): Promise<void> => {
      await writeOldTranscript(stage);
      await writeStore(stage, 48);
    };
    const health = await healthOn({ prepare, signal }, async (stage) => {
      const session = stage.fileSession().begin('please').call('a', 'true').result('a');
      await stage.until(() => stage.posts().length === 1);
      session.answer('Over.');
      await stage.untilRest();
    });
    expect(health).toMatchObject({ status: 'ok', reasons: [] });
  });
});
