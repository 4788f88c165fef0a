import { describe, expect, it } from 'vitest';
import { messages, Story, startWorld } from './testing/world.ts';

const MINUTE = 60_000;

/** A process that was stopped (SIGSTOP, a laptop that was shut, a paused container): its clock went on, its timers did not. */
describe('a daemon that was stopped', () => {
  it.for([1, 12, 25])('for %i min brings its post up to date by one edit, and goes on', async (minutes) => {
    const world = await startWorld();
    world.source.attach();
    await world.clock.advance(100);
    const story = new Story(world).begin('r').call('r', 'a', 'npm ci');
    await world.clock.advance(45_000);
    const before = world.server.edits.length;
    world.clock.skip(minutes * MINUTE);
    story.result('r', 'a').call('r', 'b', 'npm test');
    await world.clock.advance(3_000);
    expect(world.server.edits.length - before).toBeLessThanOrEqual(2);
    expect(messages(world)).toEqual([
      expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* \| \d+m[\s\S]*npm ci` \[OK\][\s\S]*npm test` \.\.\./),
    ]);
    story.result('r', 'b').end('r');
    await world.clock.advance(5_000);
    expect(messages(world)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* \| \d+m/)]);
    const states = world.server.edits.map(({ message }) => /\[(\w+)\]/.exec(message)?.[1]);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(['ACTIVE', 'DONE']);
    expect(world.server.edits.length - before).toBeLessThanOrEqual(4);
    expect(world.daemon.report().boxes).toEqual({ active: 0, waiting: 0, posted: 0 });
  });

  it('shows nothing new when nothing has happened but time', async () => {
    const world = await startWorld();
    world.source.attach();
    await world.clock.advance(100);
    new Story(world).begin('r').call('r', 'a', 'npm ci');
    await world.clock.advance(45_000);
    const before = world.server.edits.length;
    world.clock.skip(20 * MINUTE);
    await world.clock.advance(10_000);
    // A single heartbeat, and not those of the time that was missed.
    expect(world.server.edits.length - before).toBe(1);
    await world.clock.advance(MINUTE);
    expect(world.server.edits.length - before).toBeLessThanOrEqual(3);
  });

  it('sends no burst of requests for many posts', async () => {
    const world = await startWorld();
    world.source.attach();
    await world.clock.advance(100);
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`);
    const stories = names.map((name) =>
      new Story(world, `agent:main:mattermost:channel:${name}`)
        .begin(name, {
          kind: 'mattermost',
          channelId: name,
        })
        .call(name, 'a', 'npm ci'),
    );
    await world.clock.advance(20_000);
    expect(messages(world)).toHaveLength(12);
    const before = world.server.edits.length;
    world.clock.skip(15 * MINUTE);
    for (const [index, story] of stories.entries())
      story.result(names[index] ?? '', 'a').call(names[index] ?? '', 'b', 'npm test');
    await world.clock.advance(900);
    // The rate of four a second and its burst.
    expect(world.server.edits.length - before).toBeLessThanOrEqual(8);
    await world.clock.advance(10_000);
    expect(messages(world).every((message) => message.includes('npm test'))).toBe(true);
    expect(messages(world)).toHaveLength(12);
  });
});
