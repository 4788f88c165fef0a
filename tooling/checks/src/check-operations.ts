import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLogLines, type LogLine } from './log-lines.ts';
import { readMarkdown } from './markdown.ts';

const DOCUMENT = 'docs/operations.md';
const METRICS = 'apps/daemon/src/metrics.ts';

/** Packages that log sentences made at run time; the document describes these by how they begin. */
const WRITERS_OF_SENTENCES: readonly string[] = ['packages/openclaw-gateway/', 'packages/openclaw-transcripts/'];

/** Log lines and metrics that operators may meet and the document does not explain, or explains though they are gone. */
export function findOperationsProblems(root: string): string[] {
  const text = readFileSync(join(root, DOCUMENT), 'utf8');
  const metrics = readFileSync(join(root, METRICS), 'utf8').match(/\blive_status_\w+/g) ?? [];
  return [...logLineProblems(findLogLines(root), text), ...metricProblems(metrics, text)];
}

/** Compares lines with the tables of a document that have a column `msg`. */
export function logLineProblems(lines: readonly LogLine[], text: string): string[] {
  const documented = documentedMessages(text);
  const logged = new Set(lines.map(({ level, message }) => `${level} ${message}`));
  const missing = lines.flatMap(({ level, message, file, line }) => {
    if (message === undefined) {
      return WRITERS_OF_SENTENCES.some((path) => file.startsWith(path))
        ? []
        : [`${file}:${line}: logs a message that is not written there`];
    }
    return documented.has(`${level} ${message}`)
      ? []
      : [`${file}:${line}: ${DOCUMENT} has no row for ${level} \`${message}\``];
  });
  const gone = [...documented].filter((row) => !logged.has(row));
  return [...missing, ...gone.map((row) => `${DOCUMENT}: nothing logs "${row}" any more`)];
}

function metricProblems(metrics: readonly string[], text: string): string[] {
  const documented = new Set(text.match(/\blive_status_\w+/g) ?? []);
  const missing = metrics.filter((name) => !documented.has(name));
  const gone = [...documented].filter((name) => !metrics.includes(name));
  return [
    ...missing.map((name) => `${METRICS}: ${DOCUMENT} does not explain ${name}`),
    ...gone.map((name) => `${DOCUMENT}: there is no metric ${name}`),
  ];
}

/** `<level> <message>` for every message in code marks of the second column. */
function documentedMessages(text: string): Set<string> {
  const tables = readMarkdown(text).tables.filter(({ header }) => header[0] === 'level' && header[1] === '`msg`');
  const rows = tables.flatMap((table) => table.rows);
  return new Set(
    rows.flatMap(([level = '', messages = '']) =>
      [...messages.matchAll(/`([^`]+)`/g)].map(([, message]) => `${level} ${message}`),
    ),
  );
}
