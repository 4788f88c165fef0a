import { existsSync, readFileSync } from 'node:fs';
import type { Outcome } from './outcome.ts';

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
export function readVitestReport(file: string, { exitCode }: { readonly exitCode: number }): Outcome {
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
