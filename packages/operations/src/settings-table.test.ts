import { readFileSync } from 'node:fs';
import { safeParse } from 'valibot';
import { describe, expect, it } from 'vitest';
import { FIXED_DEFAULTS, VARIABLES, type VariableName } from './variables.ts';

/** Rows of the table of settings in the project's README: cells by variable. */
const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const section = README.slice(README.indexOf('\n## Configuration\n'), README.indexOf('\n## Daemon management\n'));
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const names = Object.keys(VARIABLES) as VariableName[];

/** What the check of a variable says of a value that no variable takes: a range, a list, or what else it wants. */
function demandOf(name: VariableName): string {
  const parsed = safeParse(VARIABLES[name], '\0');
  return parsed.success ? '' : parsed.issues[0].message;
}

describe('the table of settings in the README', () => {
  it('has each variable once', () => {
    expect(rows.map(([, name]) => name?.replaceAll('`', '')).sort()).toEqual([...names].sort());
  });

  it.for(names)('says of %s what the program does', (name) => {
    const [, , byDefault = '', values = ''] = rows.find(([, cell]) => cell === `\`${name}\``) ?? [];
    const fixed = FIXED_DEFAULTS[name];
    if (fixed !== undefined) expect(byDefault.replaceAll('`', '')).toBe(fixed);
    else expect(byDefault).not.toBe('');
    const demand = demandOf(name);
    const range = / from (\d+) to (\d+)$/.exec(demand);
    const choices = /^must be one of (.*)$/.exec(demand);
    if (range) expect(values).toBe(`${range[1]} to ${range[2]}`);
    else if (choices) expect(values.replaceAll('`', '')).toBe(choices[1]);
    else expect(values).not.toBe('');
  });
});
