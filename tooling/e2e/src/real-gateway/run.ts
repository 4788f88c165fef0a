import { loadavg } from 'node:os';
import { Conversation } from '../real/conversation.ts';
import type { GatewayStageOptions } from '../real/gateway-stage.ts';
import { type PlayedSituation, playSituation } from '../real/judge-situation.ts';
import { type Latencies, latenciesOf } from './latency.ts';
import { type Answer, tryToWrite } from './least-privilege.ts';
import { marks } from './plays.ts';
import { type GatewaySituation, gatewaySituations } from './situations.ts';
import { type OperatedStage, openOperatedStage } from './stage.ts';

/** What to play, and how. */
export interface GatewayRunOptions extends GatewayStageOptions {
  /** Situations whose name contains this, and the first one. */
  readonly only: string;
  /** Told after each situation. */
  readonly onPlayed: (played: PlayedSituation) => void;
}

/** Everything that was seen of a gateway of OpenClaw 2026.9. */
export interface GatewayRun {
  /** Where its files are, or were. */
  readonly root: string;
  readonly played: readonly PlayedSituation[];
  /** Lines about latency and rights, for people. */
  readonly lines: readonly string[];
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** So many conversations are measured at once: together they stay below the budget of edits. */
const MEASURED = 2;

/**
 * Plays every situation beside a real gateway of OpenClaw 2026.9, one after the other, whatever became of the ones
 * before; then measures, and tries to write with the rights of Live Status.
 */
export async function runBesideGateway(options: GatewayRunOptions): Promise<GatewayRun> {
  const { only, onPlayed, signal } = options;
  const stage = await openOperatedStage(options);
  try {
    const played: PlayedSituation[] = [];
    for (const [index, situation] of gatewaySituations().entries()) {
      if (signal.aborted || (index > 0 && !situation.name.includes(only))) continue;
      const one = await playSituation(situation, conversation(stage, situation, signal));
      if (!stage.gateway.isRunning) await stage.gateway.start();
      played.push(one);
      onPlayed(one);
    }
    const rights = await judged('rights', () => tryToWrite(stage).then(rightsOf));
    const figures = 'latency'.includes(only) ? await judged('latency', () => measure(stage, signal)) : NOTHING;
    const more = [figures, rights];
    return {
      root: stage.root,
      played,
      lines: more.flatMap(({ lines, problems }) => [...lines, ...problems.map((problem) => `    !! ${problem}`)]),
      problems: [...played.flatMap(({ problems }) => problems), ...more.flatMap(({ problems }) => problems)],
    };
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** What was found out besides the situations. */
type Finding = Pick<GatewayRun, 'lines' | 'problems'>;

const NOTHING: Finding = { lines: [], problems: [] };

async function judged(what: string, look: () => Promise<Finding>): Promise<Finding> {
  return look().catch((error: unknown) => {
    const problem = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    return { lines: [], problems: [problem] };
  });
}

function conversation(
  stage: OperatedStage,
  { name, isDirect }: GatewaySituation,
  signal: AbortSignal,
): Conversation<OperatedStage> {
  const { simulator, person } = stage;
  const direct = isDirect && simulator.addDirectChannel([person.id, simulator.bot.user.id]).id;
  return new Conversation(stage, name.replace(/\W+/g, '-'), signal, direct);
}

async function measure(stage: OperatedStage, signal: AbortSignal): Promise<Finding> {
  const talks = Array.from({ length: MEASURED }, (_, i) => new Conversation(stage, `marks-${i}`, signal));
  const [load = Number.NaN] = loadavg();
  await Promise.all(talks.map(marks));
  await Promise.all(talks.map((talk) => talk.rest()));
  const ids = talks.map(({ channelId }) => channelId);
  const { begins, ends, unseen }: Latencies = latenciesOf(ids, { ...stage, frames: stage.operator.frames });
  const head = ['| gateway event → edit, ms | n | p50 | p99 | max |', '|---|---|---|---|---|'];
  const lines = [...head, row('a call begins', begins), row('a call ends', ends), `load average ${load.toFixed(1)}`];
  return { lines, problems: unseen === 0 ? [] : [`latency: ${unseen} events were never shown`] };
}

function row(name: string, values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(1);
  return `| ${name} | ${sorted.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`;
}

function rightsOf(answers: readonly Answer[]): Finding {
  return {
    lines: ['| with the device token of Live Status alone | answer of the gateway |', '|---|---|'].concat(
      answers.map(({ what, answer }) => `| ${what} | ${answer} |`),
    ),
    problems: answers.flatMap(({ what, answer, isAsItMustBe }) => (isAsItMustBe ? [] : [`${what}: ${answer}`])),
  };
}
