import { parseArgs } from 'node:util';
import { seededRandom } from '@live-status/simulators/random';
import { type JudgedDeaths, judgeDeaths } from './judge-deaths.ts';
import { describeRun, type PlannedRun, planRuns } from './plan.ts';

/**
 * Kills the daemon process at random moments of recordings of both sources: at work, during its start, while it stops,
 * after its connection was lost, and while a person is waited for. After each death: one post per box with the true end,
 * never less than was shown before, no edit without a change. Exits 1 when a run is not as it must be.
 *
 *     node --conditions=@live-status/source tooling/e2e/src/deaths/main.ts --kills 100 --seed 1 [--at-once 6] [--source gateway] [--only NAME]
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '6' },
    source: { type: 'string' },
    only: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});
const random = seededRandom(Number(values.seed));
const kills = Number(values.kills);
const todo = (['transcripts', 'gateway'] as const)
  .flatMap((source) => planRuns(source, { kills, random }))
  .filter(({ source, name }) => (values.source ?? source) === source && (values.only ?? name) === name);
const total = todo.length;
const killed = { transcripts: 0, gateway: 0 };
let bad = 0;

await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
console.log(
  `${total} runs, ${total - bad} right, ${bad} wrong; killed: ${killed.transcripts} daemons that read transcripts, ` +
    `${killed.gateway} that followed a gateway (seed ${values.seed})`,
);
process.exitCode = bad === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const judged = await judgeDeaths(next).catch((error: unknown): JudgedDeaths => {
      return { posts: [], exits: [], output: '', problems: [String(error)] };
    });
    killed[next.source] += judged.exits.filter(({ signal }) => signal === 'SIGKILL').length;
    report(next, judged);
    if (judged.problems.length > 0) bad += 1;
  }
}

function report(run: PlannedRun, { posts, problems, output }: JudgedDeaths): void {
  const edits = posts.map((post) => post.versions.length - 1).join(', ');
  console.log(`${describeRun(run)}: ${posts.length} post(s), ${edits} edits`);
  for (const problem of problems) console.log(`    !! ${problem}`);
  if (problems.length === 0 || values.verbose !== true) return;
  for (const { versions } of posts) for (const { atMs, message } of versions) console.log(`    ${atMs} ms\n${message}`);
  console.log(output);
}
