import { createFakeClock } from '@live-status/resilience/testing';
import { FakeGateway } from '@live-status/simulators/gateway';
import { createSimulator } from '@live-status/simulators/mattermost';
import { describe, expect, it } from 'vitest';
import { COMPANY_SIMULATOR, Company } from './company.ts';
import { Pace } from './pace.ts';
import { SCENES } from './scenes.ts';

const LONGEST_MS = 90_000;

/** Plays a scene without a daemon, in no time. */
async function tell(scene: (typeof SCENES)[number]) {
  const clock = createFakeClock();
  await using simulator = await createSimulator({ ...COMPANY_SIMULATOR, clock });
  await using gateway = await FakeGateway.listen();
  const pace = new Pace({ clock, signal: new AbortController().signal });
  const company = new Company({ simulator, gateway, pace });
  const startedAt = clock.now();
  let tookMs: number | undefined;
  void scene.play(company).then(() => {
    tookMs = clock.now() - startedAt;
  });
  for (let ms = 0; ms < LONGEST_MS; ms += 100) {
    await clock.advance(100);
    // A daemon would connect again by itself.
    if (gateway.reception === 'open') gateway.connects.push({});
  }
  const posts = simulator.posts().map((post) => ({ ...post, afterMs: post.create_at - startedAt }));
  return { company, posts, tookMs };
}

describe.each(SCENES)('the scene of $name', (scene) => {
  it('is over within 90 seconds, and all its work has ended', async () => {
    const { company, tookMs } = await tell(scene);
    expect(tookMs).toBeLessThan(LONGEST_MS);
    expect(company.works.map(({ outcome }) => outcome?.state)).not.toContain(undefined);
  });

  it('says at once what it is, and begins within a second', async () => {
    const { company, posts } = await tell(scene);
    const [note, request] = posts;
    expect(note).toMatchObject({ channel_id: company.shopTeam.id, afterMs: 0 });
    expect(note?.message).toMatch(/demo/);
    expect(request?.afterMs).toBeLessThanOrEqual(1_000);
    for (const { header } of [company.shopTeam, company.design, company.operations, company.nightlyJobs]) {
      expect(header).toContain('nothing here is real');
    }
  });
});
