import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { busy, manySessions } from './busy.ts';
import { coldStart } from './cold-start.ts';
import { edits } from './edits.ts';
import { fold } from './fold.ts';
import { frameLatency } from './frame-latency.ts';
import { gateway } from './gateway.ts';
import { heap } from './heap.ts';
import { latency } from './latency.ts';
import { patch } from './patch.ts';
import { type BenchmarkResult, describeMachine, load, type Report, toMarkdown, withGeneratedPart } from './report.ts';
import { idle, startup } from './startup.ts';

const BENCHMARKS: readonly Benchmark[] = [
  latency,
  frameLatency,
  fold,
  patch,
  edits,
  startup,
  idle,
  coldStart,
  busy,
  manySessions,
  heap,
  gateway,
];

const USAGE = `Usage: npm run bench [-- [--list] [--quick] [--json FILE] [--docs] [NAME ...]]
Measures Live Status beside peers and prints a Markdown table. Without names, every benchmark runs (15 minutes).
  --list       the names, with one line each
  --quick      shorter rounds, to check a change
  --json FILE  also write every sample to FILE
  --docs       also replace the figures in docs/performance.md: a full run on a machine that does nothing else`;

const DOCUMENT = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url));

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'string' },
      docs: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return say(USAGE);
  if (values.list)
    return say(BENCHMARKS.map(({ name, description }) => `${name.padEnd(14)} ${description}`).join('\n'));
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}; npm run bench -- --list shows them.\n`);
    return 2;
  }
  if (values.docs && (values.quick || positionals.length > 0)) {
    process.stderr.write('--docs needs a full run: leave out --quick and the names.\n');
    return 2;
  }
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const report = await measure(chosen, values.quick ?? false);
  const markdown = toMarkdown(report);
  say(markdown);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.docs) writeFileSync(DOCUMENT, withGeneratedPart(readFileSync(DOCUMENT, 'utf8'), markdown));
  return 0;
}

async function measure(benchmarks: readonly Benchmark[], quick: boolean): Promise<Report> {
  const machine = describeMachine();
  const results: BenchmarkResult[] = [];
  for (const { name, description, run } of benchmarks) {
    const [loadBefore, startedAt] = [load(), performance.now()];
    const note = (line: string): boolean => process.stderr.write(`[bench] ${name}: ${line}\n`);
    note('starts');
    const figures = await run({ quick, say: note });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    results.push({ benchmark: name, description, loadBefore, loadAfter: load(), seconds, figures });
  }
  return { machine, quick, results };
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(isUsage ? `${(error as Error).message}\n${USAGE}\n` : `${(error as Error).stack}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
