import { parseArgs } from 'node:util';
import { countedTokens, listScenarios, type PostSettings, type ScenarioId } from '@live-status/fixtures';
import { stateOf } from '@live-status/stage';
import { type JudgedRun, judgeRun } from './judged-run.ts';

/**
 * Every recording in real time through the real daemon process, as one table. Exits 1 when one is not as written down.
 *
 *     node --conditions=@live-status/source tooling/e2e/src/table.ts [--no-delay] [--only 2026.7.1/tools] [--at-once 6]
 */
const { values } = parseArgs({
  options: { 'no-delay': { type: 'boolean' }, only: { type: 'string' }, 'at-once': { type: 'string', default: '6' } },
});
const settings: PostSettings = { defaultChannel: true, postDelayMs: values['no-delay'] ? 0 : 1_500 };
const todo = listScenarios().filter((id) => values.only === undefined || name(id).includes(values.only));
const rows = new Map<string, readonly string[]>();
let problems = 0;

await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
console.log(`POST_DELAY_MS=${settings.postDelayMs}, DEFAULT_CHANNEL set, everything else as it comes`);
console.log('| scenario | posts | outcome | lines | tokens | target | edits |\n|---|---|---|---|---|---|---|');
for (const id of listScenarios()) console.log((rows.get(name(id)) ?? []).join('\n'));
process.exitCode = problems === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
    const judged = await judgeRun(id, settings);
    rows.set(name(id), report(judged));
    problems += judged.problems.length;
  }
}

function report({ id, run: { posts }, pieces, problems: found }: JudgedRun): string[] {
  const empty = posts.length === 0 ? [`| ${name(id)} | 0 | – | – | – | – | – |`] : [];
  const shown = posts.map((post, i) => {
    const tokens = pieces[i] === undefined ? '' : countedTokens(pieces[i].tokens);
    const lines = post.message.split('\n').length - 1;
    const target = 'channelId' in post.place ? post.place.channelId : JSON.stringify(post.place);
    return `| ${name(id)} | ${posts.length} | ${stateOf(post.message)} | ${lines} | ${tokens} | ${target} | ${post.versions.length - 1} |`;
  });
  return [...empty, ...shown, ...found.map((problem) => `    !! ${problem}`)];
}

function name({ version, scenario }: ScenarioId): string {
  return `${version}/${scenario}`;
}
