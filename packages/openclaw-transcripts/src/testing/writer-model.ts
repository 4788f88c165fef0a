import { modelSize } from '@live-status/resilience/testing';
import fc from 'fast-check';
import type { DiskWriter, WriterStep, WrittenSession } from './disk-writer.ts';
import { ObservedWriter } from './observed-writer.ts';

const ROOM = 'agent:main:mattermost:channel:town';
const OPS = 'agent:ops:mattermost:channel:ops';

const run = fc.record({
  session: fc.nat(1),
  end: fc.constantFrom('done', 'done', 'error', 'aborted', 'interrupted'),
  calls: fc.integer({ min: 1, max: 3 }),
  callMs: fc.constantFrom(0, 700, 1_500),
  pauseMs: fc.constantFrom(1_800, 4_000, 9_000),
});

type Disturbance = (writer: DiskWriter, session: WrittenSession) => () => void;

const copies =
  (kind: Parameters<DiskWriter['copyTranscript']>[1]): Disturbance =>
  (writer, session) =>
  () =>
    writer.copyTranscript(session, kind);
const clockAt =
  (ms: number): Disturbance =>
  (writer) =>
  () => {
    writer.clockMs = ms;
  };

/** What happens beside the sessions, or to the clock. */
const DISTURBANCES = {
  'copy agent': (writer, session) => () => writer.copyAgent(session.agentId),
  copy: copies('copy'),
  '(1)': copies('(1)'),
  bak: copies('bak'),
  part: copies('part'),
  other: copies('other'),
  'link agent': (writer, session) => () => writer.link(session, 'agent'),
  'link transcript': (writer, session) => () => writer.link(session, 'transcript'),
  litter: (writer, session) => () => writer.litter(session),
  rewrite: (writer, session) => () => writer.rewrite(session),
  repair: (writer, session) => () => writer.repair(session),
  'clock ahead': clockAt(1_800_000),
  'clock behind': clockAt(-1_800_000),
  'clock right': clockAt(0),
} satisfies Readonly<Record<string, Disturbance>>;

const noise = fc.record({
  /** Where in the whole time, thousandths. */
  at: fc.nat(1_000),
  session: fc.nat(1),
  what: fc.constantFrom(...(Object.keys(DISTURBANCES) as (keyof typeof DISTURBANCES)[])),
});

/** A gateway that works, and what happens beside it. */
const scenario = fc.record({
  runs: fc.array(run, { minLength: 1, maxLength: 4 }),
  noise: fc.array(noise, { maxLength: 8 }),
  /** Between two runs, the transcript is succeeded by another, or the session gets another id. */
  between: fc.array(fc.constantFrom('nothing', 'nothing', 'succeed', 'change id'), { minLength: 4, maxLength: 4 }),
  serverMs: fc.constantFrom(0, 0, -240_000, 240_000),
  /** Whether the source learns of every change at once, or scans by its timers. */
  events: fc.boolean(),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Plays a scenario. Returns in what the posts differ from the runs that were written. */
async function playScenario(played: Scenario): Promise<readonly string[]> {
  await using observed = new ObservedWriter({ events: played.events });
  const { writer } = observed;
  writer.serverMs = played.serverMs;
  const sessions = [writer.session(ROOM, 'main'), writer.session(OPS, 'ops')];
  const steps = writeSteps(writer, sessions, played);
  await observed.start();
  await observed.play(steps);
  await observed.settle();
  // OpenClaw flags an abort for 0.3 s. Scans that miss it cannot tell it from a process that stopped.
  const asSeen = (run: string): string => (played.events ? run : run.replace(/ aborted:/, ' interrupted:'));
  return differences(observed.posts.map(asSeen), observed.written.map(asSeen));
}

function writeSteps(writer: DiskWriter, sessions: readonly WrittenSession[], played: Scenario): readonly WriterStep[] {
  const steps: WriterStep[] = [];
  let atMs = 1_000;
  for (const [index, { session: which, pauseMs, ...run }] of played.runs.entries()) {
    const session = sessions[which];
    if (session === undefined) continue;
    // Only locks show that a run was cut. Timed scans have to meet one, and its absence before the next message.
    const isSlow = run.end === 'interrupted' && !played.events;
    const callMs = isSlow ? 6_900 : run.callMs;
    atMs = writer.run(session, { ...run, callMs, atMs }, steps) + (isSlow ? 9_000 : pauseMs);
    const between = played.between[index];
    const changeMs = atMs - 700;
    if (between === 'succeed') steps.push({ atMs: changeMs, write: () => writer.succeed(session) });
    if (between === 'change id') steps.push({ atMs: changeMs, write: () => writer.changeId(session) });
  }
  for (const { at, session: which, what } of played.noise) {
    const session = sessions[which];
    if (session === undefined) continue;
    steps.push({ atMs: (atMs * at) / 1_000, write: DISTURBANCES[what](writer, session) });
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function differences(shown: readonly string[], written: readonly string[]): readonly string[] {
  return [
    ...shown.filter((post) => !written.includes(post)).map((post) => `shown, but not written: ${post}`),
    ...written.filter((run) => !shown.includes(run)).map((run) => `written, but not shown: ${run}`),
    ...shown.filter((post, index) => shown.indexOf(post) !== index).map((post) => `shown twice: ${post}`),
  ];
}

/** Checks scenarios: as many, from the seed, as {@link modelSize} says. */
export function checkScenarios(defaultRuns: number): { readonly name: string; readonly check: () => Promise<void> } {
  const { numRuns, seed, name } = modelSize(defaultRuns);
  const property = fc.asyncProperty(scenario, async (played) => {
    const wrong = await playScenario(played);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  return { name, check: () => fc.assert(property, { numRuns, seed }) };
}
