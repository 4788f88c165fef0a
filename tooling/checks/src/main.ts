import { availableParallelism } from 'node:os';
import { type Check, closingLine, DEFAULT_PARTS, PARTS, type Part, sumOutcomes } from './check.ts';
import { checksOf } from './plan.ts';
import { repositoryRoot } from './repository.ts';
import { runChecks } from './run-checks.ts';

const STILL_RUNNING_MS = 15_000;

const parts = readParts(process.argv.slice(2));
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort(name));

const startedAtMs = new Map<string, number>();
const stillRunning = setInterval(() => {
  for (const [name, startMs] of startedAtMs) say('...', name, performance.now() - startMs);
}, STILL_RUNNING_MS);

const run = runChecks(checksOf(parts), {
  root: repositoryRoot,
  signal: interruption.signal,
  concurrency: Math.max(2, availableParallelism() - 1),
  onStart: ({ name }) => startedAtMs.set(name, performance.now()),
  onEnd: (check, result, elapsedMs) => {
    startedAtMs.delete(check.name);
    if (result.failed > 0) console.log(`\n${result.output}\n`);
    say(result.failed > 0 ? 'FAIL' : 'ok', title(check, result), elapsedMs);
  },
});

try {
  const outcome = sumOutcomes(await run);
  for (const test of outcome.skipped) console.log(`skipped: ${test}`);
  console.log(closingLine(outcome));
  process.exitCode = outcome.failed > 0 ? 1 : 0;
} catch (error) {
  if (!interruption.signal.aborted) console.log(error);
  else console.log(`Interrupted by ${interruption.signal.reason}.`);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
} finally {
  clearInterval(stillRunning);
}

function readParts(args: readonly string[]): readonly Part[] {
  const unknown = args.filter((arg) => !(PARTS as readonly string[]).includes(arg));
  if (unknown.length > 0) {
    console.error(
      `Unknown part: ${unknown.join(', ')}. The parts are ${PARTS.join(', ')}; by default ${DEFAULT_PARTS.join(', ')} run.`,
    );
    process.exit(2);
  }
  return args.length > 0 ? (args as Part[]) : DEFAULT_PARTS;
}

function title(
  { name }: Check,
  { passed, failed, skipped }: { passed: number; failed: number; skipped: readonly string[] },
): string {
  return passed + failed + skipped.length > 1 ? `${name}: ${closingLine({ passed, failed, skipped })}` : name;
}

function say(mark: string, text: string, elapsedMs: number): void {
  console.log(`${mark.padEnd(4)} ${text} (${(elapsedMs / 1000).toFixed(1)} s)`);
}
