import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runVitest } from './run-vitest.ts';

describe('a vitest run is counted by its own report', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'live-status-checks-'));
    mkdirSync(join(root, 'src'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function outcomeOf(files: Readonly<Record<string, string>>): Promise<unknown> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'src', name), text);
    const { output: _, ...outcome } = await runVitest(['--globals', '--pool=forks', '--root', root], {
      root,
      signal: new AbortController().signal,
    });
    return outcome;
  }

  it('counts passed and failed tests, and a skipped one with its reason', async () => {
    const outcome = await outcomeOf({
      'a.test.js': `
        it('holds', () => {});
        it('breaks', () => { expect(1).toBe(2); });
        it('cannot run here', (context) => context.skip('needs another kernel'));
        it.skip('is left out', () => {});`,
    });
    expect(outcome).toEqual({
      passed: 1,
      failed: 1,
      skipped: ['cannot run here: needs another kernel', 'is left out: no reason given'],
    });
  });

  it('counts a file that cannot be loaded as one failure beside the tests of others', async () => {
    const outcome = await outcomeOf({ 'a.test.js': `it('holds', () => {});`, 'b.test.js': `import './absent.js';` });
    expect(outcome).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it('counts a run as failed that ends in an unhandled rejection although every test passed', async () => {
    const outcome = await outcomeOf({ 'a.test.js': `it('holds', () => { void Promise.reject(new Error('late')); });` });
    expect(outcome).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it('counts a run that dies as failed', async () => {
    const outcome = await outcomeOf({
      'a.test.js': `it('kills its runner', async () => { process.kill(process.ppid, 'SIGKILL'); process.kill(process.pid, 'SIGKILL'); });`,
    });
    expect(outcome).toEqual({ passed: 0, failed: 1, skipped: [] });
  });

  it('counts a run without a single test as failed', async () => {
    expect(await outcomeOf({ 'a.js': '' })).toEqual({ passed: 0, failed: 1, skipped: [] });
  });
});
