import { parseArgs } from 'node:util';
import { playInstallation } from './real/installation.ts';
import { findNodeFor, installOpenClaw } from './real/openclaw.ts';
import { watch } from './real/watch.ts';
import { watchSetUps } from './real/watch-set-ups.ts';

const USAGE = `Usage: npm run e2e [-- [--openclaw VERSION] [--only TEXT] [--verbose] [--keep]]
Runs a real OpenClaw gateway from npm with a scripted model and a simulated Mattermost, and Live Status beside it.
  --openclaw VERSION  default: 2026.7.1 and 2026.9.6, and install.sh beside 2026.3.28, too; the first run of a version
                      installs it; from 2026.8 on sessions are followed through the gateway
  --only TEXT         only the first situation and those whose name contains this, or one of several TEXT|TEXT;
                      installation: only that
  --verbose           prints every post
  --keep              keeps the files of the run; so does a run that finds a problem`;

const VERSION = '2026.7.1';
/** Beside these the situations are played when no version is named: one for each interface of OpenClaw. */
const WATCHED = [VERSION, '2026.9.6'];
/** Beside these `install.sh` is played when no version is named: both ways to enable a hook, and both interfaces. */
const INSTALLED_BESIDE = [...WATCHED, '2026.3.28'];
/** The way of an operator, after the situations. */
const INSTALLATION = 'installation';
/** Other ways to configure OpenClaw, after the situations. */
const SET_UP = 'set-up';
/** Beside these they are played when no version is named: one for each interface of OpenClaw. */
const CONFIGURED = WATCHED;

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
  const isAlone = values.only === INSTALLATION || values.only.startsWith(SET_UP);
  for (const version of isAlone ? [] : beside(WATCHED)) {
    isFine = (await watch(version, { ...values, signal })) && isFine;
  }
  for (const version of beside(CONFIGURED)) {
    if (!signal.aborted) isFine = (await watchSetUps(version, { ...values, signal })) && isFine;
  }
  for (const version of INSTALLATION.includes(values.only) ? beside(INSTALLED_BESIDE) : []) {
    if (!signal.aborted) isFine = (await install(version, signal)) && isFine;
  }
  return isFine && !signal.aborted ? 0 : 1;
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
