import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { isTestFile, readPackages } from './repository.ts';

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
export function findLogLines(root: string): LogLine[] {
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
