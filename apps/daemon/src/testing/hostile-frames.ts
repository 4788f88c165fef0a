import { createInterpreter } from '@live-status/openclaw-gateway';
import { createFakeClock } from '@live-status/resilience/testing';
import { FrameSession } from '@live-status/simulators/gateway';
import {
  FRAME_KEY,
  type HostileFrame,
  hostileFrame,
  hostileHistory,
  hostileRow,
  type Json,
  writeJson,
} from '@live-status/simulators/hostile';
import fc from 'fast-check';
import { expect } from 'vitest';
import { expectHarmless, type HostileOptions, hostileEnv, leavingOf, postsIn } from './hostile-world.ts';
import { startWorld } from './world.ts';

const MAX_FRAMES = 24;
/** Frames of one run of the property, on average. */
export const FRAMES_A_RUN = 12;
const HONEST = 'honest0000000000000000000';

/** What a gateway sends: before a connection stands, and then. */
export interface HostileGateway {
  readonly rows: readonly Json[];
  readonly history: Json;
  readonly frames: readonly HostileFrame[];
}

/** Frames that no OpenClaw sends. */
export const hostileGateway: fc.Arbitrary<HostileGateway> = fc.record({
  rows: fc.array(hostileRow, { maxLength: 3 }),
  history: hostileHistory,
  frames: fc.array(hostileFrame, { minLength: 2, maxLength: MAX_FRAMES }),
});

/** Plays frames through the whole daemon, and then the work of an honest agent; asserts what holds whatever they say. */
export async function playFrames(given: HostileGateway, options: HostileOptions): Promise<void> {
  const input = [...given.frames.map(({ payload }) => payload), ...given.rows, given.history].map(writeJson).join('\n');
  const world = await startWorld({ env: hostileEnv(options), clock: createFakeClock(Date.now()) });
  const { clock, daemon, source } = world;
  const interpreter = createInterpreter();
  const observe = (seen: Parameters<typeof interpreter.observe>[0]): void => {
    const events = interpreter.observe(seen);
    if (events.length > 0) source.emit(...events);
    interpreter.takeRequests();
  };
  const send = (event: string, payload: unknown): void =>
    observe({ type: 'frame', event, payload: objectOf(payload), at: clock.now() });
  source.attach();
  observe({ type: 'met', bootId: 'b1', at: clock.now() });
  const rows = given.rows.map(parsed);
  const histories = new Map([[FRAME_KEY, parsed(given.history)]]);
  observe({ type: 'caught-up', bootId: 'b1', rows, histories, frames: [], at: clock.now() });
  for (const { event, payload } of given.frames) {
    send(event, parsed(payload));
    await clock.advance(100);
    observe({ type: 'tick', at: clock.now() });
  }
  await clock.advance(5_000);
  observe({ type: 'tick', at: clock.now() });
  const sink = { send };
  const known = new FrameSession(sink, FRAME_KEY, 'own').begin('Go on').call('own-1', 'npm run known');
  const honest = new FrameSession(sink, `agent:main:mattermost:channel:${HONEST}`, 'honest').begin('Test it');
  honest.call('c1', 'npm run honest');
  await clock.advance(1_000);
  expect(postsIn(world, HONEST)).toEqual([expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* .*npm run honest/s)]);
  // A session that is said to be the child of another has no posts of its own.
  if (!/parentSessionKey|spawnedBy/.test(input))
    expect(postsIn(world, 'known00000000000000000000').join('\n')).toContain('npm run known');
  known.answer('Done.');
  honest.result('c1').answer('It works.');
  await clock.advance(5_000);
  observe({ type: 'tick', at: clock.now() });
  await clock.advance(1_000);
  expect(postsIn(world, HONEST)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* .*npm run honest/s)]);
  const leaving = await leavingOf(world);
  const stopped = daemon.stop();
  await clock.advance(20_000);
  await stopped;
  expectHarmless(leaving, input);
}

/** As the client hands it on. */
function parsed(json: Json): Record<string, unknown> {
  return objectOf(JSON.parse(writeJson(json)));
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
