import type { Reporter, TestCase } from 'vitest/node';

/** Vitest reporter that adds the reason of `context.skip(reason)` to the test's meta data, which the JSON report keeps. */
class SkipReasonReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === 'skipped' && result.note) Object.assign(test.meta(), { skipReason: result.note });
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default SkipReasonReporter;
