import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findExampleProblems } from './check-examples.ts';

describe('findExampleProblems', () => {
  let root = '';
  let dir = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-examples-'));
    dir = join(root, 'packages/tail');
    mkdirSync(join(dir, 'src'), { recursive: true });
    writeFileSync(join(dir, 'src/index.ts'), 'export const answer: number = 42;\n');
    const exports = { '.': { '@live-status/source': './src/index.ts', default: './dist/index.js' } };
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: '@live-status/tail', type: 'module', exports }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function problemsOf(example: string): Promise<string[]> {
    writeFileSync(join(dir, 'README.md'), `# Tail\n\n\`\`\`ts\n${example}\n\`\`\`\n`);
    return findExampleProblems(root);
  }

  const check = (value: number) =>
    `import assert from 'node:assert/strict';\nimport { answer } from '@live-status/tail';\nassert.equal(answer, ${value});`;

  it('runs an example against the sources of its package, and leaves nothing behind', async () => {
    expect(await problemsOf(check(42))).toEqual([]);
    expect(existsSync(join(dir, '.examples'))).toBe(false);
  });

  it('finds an example that throws and shows why', async () => {
    expect(await problemsOf(check(41))).toEqual([expect.stringMatching(/README\.md: example 1 fails.*42 !== 41/s)]);
  });
});
