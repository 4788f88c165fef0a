import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckResult } from './outcome.ts';
import { runProgram } from './program.ts';
import { repositoryRoot } from './repository.ts';
import { readVitestReport } from './vitest-report.ts';

const SKIP_REASONS = join(import.meta.dirname, 'skip-reason-reporter.ts');

/** The long tests take tens of minutes on a slow machine; nothing takes longer than this unless it hangs. */
const TIMEOUT_MS = 40 * 60_000;

/** Runs vitest below a folder and takes the counts from its own report. */
export async function runVitest(
  args: readonly string[],
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
): Promise<CheckResult> {
  const reportDir = mkdtempSync(join(tmpdir(), 'live-status-report-'));
  const report = join(reportDir, 'report.json');
  const reporters = [
    '--reporter=default',
    `--reporter=${SKIP_REASONS}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  try {
    const program = join(repositoryRoot, 'node_modules/.bin/vitest');
    const { exitCode, output } = await runProgram(program, ['run', ...args, ...reporters], {
      cwd: root,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    return { ...readVitestReport(report, { exitCode }), output };
  } finally {
    rmSync(reportDir, { recursive: true, force: true });
  }
}
