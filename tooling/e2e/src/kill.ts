import { parseArgs } from 'node:util';
import { parseScenarioId, readRecording } from '@live-status/fixtures';
import { judgeRun } from './judged-run.ts';

/**
 * Kills the daemon with SIGKILL at random moments of recordings, one kill a run, and starts it again: one post per box,
 * with the true final content, never less than was shown before. Exits 1 when a run is not as it must be.
 *
 *     node --conditions=@live-status/source tooling/e2e/src/kill.ts --kills 20 --seed 1 [--at-once 6] [SCENARIO …]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '6' },
  },
});
const DEFAULT_SCENARIOS = ['2026.3.28/tools', '2026.3.28/subagent', '2026.7.1/tools', '2026.7.1/subagent'];
const scenarios = (positionals.length > 0 ? positionals : DEFAULT_SCENARIOS).map(parseScenarioId);
const random = randomFrom(Number(values.seed));
const todo = scenarios.flatMap((id) => {
  const { durationMs } = readRecording(id.version, id.scenario);
  return Array.from({ length: Number(values.kills) }, () => ({ id, tMs: Math.round(random() * durationMs) }));
});
const total = todo.length;
let bad = 0;

await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
console.log(`${total} runs, ${total - bad} right, ${bad} wrong (seed ${values.seed})`);
process.exitCode = bad === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const { id, tMs } = next;
    const { run, problems } = await judgeRun(id, {}, { deaths: [{ tMs, signal: 'SIGKILL' }] });
    const edits = run.posts.map((post) => post.versions.length - 1).join(', ');
    console.log(`${id.version}/${id.scenario} killed at ${tMs} ms: ${run.posts.length} post(s), ${edits} edits`);
    for (const problem of problems) console.log(`    !! ${problem}`);
    if (problems.length > 0) bad += 1;
  }
}

/** A small seeded generator (mulberry32), so that a run can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
