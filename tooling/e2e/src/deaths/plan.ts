import { parseScenarioId, readRecording } from '@live-status/fixtures';
import { type GatewayDeath, playedMs, waitIn } from './play-frames.ts';

/** What is played, and when its daemons die. */
export interface PlannedRun {
  readonly source: 'transcripts' | 'gateway';
  /** `2026.7.1/tools`, or the name of a recording of OpenClaw 2026.9.6. */
  readonly name: string;
  readonly deaths: readonly GatewayDeath[];
}

/** Recordings in which most happens: of transcripts those with posts, of gateways those of channels. */
const TRANSCRIPTS = [
  '2026.3.28/tools',
  '2026.3.28/parallel',
  '2026.3.28/subagent',
  '2026.7.1/tools',
  '2026.7.1/parallel',
  '2026.7.1/failing-tools',
  '2026.7.1/subagent',
  '2026.7.1/thread-subagent',
];
/** The recordings of gateways that are played. */
const FRAMES: readonly string[] = [
  'mattermost-channel-tools',
  'plan',
  'background-exit0',
  'spawn-thread',
  'queue-steer',
  'retry-429',
  'compact-in-run',
  'background-exit3',
  'cron-tools',
  'wait-approval-allow',
  'wait-approval-deny',
  'wait-question',
];

/** How many ways there are in which a daemon dies. */
const KINDS = 5;
/** Two deaths of one run are at least so far apart that the daemon between them is at work, milliseconds. */
const APART_MS = 4000;

/** Runs with at least so many deaths by SIGKILL, at random moments and in all kinds of them. */
export function planRuns(
  source: PlannedRun['source'],
  { kills, random }: { readonly kills: number; readonly random: () => number },
): PlannedRun[] {
  const names = source === 'gateway' ? FRAMES : TRANSCRIPTS;
  const runs: PlannedRun[] = [];
  for (let [planned, count] = [0, 0]; planned < kills; count += 1) {
    const name = names[count % names.length] ?? '';
    const deaths = planDeaths(source, { name, first: count + Math.floor(count / names.length), random });
    // One that is told to stop may have ended before it is killed.
    const certain = deaths.filter(({ signal }) => signal === 'SIGKILL');
    planned += certain.reduce((sum, { startingMs }) => sum + (startingMs === undefined ? 1 : 2), 0);
    runs.push({ source, name, deaths });
  }
  return runs;
}

function planDeaths(
  source: PlannedRun['source'],
  { name, first, random }: { readonly name: string; readonly first: number; readonly random: () => number },
): GatewayDeath[] {
  const lengthMs = source === 'gateway' ? playedMs(name) : durationOf(name);
  const wait = source === 'gateway' ? waitIn(name) : undefined;
  const moments = [random() * lengthMs, random() * lengthMs].sort((a, b) => a - b);
  return moments
    .filter((tMs, index) => index === 0 || tMs - (moments[0] ?? 0) > APART_MS)
    .map((moment, index) => {
      const tMs = Math.round(moment);
      const kind = (first + index) % KINDS;
      const downMs = random() < 0.5 ? 0 : Math.round(random() * 1500);
      if (kind === 1) return { tMs, signal: 'SIGKILL', downMs, startingMs: Math.round(random() * 900) };
      if (kind === 2) return { tMs, signal: 'SIGTERM', patienceMs: Math.round(random() * 60), downMs };
      if (kind === 3 && source === 'gateway') {
        return { tMs, signal: 'SIGKILL', downMs, lostBeforeMs: Math.round(random() * 800) };
      }
      if (kind === 4 && wait !== undefined && index === 0) {
        const waitMs = wait.untilMs - wait.fromMs;
        return { tMs: Math.round(wait.fromMs + random() * waitMs), signal: 'SIGKILL', downMs };
      }
      return { tMs, signal: 'SIGKILL', downMs };
    });
}

function durationOf(name: string): number {
  const { version, scenario } = parseScenarioId(name);
  return readRecording(version, scenario).durationMs;
}

/** One line about a run. */
export function describeRun({ source, name, deaths }: PlannedRun): string {
  const moments = deaths.map(({ tMs, signal, patienceMs, downMs = 0, startingMs, lostBeforeMs }) =>
    [
      `${signal === 'SIGTERM' ? `told to stop and killed ${patienceMs} ms later` : 'killed'} at ${tMs} ms`,
      ...(lostBeforeMs === undefined ? [] : [`${lostBeforeMs} ms after the connection was lost`]),
      ...(downMs === 0 ? [] : [`away for ${downMs} ms`]),
      ...(startingMs === undefined ? [] : [`killed again ${startingMs} ms after its start`]),
    ].join(', '),
  );
  return `${source} ${name}: ${moments.join('; ')}`;
}
