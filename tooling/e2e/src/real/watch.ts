import { Conversation } from './conversation.ts';
import { type Finding, type PlayedSituation, playSituation } from './judge-situation.ts';
import { measureLatency } from './latency.ts';
import { judgeRights } from './least-privilege.ts';
import { findNodeFor, installOpenClaw, isGatewayVersion } from './openclaw.ts';
import { type Situation, situationsOf } from './situations.ts';
import { openWatchedStage, type WatchedStage } from './stage.ts';
import { trafficTable } from './traffic.ts';
import { judgeTypedPosts } from './typed-posts.ts';

/** How to run and to report. */
export interface WatchOptions {
  /** Only situations whose name contains this, or one of several between `|`, and the first one: with it the gateway gets ready. */
  readonly only: string;
  /** Prints every post. */
  readonly verbose?: boolean;
  /** Leaves the files of the run; a run that finds a problem leaves them anyway. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
}

/** So many situations go on at once: OpenClaw itself runs four. */
const AT_ONCE = 3;

/**
 * Plays every situation beside a real gateway of this version of OpenClaw, and prints what was seen. From 2026.8 on one
 * after the other, followed by figures and an attempt to write with the rights of Live Status. Resolves with whether everything was right.
 */
export async function watch(version: string, { only, verbose, keep = false, signal }: WatchOptions): Promise<boolean> {
  const openclaw = await installOpenClaw(version);
  const node = await findNodeFor(openclaw, signal);
  const isGateway = isGatewayVersion(version);
  let isKept = keep;
  const todo = situationsOf(version).filter(
    ({ name }, index) => index === 0 || only.split('|').some((one) => name.includes(one)),
  );
  const agentsIn = new Map(todo.flatMap(({ name, agent }) => (agent === undefined ? [] : [[channelOf(name), agent]])));
  const stage = await openWatchedStage({ openclaw, node, agentsIn, isKept: () => isKept, signal });
  try {
    const played = await playAll(stage, todo, { atOnce: isGateway ? 1 : AT_ONCE, signal });
    const typed = await judged('typed posts', () => judgeTypedPosts(stage, signal));
    const findings = [typed, ...(isGateway ? await findOut(stage, { only, signal }) : [])];
    const problems = [...played, ...findings].flatMap((one) => one.problems);
    isKept ||= problems.length > 0 && !signal.aborted;
    report(`OpenClaw ${version}, Live Status without any setting`, played, verbose);
    for (const line of trafficTable(played)) console.log(line);
    for (const one of findings) for (const line of [...one.lines, ...one.problems.map(marked)]) console.log(line);
    if (isKept) console.log(`The files of this run: ${stage.root}`);
    return problems.length === 0;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** In order, with those that may go on at once in between. */
async function playAll(
  stage: WatchedStage,
  todo: readonly Situation[],
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
): Promise<PlayedSituation[]> {
  const played: PlayedSituation[] = [];
  const work = async (queue: Situation[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const one = await playSituation(next, conversation(stage, next, signal));
      if ((next.alone || atOnce === 1) && !stage.gateway.isRunning) await stage.gateway.start();
      played.push(one);
      console.log(`  ${one.problems.length === 0 ? 'ok' : '!!'}  ${next.name}`);
    }
  };
  const first = Math.max(
    0,
    todo.findIndex(({ alone }) => alone !== true),
  );
  const after = todo.findLastIndex(({ alone }) => alone !== true) + 1;
  const together = todo.slice(first, after);
  await work(todo.slice(0, first));
  await Promise.all(Array.from({ length: atOnce }, () => work(together)));
  await work(todo.slice(Math.max(first, after)));
  return played;
}

function conversation(stage: WatchedStage, { name, isDirect }: Situation, signal: AbortSignal): Conversation {
  const { simulator, person } = stage;
  const direct = isDirect === true && simulator.addDirectChannel([person.id, simulator.bot.user.id]).id;
  const channelId = direct || stage.channels.get(channelOf(name));
  return new Conversation(stage, { name: channelOf(name), channelId, signal });
}

function channelOf(situation: string): string {
  return situation.replace(/\W+/g, '-');
}

async function findOut(
  stage: WatchedStage,
  { only, signal }: { readonly only: string; readonly signal: AbortSignal },
): Promise<Finding[]> {
  const rights = await judged('rights', () => judgeRights(stage));
  return 'latency'.includes(only) ? [await judged('latency', () => measureLatency(stage, signal)), rights] : [rights];
}

async function judged(what: string, find: () => Promise<Finding>): Promise<Finding> {
  return find().catch((error: unknown) => {
    const problem = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    return { lines: [], problems: [problem] };
  });
}

/** Prints a table of what was played; the posts, too, of what is not as it must be, or of all. */
function report(title: string, played: readonly PlayedSituation[], isVerbose: boolean = false): void {
  console.log(title);
  console.log('| situation | posts | outcome | edits | latency ms |\n|---|---|---|---|---|');
  for (const { name, posts, outcome, edits, latencyMs, problems, messages } of played) {
    const latency = Number.isNaN(latencyMs) ? '–' : Math.round(latencyMs);
    console.log(`| ${name} | ${posts} | ${outcome} | ${edits} | ${latency} |`);
    for (const problem of problems) console.log(marked(problem));
    if (isVerbose || problems.length > 0) for (const message of messages) console.log(message.replace(/^/gm, '    '));
  }
}

function marked(problem: string): string {
  return `    !! ${problem}`;
}
