import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { programVersion } from '@live-status/daemon-control/program-version';
import { createSimulator, type Post, type Simulator } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OperatorHome, ROOT } from './testing/operator-home.ts';

/** Commits before the present one: far enough back for formats to differ, near enough to be built with what npm still has. */
const AGE = 40;
const POLL_MS = 20;

let home: OperatorHome;
let sim: Simulator;

beforeEach(async () => {
  sim = await createSimulator();
  const mattermost = { baseUrl: sim.url, botToken: sim.bot.token };
  home = new OperatorHome(JSON.stringify({ channels: { mattermost } }));
});
afterEach(async () => {
  await home.close();
  await sim.close();
});

/** A checkout of an earlier commit; `undefined` where the history is not there, as in a shallow clone. */
function checkOutEarlier(): string | undefined {
  const checkout = join(home.outside, 'earlier');
  try {
    const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' });
    const commit = git('-C', ROOT, 'rev-parse', '--verify', `HEAD~${AGE}`).trim();
    git('clone', '--quiet', '--shared', '--no-checkout', ROOT, checkout);
    git('-C', checkout, 'checkout', '--quiet', '--detach', commit);
    return checkout;
  } catch {
    return undefined;
  }
}

const posts = (): readonly Post[] => sim.posts().filter(({ user_id }) => user_id === sim.bot.user.id);
const shown = (): readonly string[] => posts().map(({ message }) => message);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(POLL_MS);
}

it('goes on with the open posts of a daemon that an earlier checkout installed', async ({ skip }) => {
  const earlier = checkOutEarlier();
  if (earlier === undefined) return skip(`the commit ${AGE} before this one is not there`);
  const installed = await home.bash(join(earlier, 'install.sh'));
  expect(installed.exitCode, installed.output).toBe(0);
  const env = { POST_DELAY_MS: '0', THROTTLE_MS: '100', SOURCE: 'jsonl' };
  const started = await home.run(home.program('live-status-daemon'), ['start'], env);
  expect(started.exitCode, started.output).toBe(0);
  const before = /started with pid (\d+)/.exec(started.output)?.[1];

  const agent = createScriptedAgent(join(home.openclawDir, 'agents'));
  const [going, ending] = [0, 1].map((index) => {
    const { id } = sim.addChannel({ teamId: sim.team.id, name: `room-${index}` });
    sim.join(sim.bot.user.id, [id]);
    return channelSession(agent, id).begin('go').call(`step ${index}`);
  });
  await until(() => shown().filter((text) => text.includes('[ACTIVE]')).length === 2);
  const ids = posts().map(({ id }) => id);
  const ledger = join(home.openclawDir, 'live-status', 'ledger.json');
  await until(() => ids.every((id) => readFileSync(ledger, 'utf8').includes(id)));

  // While the programs are replaced, one session ends and the other goes on.
  const upgrade = home.install();
  ending?.result('step 1').answer('over');
  going?.result('step 0').call('a second step');
  const upgraded = await upgrade;
  expect(upgraded.exitCode, upgraded.output).toBe(0);
  const after = /started with pid (\d+)/.exec(upgraded.output)?.[1];
  expect(after, upgraded.output).toBeDefined();
  expect(after).not.toBe(before);
  expect(upgraded.output).toContain(`to ${programVersion(join(ROOT, 'apps', 'daemon'))}: ${home.prefix}`);

  await until(() => shown().some((text) => text.includes('[DONE]')));
  await until(() => shown().some((text) => text.includes('[ACTIVE]') && text.includes('a second step')));
  going?.result('a second step').answer('over, too');
  await until(() => shown().every((text) => text.includes('[DONE]')));
  expect(posts().map(({ id }) => id)).toEqual(ids);
  expect(shown().find((text) => text.includes('a second step'))).toMatch(/step 0[\s\S]*a second step/);
  expect(shown().find((text) => !text.includes('a second step'))).toContain('step 1');
  const status = await home.run(home.program('live-status-daemon'), ['status'], env);
  expect(status.output).toContain(`pid ${after}`);
}, 900_000);
