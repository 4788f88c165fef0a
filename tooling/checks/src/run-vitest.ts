import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckResult, Outcome } from './check.ts';
import { runProgram } from './program.ts';
import { repositoryRoot } from './repository.ts';

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

/** The part of vitest's JSON report that is read. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta?: { readonly skipReason?: string };
    }[];
  }[];
}

/**
 * The outcome of a vitest run from its JSON report and exit code. A file that could not be loaded counts as a failed test; so does a run that
 * left no report, found no test, or failed although no test did (a crash, an unhandled rejection).
 */
function readVitestReport(file: string, { exitCode }: { readonly exitCode: number }): Outcome {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [] };
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const brokenFiles = testResults.filter((result) => {
    return result.status === 'failed' && !result.assertionResults.some(({ status }) => status === 'failed');
  });
  const passed = count('passed');
  const failed = count('failed') + brokenFiles.length;
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const unexplained = failed === 0 && (exitCode !== 0 || passed + skipped.length === 0) ? 1 : 0;
  return {
    passed,
    failed: failed + unexplained,
    skipped: skipped.map(({ fullName, meta }) => `${fullName}: ${meta?.skipReason ?? 'no reason given'}`),
  };
}
