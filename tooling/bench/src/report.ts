import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Figure } from './benchmark.ts';

/** What the figures of a run depend on. */
export interface Machine {
  readonly at: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Versions of the peers. */
  readonly peers: Readonly<Record<string, string>>;
}

/** What one benchmark measured. */
export interface BenchmarkResult {
  readonly benchmark: string;
  readonly description: string;
  /** Load average of a minute, before and after. A load above the number of cores makes figures worthless. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly seconds: number;
  readonly figures: readonly Figure[];
}

/** A whole run, as `--json` writes it. */
export interface Report {
  readonly machine: Machine;
  /** Shorter rounds than the documents are made of. */
  readonly quick: boolean;
  readonly results: readonly BenchmarkResult[];
}

const PEERS = ['@logdna/tail-file', '@mattermost/client', 'chokidar', 'split2', 'tail', 'undici'] as const;
const START = '<!-- bench: made by "npm run bench -- --docs" -->';
const END = '<!-- bench: end -->';

/** The machine this runs on. */
export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    at: new Date().toISOString().slice(0, 16).replace('T', ' '),
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    peers: Object.fromEntries(PEERS.map((name) => [name, versionOf(name)])),
  };
}

/** The version of a peer that is installed. */
export function versionOf(peer: (typeof PEERS)[number]): string {
  const file = new URL(`../node_modules/${peer}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** Load average of the last minute. */
export function load(): number {
  return Math.round((loadavg()[0] ?? Number.NaN) * 10) / 10;
}

/** A report in Markdown: the machine, then a section for each benchmark. */
export function toMarkdown({ machine, quick, results }: Report): string {
  const peers = Object.entries(machine.peers).map(([name, version]) => `${name} ${version}`);
  const head = [
    `Measured ${machine.at} UTC on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, ` +
      `Node ${machine.node}; peers ${peers.join(', ')}.`,
    ...(quick ? ['Quick run: too short to compare with other runs.'] : []),
  ];
  return [...head, ...results.flatMap(sectionOf)].join('\n');
}

function sectionOf({ benchmark, description, loadBefore, loadAfter, seconds, figures }: BenchmarkResult): string[] {
  const rows = figures.map(({ what, subject, unit, samples }) => {
    const { median, min, max, p99 } = summarize(samples);
    const range = samples.length > 1 ? `${number(min)} – ${number(max)}` : '–';
    const cells = [what, subject, `${number(median)} ${unit}`, range, p99 === undefined ? '–' : number(p99)];
    return `| ${[...cells, String(samples.length)].join(' | ')} |`;
  });
  return [
    ...['', `### ${benchmark}`, ''],
    `${capitalized(description)}. Load ${loadBefore} → ${loadAfter}, ${seconds} s.`,
    ...['', '| what | of | median | range | p99 | samples |', '|---|---|---|---|---|---|'],
    ...rows,
  ];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * A document with the part between its markers replaced.
 * @throws {Error} when it has no markers
 */
export function withGeneratedPart(document: string, markdown: string): string {
  const [start, end] = [document.indexOf(START), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`The document has no lines ${START} and ${END}: add them`);
  return `${document.slice(0, start + START.length)}\n${markdown}\n${document.slice(end)}`;
}

interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Only of 100 samples and more. */
  readonly p99: number | undefined;
}

/** Median, range and 99th percentile of samples; `NaN` when there are none. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const below = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return {
    median: below(0.5),
    min: below(0),
    max: below(1),
    p99: sorted.length >= 100 ? below(0.99) : undefined,
  };
}

/** At most three significant digits below 100, whole numbers from there on. */
function number(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return String(Number(value.toPrecision(3)));
}
