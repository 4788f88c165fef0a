import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODEL = readFileSync(`${ROOT}docs/threat-model.md`, 'utf8');
const FILES = globSync('{packages,apps,tooling}/*/src/**/*.ts', { cwd: ROOT });

interface Proof {
  /** As the document names it: enough of the end of a path. */
  readonly file: string;
  /** Names of tests in it, with `…` for what is left out. */
  readonly tests: readonly string[];
}

/** The proofs of a cell: files in backticks, each followed by the names of tests in italics. */
function proofsIn(cell: string): readonly Proof[] {
  return [...cell.matchAll(/`([\w./-]+\.ts)`((?:(?!`[\w./-]+\.ts`).)*)/g)].map(([, file = '', after = '']) => ({
    file,
    tests: [...after.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, name = '']) => name),
  }));
}

const rows = MODEL.split('\n').filter((line) => line.startsWith('| ') && line.split(' | ').length === 3);
const proofs = rows.flatMap((row) => proofsIn(row.split(' | ')[2] ?? ''));

describe('the threat model', () => {
  it('names tests', () => expect(proofs.length).toBeGreaterThan(40));

  it.for(proofs)('names what there is: $file $tests', ({ file, tests }) => {
    const found = FILES.filter((path) => path === file || path.endsWith(`/${file}`));
    expect(found).toHaveLength(1);
    const text = readFileSync(ROOT + found[0], 'utf8');
    for (const name of tests) {
      const pieces = name.split('…').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
      expect(text).toMatch(new RegExp(pieces.join('.*')));
    }
  });
});
