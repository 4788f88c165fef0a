import { parseArgs } from 'node:util';
import { reasonsOf } from '@live-status/stage';
import { faultScenarios, LASTING } from './faults.ts';
import { type FaultScenario, playFault, type Seen, type SeenPost } from './play-fault.ts';

/**
 * Everything that can go wrong with Mattermost, in real time with the real daemon process: what readers and operators
 * saw, as one table. With `--long`, the server is down for a minute, and a revoked token works again after 70 s.
 * With `--lasting`: how long readers wait for what lasts, with the defaults of the daemon, beside what is promised; exit
 * code 1 where a promise is broken or an end is missing. `--verbose`: also what operators saw.
 *
 *     node --conditions=@live-status/source tooling/e2e/src/faults-table.ts [--long | --lasting [--verbose]] [--only hang] [--at-once 4]
 */
const { values } = parseArgs({
  options: {
    long: { type: 'boolean' },
    lasting: { type: 'boolean' },
    verbose: { type: 'boolean' },
    only: { type: 'string' },
    'at-once': { type: 'string', default: '4' },
  },
});
const TIMEOUT_MS = 240_000;
const times = values.long ? { downMs: 60_000, revokedMs: 70_000 } : {};
const all: readonly FaultScenario[] = values.lasting ? LASTING : Object.values(faultScenarios(times));
const scenarios = all.filter(({ name }) => name.includes(values.only ?? ''));
const todo = [...scenarios];
const played = new Map<FaultScenario, Seen>();

await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
const table = scenarios.flatMap((scenario) => {
  const seen = played.get(scenario);
  return seen === undefined ? [] : [{ scenario, seen }];
});
if (values.lasting) {
  console.log(
    '| what lasts | no change for at most | promised | changed after it was over within | promised | ends | /health |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const { scenario, seen } of table) console.log(waits(scenario, seen));
}
if (!values.lasting || values.verbose) {
  console.log('| what goes wrong | readers saw | operators saw in /health | log lines from warn on | requests (429) |');
  console.log('|---|---|---|---|---|');
  for (const { scenario, seen } of table) console.log(row(scenario, seen));
}
const broken = values.lasting ? table.flatMap(({ scenario, seen }) => brokenPromises(scenario, seen)) : [];
for (const problem of broken) console.log(`!! ${problem}`);
process.exitCode = broken.length === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    played.set(next, await playFault(next, AbortSignal.timeout(TIMEOUT_MS)));
  }
}

function waits({ name, limits }: FaultScenario, seen: Seen): string {
  const { unchangedMs, afterMs } = waitsOf(seen);
  const ends = lastPosts(seen).map(({ states }) => states.at(-1) ?? '–');
  const health = unrepeated(seen.health.map(({ status }) => status)).join(' → ');
  const cells = [
    seconds(unchangedMs),
    seconds(limits?.unchangedMs),
    seconds(afterMs),
    seconds(limits?.afterMs),
    counted(ends),
    health,
  ];
  return `| ${[name, ...cells].join(' | ')} |`;
}

function brokenPromises({ name, limits = {} }: FaultScenario, seen: Seen): string[] {
  const { unchangedMs, afterMs = 0 } = waitsOf(seen);
  const lost = lastPosts(seen).filter(({ states }) => states.at(-1) !== 'DONE');
  return [
    ...(unchangedMs > (limits.unchangedMs ?? Infinity) ? [`${name}: no change for ${seconds(unchangedMs)}`] : []),
    ...(afterMs > (limits.afterMs ?? Infinity) ? [`${name}: changed only ${seconds(afterMs)} after it was over`] : []),
    ...lost.map(({ message }) => `${name}: an end is missing: ${message}`),
  ];
}

/** The longest waits of any reader, milliseconds. */
function waitsOf({ posts }: Seen): { readonly unchangedMs: number; readonly afterMs: number | undefined } {
  const after = posts.flatMap((post) => post.afterMs ?? []);
  return {
    unchangedMs: Math.max(0, ...posts.map(({ longestGapMs }) => longestGapMs)),
    afterMs: after.length === 0 ? undefined : Math.max(...after),
  };
}

/** Where a post was continued in others, the last of them. */
function lastPosts({ posts }: Seen): SeenPost[] {
  return posts.filter(({ channelId }, i) => !posts.slice(i + 1).some((later) => later.channelId === channelId));
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1_000).toFixed(1)} s`;
}

function row({ name }: FaultScenario, seen: Seen): string {
  const limited = seen.requests.filter(({ status }) => status === 429).length;
  const health = unrepeated(seen.health.map((one) => [one.status, ...reasonsOf(one)].join(': ')));
  const log = seen.warnings.map(({ msg, reason }) => (reason === undefined ? msg : `${msg}: ${reason}`));
  const cells = [readers(seen), health.join(' → '), counted(log), `${seen.requests.length} (${limited})`];
  return `| ${[name, ...cells].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Posts that lived alike are one entry. */
function readers({ posts }: Seen): string {
  const lives = posts.map(({ states, deleted, rootId }) => {
    const end = deleted ? ['deleted'] : [];
    return [...states, ...end].join(' → ') + (rootId === '' ? '' : ' (in a thread)');
  });
  const edits = posts.map((post) => post.edits);
  const longestS = Math.max(0, ...posts.map(({ longestGapMs }) => longestGapMs)) / 1_000;
  const range = `${Math.min(...edits)}–${Math.max(...edits)} edits`;
  return `${posts.length} posts: ${counted(lives)}; ${range}; unchanged for at most ${longestS.toFixed(1)} s`;
}

function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} x${count}`)).join('; ') || '–';
}

function unrepeated(texts: readonly string[]): string[] {
  return texts.filter((text, i) => text !== texts[i - 1]);
}
