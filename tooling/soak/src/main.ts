import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isGood, toMarkdown } from './report.ts';
import type { Sample } from './sampler.ts';
import { soak } from './soak.ts';

const USAGE = `Usage: npm run soak [-- OPTION ...]
Lets a daemon process follow busy agents while Mattermost and the gateway fail now and then, and shows whether memory,
handles and latency stay flat. Prints a line for each sample, at the end a Markdown table. Ctrl-C ends it early, with the
table; a second one at once. Exit code 1 if something rises, if a post is wrong, or if the daemon logged an error.
  --minutes N | --hours N  how long; default 35 minutes
  --source NAME            jsonl (default) or gateway
  --sessions N             busy at the same time; default 20
  --warm-up N              minutes that are not judged; default 5
  --every N                seconds between two samples; default 10
  --seed N                 of what the agents do and what goes wrong; default 1
  --keep-files N           archived transcripts on disk; default 500
  --samples FILE           also writes each sample to FILE, a line of JSON each`;

const OPTIONS = {
  minutes: { type: 'string' },
  hours: { type: 'string' },
  source: { type: 'string', default: 'jsonl' },
  sessions: { type: 'string', default: '20' },
  'warm-up': { type: 'string', default: '5' },
  every: { type: 'string', default: '10' },
  seed: { type: 'string', default: '1' },
  'keep-files': { type: 'string', default: '500' },
  samples: { type: 'string' },
  help: { type: 'boolean' },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { source, samples } = values;
  if (source !== 'jsonl' && source !== 'gateway') throw new UsageError('--source must be jsonl or gateway');
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      process.stderr.write('[soak] ends: waits for the posts of the work that was begun\n');
      stopping.abort();
    });
  }
  if (samples !== undefined) writeFileSync(samples, '');
  const report = await soak({
    source,
    minutes:
      values.hours === undefined ? positive('minutes', values.minutes ?? '35') : positive('hours', values.hours) * 60,
    warmUpMinutes: Number(values['warm-up']),
    sessions: positive('sessions', values.sessions),
    seed: Number(values.seed),
    sampleS: positive('every', values.every),
    troubles: { restMs: [40_000, 80_000], scale: 1 },
    keepFiles: positive('keep-files', values['keep-files']),
    onSample: (sample) => {
      process.stderr.write(`${lineOf(sample)}\n`);
      if (samples !== undefined) appendFileSync(samples, `${JSON.stringify(sample)}\n`);
    },
    signal: stopping.signal,
  });
  process.stdout.write(`${toMarkdown(report)}\n`);
  return isGood(report) ? 0 : 1;
}

class UsageError extends Error {}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new UsageError(`--${name} must be a number above 0, not ${text}`);
}

function lineOf({ minute, isCalm, ...sample }: Sample): string {
  const { rssMb, heapMb, openFiles, timers, cpuPercent, stateKb, p50Ms, p99Ms, editsPerS, boxesActive, load } = sample;
  return (
    `${minute.toFixed(1).padStart(6)} min | RSS ${rssMb} MB, heap ${heapMb ?? '–'} MB | ${openFiles} files, ${timers} timers | ` +
    `CPU ${cpuPercent} % | state ${stateKb} KB | p50 ${p50Ms ?? '–'} ms, p99 ${p99Ms ?? '–'} ms | ${editsPerS} edits/s, ` +
    `${boxesActive} boxes | load ${load}${isCalm ? '' : ' | trouble'}`
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  process.stderr.write(isUsage ? `${(error as Error).message}\n${USAGE}\n` : `${(error as Error).stack}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
