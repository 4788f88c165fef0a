import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { readMarkdown } from './markdown.ts';
import { isTestFile, readPackages } from './repository.ts';

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

/** A place in the sources that writes a line to the log of the daemon. */
export interface LogLine {
  readonly level: Level;
  /** The message as it is written in the source; `undefined` when it is made at run time. */
  readonly message: string | undefined;
  /** From the root. */
  readonly file: string;
  readonly line: number;
}

/** Levels that operators see: `debug` and `trace` are for those who look for something. */
const LEVELS = ['info', 'warn', 'error', 'fatal'] as const;
type Level = (typeof LEVELS)[number];

/** Every line that the sources of packages and programs log, in the order of files. */
function findLogLines(root: string): LogLine[] {
  return readPackages(root)
    .filter(({ kind }) => kind !== 'tooling')
    .flatMap(({ path, dir }) =>
      globSync('src/**/*.ts', { cwd: dir })
        .filter((file) => !isTestFile(file) && !file.includes('/testing/'))
        .sort()
        .flatMap((file) => logLinesOf(join(path, file), readFileSync(join(dir, file), 'utf8'))),
    );
}

/** The calls `….log.<level>(fields, message)` of a source. */
export function logLinesOf(file: string, source: string): LogLine[] {
  const lines: LogLine[] = [];
  new Visitor({
    CallExpression({ callee, arguments: args, start }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      const level = LEVELS.find((name) => callee.property.type === 'Identifier' && name === callee.property.name);
      const logger = source.slice(callee.object.start, callee.object.end);
      if (level === undefined || !/(^|[.#])log\)*$/.test(logger)) return;
      const message = args.at(-1);
      const text = message?.type === 'Literal' && typeof message.value === 'string' ? message.value : undefined;
      lines.push({ level, message: text, file, line: source.slice(0, start).split('\n').length });
    },
  }).visit(parseSync(file, source).program);
  return lines;
}
