import type { Latencies } from './post-watch.ts';
import type { Sample } from './sampler.ts';
import type { Verdict } from './verdict.ts';

/** What a soak found. */
export interface SoakReport {
  readonly source: string;
  readonly seed: number;
  readonly minutes: number;
  readonly warmUpMinutes: number;
  readonly samples: readonly Sample[];
  readonly verdicts: readonly Verdict[];
  readonly latencies: Latencies;
  /** How pieces of work ended. */
  readonly ends: ReadonlyMap<string, number>;
  /** What went wrong with the surroundings, and how often. */
  readonly troubles: ReadonlyMap<string, number>;
  readonly edits: number;
  readonly oldFiles: number;
  /** Posts that were not as they must be; of very many only the first. */
  readonly problems: readonly string[];
  readonly problemCount: number;
  /** Lines of the log of level error. */
  readonly errors: readonly string[];
}

/** Whether nothing rises, every post was right and nothing was logged as an error. */
export function isGood({ verdicts, problemCount, errors }: SoakReport): boolean {
  return problemCount === 0 && errors.length === 0 && verdicts.every(({ says }) => says !== 'rises');
}

/** A report in Markdown. */
export function toMarkdown(report: SoakReport): string {
  const { samples, latencies, minutes, warmUpMinutes, ends, problems, problemCount, errors } = report;
  const loads = samples.map(({ load }) => load);
  const works = [...ends.values()].reduce((sum, count) => sum + count, 0);
  const { heapMb, fullCollections, logKb, ownRssMb } = samples.at(-1) ?? {};
  return [
    `Source ${report.source}, seed ${report.seed}, ${number(minutes)} minutes, Node ${process.versions.node}, load ${range(loads)}.`,
    `${works} pieces of work (${counts(ends)}), ${report.edits} edits, ${report.oldFiles} old transcripts at the end.`,
    `Troubles: ${counts(report.troubles)}.`,
    `From a call to the post that shows it, ${latencies.count} of them while nothing was wrong: ` +
      `p50 ${number(latencies.p50)} ms, p99 ${number(latencies.p99)} ms, longest ${number(latencies.max)} ms.`,
    `Log ${number(((logKb ?? 0) / minutes) * 60)} KB an hour; ${fullCollections} full garbage collections, ` +
      `${heapMb ?? '–'} MB live after the last; the simulators beside it ended with ${ownRssMb} MB.`,
    '',
    `| from minute ${number(warmUpMinutes)} on | first | last | slope an hour (95 %) | limit | |`,
    '|---|---|---|---|---|---|',
    ...report.verdicts.map(row),
    '',
    problemCount === 0
      ? `Every one of the ${works} pieces of work has one post with its true end.`
      : `${problemCount} posts were wrong:`,
    ...problems.map((problem) => `- ${problem}`),
    ...errors.map((error) => `- logged as an error: ${error}`),
  ].join('\n');
}

function row({ limit, first, last, trend, says }: Verdict): string {
  const unit = limit.unit === '' ? '' : ` ${limit.unit}`;
  const slope = trend === undefined ? '–' : `${signed(trend.slope)} ± ${number(trend.margin)}${unit}`;
  const cells = [
    limit.name,
    `${number(first)}${unit}`,
    `${number(last)}${unit}`,
    slope,
    `${limit.perHour}${unit}`,
    says,
  ];
  return `| ${cells.join(' | ')} |`;
}

function counts(map: ReadonlyMap<string, number>): string {
  return [...map].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

function range(values: readonly number[]): string {
  return `${number(Math.min(...values))} to ${number(Math.max(...values))}`;
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
