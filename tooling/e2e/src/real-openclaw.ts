import { parseArgs } from 'node:util';
import { Conversation } from './real/conversation.ts';
import { findNodeFor } from './real/find-node.ts';
import { openGatewayStage } from './real/gateway-stage.ts';
import { installOpenClaw } from './real/install-openclaw.ts';
import { playInstallation } from './real/installation.ts';
import { type PlayedSituation, playSituation } from './real/judge-situation.ts';
import { type LiveStage, openLiveStage } from './real/live-stage.ts';
import { report } from './real/report.ts';
import { type Situation, situations } from './real/situations.ts';
import { openSecuredStage } from './real-gateway/stage.ts';
import { isGatewayVersion, watchGateway } from './real-gateway/watch-gateway.ts';

const USAGE = `Usage: npm run e2e [-- [--openclaw VERSION] [--only TEXT] [--verbose] [--keep]]
Runs a real OpenClaw gateway from npm with a scripted model and a simulated Mattermost, and Live Status beside it.
  --openclaw VERSION  default: 2026.7.1 and 2026.9.6, and install.sh beside 2026.3.28, too; the first run of a version
                      installs it; from 2026.8 on sessions are followed through the gateway
  --only TEXT         only the first situation and those whose name contains this; installation: only that
  --verbose           prints every post
  --keep              leaves the files of the run for a look; so does a run that finds a problem`;

const VERSION = '2026.7.1';
/** Beside these the situations are played when no version is named: one for each interface of OpenClaw. */
const WATCHED = [VERSION, '2026.9.6'];
/** Beside these `install.sh` is played when no version is named: both ways to enable a hook, and both interfaces. */
const INSTALLED_BESIDE = [...WATCHED, '2026.3.28'];
/** The way of an operator, after the situations. */
const INSTALLATION = 'installation';
/** So many situations go on at once: OpenClaw itself runs four. */
const AT_ONCE = 3;
/** Since this version OpenClaw resumes by itself what a restart cut. */
const FIRST_RESUMING = '2026.6.11';

const { values } = parseArgs({
  options: {
    openclaw: { type: 'string' },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean' },
    keep: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = await main();

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort());
  const { signal } = stopping;
  const beside = (versions: readonly string[]): readonly string[] =>
    values.openclaw === undefined ? versions : [values.openclaw];
  let isFine = true;
  for (const version of values.only === INSTALLATION ? [] : beside(WATCHED)) {
    const look = isGatewayVersion(version) ? watchGateway(version, { ...values, signal }) : watch(version, signal);
    isFine = (await look) && isFine;
  }
  for (const version of INSTALLATION.includes(values.only) ? beside(INSTALLED_BESIDE) : []) {
    if (!signal.aborted) isFine = (await install(version, signal)) && isFine;
  }
  return isFine && !signal.aborted ? 0 : 1;
}

/** The daemon of this checkout beside a gateway. Whether every post was as it must be. */
async function watch(version: string, signal: AbortSignal): Promise<boolean> {
  const openclaw = await installOpenClaw(version);
  const node = await findNodeFor(openclaw, signal);
  let isKept = values.keep === true;
  const stage = await openLiveStage({ openclaw, node, isKept: () => isKept, signal });
  try {
    const resumes = openclaw.version.localeCompare(FIRST_RESUMING, 'en', { numeric: true }) >= 0;
    const played = await playAll(stage, situations({ resumes }).filter(isWanted), signal);
    const problems = played.flatMap((one) => one.problems);
    isKept ||= problems.length > 0 && !signal.aborted;
    report(`OpenClaw ${version}, Live Status without any setting`, played, values.verbose);
    if (isKept) console.log(`The files of this run: ${stage.root}`);
    return problems.length === 0;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** `install.sh` in a HOME with a gateway, and all that follows. Whether everything was as it must be. */
async function install(version: string, signal: AbortSignal): Promise<boolean> {
  const openclaw = await installOpenClaw(version);
  const node = await findNodeFor(openclaw, signal);
  console.log(`install.sh beside OpenClaw ${version}`);
  let isFine = true;
  const keptAt = await playInstallation({
    openclaw,
    node,
    openStage: isGatewayVersion(version) ? openSecuredStage : openGatewayStage,
    // OpenClaw's own command would lose them; without any, install.sh uses it.
    hasComments: version === '2026.3.28',
    isKept: values.keep === true,
    signal,
    onStep: ({ name, problems }) => {
      isFine &&= problems.length === 0;
      console.log(`  ${problems.length === 0 ? 'ok' : '!!'}  ${name}`);
      for (const problem of problems) console.log(problem.replace(/^/gm, '    '));
    },
  });
  if (keptAt !== undefined) console.log(`The files of this run: ${keptAt}`);
  return isFine;
}

/** The first one always: with it the gateway gets ready. */
function isWanted({ name }: Situation, index: number): boolean {
  return index === 0 || name.includes(values.only);
}

async function playAll(stage: LiveStage, todo: Situation[], signal: AbortSignal): Promise<PlayedSituation[]> {
  const played: PlayedSituation[] = [];
  const work = async (queue: Situation[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const talk = new Conversation(stage, next.name.replace(/\W+/g, '-'), signal);
      played.push(await playSituation(next, talk));
      console.log(`  ${played.at(-1)?.problems.length === 0 ? 'ok' : '!!'}  ${next.name}`);
    }
  };
  // In order, with those that may go on at once in between.
  const first = todo.findIndex(({ alone }) => alone !== true);
  const after = todo.findLastIndex(({ alone }) => alone !== true) + 1;
  const together = todo.slice(Math.max(0, first), after);
  await work(todo.slice(0, Math.max(0, first)));
  await Promise.all(Array.from({ length: AT_ONCE }, () => work(together)));
  await work(todo.slice(after));
  return played;
}
