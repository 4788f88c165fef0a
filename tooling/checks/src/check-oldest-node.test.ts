import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOldestNodeProblems } from './check-oldest-node.ts';

const USING = 'const a = 1;\nawait using file = await open();\n';

describe('findOldestNodeProblems', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-oldest-node-'));
    write('package.json', JSON.stringify({ name: '@live-status/tail', exports: { '.': './src/index.ts' } }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    const file = join(root, 'packages/tail', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  function problemsWith(files: Readonly<Record<string, string>>): string[] {
    for (const [path, text] of Object.entries(files)) write(path, text);
    return findOldestNodeProblems(root);
  }

  it('finds it in a program, in an export that tests import too, and in what they import', () => {
    const problems = problemsWith({
      'src/index.ts': `export * from './file.ts';`,
      'src/index.test.ts': `import './index.ts';`,
      'src/file.ts': USING,
      'src/main.ts': USING.replace('await using', 'using'),
    });
    expect(problems).toEqual([
      expect.stringMatching(/^packages\/tail\/src\/main\.ts:2: `using` does not run on Node 22: close in `finally`/),
      expect.stringMatching(/^packages\/tail\/src\/file\.ts:2: `await using` does not run/),
    ]);
  });

  it('finds a missing global, once in a file', () => {
    expect(problemsWith({ 'src/index.ts': 'new AsyncDisposableStack();\nnew AsyncDisposableStack();' })).toEqual([
      'packages/tail/src/index.ts:1: `AsyncDisposableStack` does not run on Node 22: use a LifecycleScope',
    ]);
  });

  it('finds it in an example of a README', () => {
    expect(problemsWith({ 'README.md': `# Tail\n\n\`\`\`ts\n${USING}\`\`\`\n` })).toEqual([
      expect.stringContaining('packages/tail/README.md:2: `await using`'),
    ]);
  });

  it('leaves tests and what only they import alone, and words that are no code', () => {
    const problems = problemsWith({
      'src/index.ts': '/** Close it, or declare it `await using`. */\nexport const using = 1;',
      'src/stage.ts': USING,
      'src/stage.test.ts': `import './stage.ts';\n${USING}`,
      'src/testing/reader.ts': USING,
    });
    expect(problems).toEqual([]);
  });
});
