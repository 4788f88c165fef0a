import { describe, expect, it } from 'vitest';
import { logLineProblems, logLinesOf } from './check-operations.ts';

const SOURCE = `
log.info({ a: 1 }, 'starting');
this.#options.log.warn({}, 'no room');
options.log?.error({}, \`made \${of} parts\`);
log.debug({}, 'for those who look');
console.error('not the log'); blog.warn({}, 'nor this');
`;

describe('logLinesOf', () => {
  it('finds what operators see, wherever the logger is kept', () => {
    const found = logLinesOf('a.ts', SOURCE).map(({ level, message, line }) => [level, message, line]);
    expect(found).toEqual([
      ['info', 'starting', 2],
      ['warn', 'no room', 3],
      ['error', undefined, 4],
    ]);
  });
});

describe('logLineProblems', () => {
  const table = (...rows: string[]) => ['| level | `msg` | what |', '|---|---|---|', ...rows].join('\n');
  const lines = logLinesOf('a.ts', "log.info({}, 'starting'); log.warn({}, 'no room'); log.warn({}, 'no | pipe');");

  it('finds nothing when every line has its row', () => {
    const text = table('| info | `starting` | nothing |', '| warn | `no room`, `no \\| pipe` | make room |');
    expect(logLineProblems(lines, text)).toEqual([]);
  });

  it('finds lines without a row, rows of another level, rows of lines that are gone, and messages made at run time', () => {
    const text = table('| warn | `starting`, `no room` | x |', '| info | `long ago` | x |');
    expect(logLineProblems([...lines, ...logLinesOf('b.ts', 'log.warn({}, text);')], text)).toEqual([
      'a.ts:1: docs/operations.md has no row for info `starting`',
      'a.ts:1: docs/operations.md has no row for warn `no | pipe`',
      'b.ts:1: logs a message that is not written there',
      'docs/operations.md: nothing logs "warn starting" any more',
      'docs/operations.md: nothing logs "info long ago" any more',
    ]);
  });
});
