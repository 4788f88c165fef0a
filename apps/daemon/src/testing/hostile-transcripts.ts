import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTranscriptSource, type TranscriptSource } from '@live-status/openclaw-transcripts';
import { createFakeClock } from '@live-status/resilience/testing';
import { catalog, type Json, lockText, transcriptLine, writeJson } from '@live-status/simulators/hostile';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import fc from 'fast-check';
import { expect } from 'vitest';
import { chosenSource } from '../daemon-source.ts';
import {
  expectHarmless,
  type HostileOptions,
  hostileEnv,
  leavingOf,
  OUTSIDE,
  postsIn,
  TestFolder,
} from './hostile-world.ts';
import { OpenedPaths } from './opened-paths.ts';
import { startWorld } from './world.ts';

const HONEST = 'honest0000000000000000000';
const KNOWN = 'known00000000000000000000';
const SESSIONS = ['first', 'second'] as const;
/** Lines of a session in one run of the property at most; there are two lists of them. */
const MAX_LINES = 16;
/** Lines of one run of the property, on average. */
export const LINES_A_RUN = 16;

/** What stands in the files of an agent, and in the transcript of a session that a catalog knows. */
export interface HostileFiles {
  readonly lines: readonly Uint8Array[];
  readonly known: readonly Uint8Array[];
  readonly catalog: Json | string;
  readonly lock: string;
}

const OUTSIDE_NAMES = ['../../../outside/canary.jsonl', '/dev/zero', '/etc/passwd'];

/** Files that no OpenClaw writes. */
export const hostileFiles: fc.Arbitrary<HostileFiles> = fc.record({
  lines: fc.array(transcriptLine, { minLength: 2, maxLength: MAX_LINES }),
  known: fc.array(transcriptLine, { minLength: 2, maxLength: MAX_LINES }),
  catalog: catalog(SESSIONS, OUTSIDE_NAMES),
  lock: lockText,
});

/** Plays files through the whole daemon, and then the work of an honest agent; asserts what holds whatever they say. */
export async function playFiles(files: HostileFiles, options: HostileOptions): Promise<void> {
  using folder = new TestFolder();
  const agentsDir = folder.make('agents');
  plantCanaries(folder);
  const dir = folder.make('agents', 'main', 'sessions');
  const honest = createScriptedAgent(agentsDir, 'honest');
  const known = channelSession(createScriptedAgent(agentsDir, 'known'), KNOWN);
  known.begin('Go on');
  writeFiles(dir, files, 0);
  using opened = new OpenedPaths();
  let source: TranscriptSource | undefined;
  const world = await startWorld({
    env: hostileEnv(options),
    clock: createFakeClock(Date.now()),
    createSource: (clock, log, resumeTokens) => {
      source = createTranscriptSource({ transcriptDir: agentsDir, watch: false, clock, log, resumeTokens });
      return chosenSource(source, { source: 'jsonl', why: 'SOURCE is jsonl' });
    },
  });
  const { clock, daemon } = world;
  const pass = async (): Promise<void> => {
    await Promise.race([source?.pass(), daemon.ended]);
    await clock.advance(300);
  };
  await pass();
  for (const half of [0, 1]) {
    writeFiles(dir, files, half);
    appendLines(known.path, halfOf(files.known, half));
    await pass();
    await clock.advance(2_000);
  }
  known.answer('Done with that.');
  await pass();
  const session = channelSession(honest, HONEST).begin('Test it').call('c1', 'npm run honest');
  known.begin('And now this').call('known-1', 'npm run known');
  await pass();
  expect(postsIn(world, HONEST)).toEqual([expect.stringMatching(/^\*\*\[ACTIVE\] main\*\* .*npm run honest/s)]);
  expect(postsIn(world, KNOWN).at(-1)).toMatch(/^\*\*\[ACTIVE\] main\*\* .*npm run known/s);
  session.result('c1').answer('It works.');
  await pass();
  await clock.advance(5_000);
  await pass();
  expect(postsIn(world, HONEST)).toEqual([expect.stringMatching(/^\*\*\[DONE\] main\*\* .*npm run honest/s)]);
  const leaving = await leavingOf(world);
  const stopped = daemon.stop();
  await clock.advance(20_000);
  await stopped;
  const input = [...files.lines, ...files.known].map((line) => Buffer.from(line).toString('utf8'));
  expectHarmless(leaving, [...input, catalogText(files), files.lock].join('\n'));
  expect(opened.outside(agentsDir)).toEqual([]);
}

/** Work whose texts must never be seen: it is outside of what is followed. */
function plantCanaries(folder: TestFolder): void {
  const dir = folder.make('outside');
  const entry = { type: 'message', id: 'canary', parentId: null, timestamp: new Date().toISOString() };
  const header = { type: 'session', version: 3, id: 'canary', timestamp: new Date().toISOString(), cwd: '/' };
  const call = { type: 'toolCall', id: 'c', name: 'exec', arguments: { command: `echo ${OUTSIDE}` } };
  const message = { role: 'assistant', content: [call], stopReason: 'toolUse' };
  writeFileSync(join(dir, 'canary.jsonl'), `${JSON.stringify(header)}\n${JSON.stringify({ ...entry, message })}\n`);
}

function writeFiles(dir: string, files: HostileFiles, half: number): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'sessions.json'), catalogText(files));
  for (const [index, name] of SESSIONS.entries()) {
    writeFileSync(join(dir, `${name}.jsonl.lock`), files.lock);
    const lines = files.lines.filter((_, at) => at % SESSIONS.length === index);
    appendLines(join(dir, `${name}.jsonl`), halfOf(lines, half));
  }
}

function catalogText({ catalog: given }: HostileFiles): string {
  return typeof given === 'string' ? given : writeJson(given);
}

function halfOf(lines: readonly Uint8Array[], half: number): readonly Uint8Array[] {
  const middle = Math.ceil(lines.length / 2);
  return half === 0 ? lines.slice(0, middle) : lines.slice(middle);
}

function appendLines(path: string, lines: readonly Uint8Array[]): void {
  appendFileSync(path, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));
}
