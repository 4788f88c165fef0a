/** The parts of a run: `npm run check`, `test-unit`, `test-integration` and `test-long` run one each. */
export const PARTS = ['check', 'unit', 'integration', 'long'] as const;
export type Part = (typeof PARTS)[number];

/** What `npm test` runs. */
export const DEFAULT_PARTS: readonly Part[] = ['check', 'unit', 'integration'];

/** What a check gets: the checkout, and a signal that ends it early. */
export interface CheckContext {
  readonly root: string;
  readonly signal: AbortSignal;
}

/** One thing to check. */
export interface Check {
  readonly name: string;
  readonly part: Part;
  /** Names of checks whose results it uses; it runs after them. */
  readonly after?: readonly string[];
  /** Runs alone, because it uses every core by itself or measures real time. */
  readonly alone?: true;
  readonly run: (context: CheckContext) => Promise<CheckResult>;
}

/** How many tests passed, failed and were skipped, and why. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** One line for each skipped test: its name and the reason it gives. */
  readonly skipped: readonly string[];
}

/** What a check answers: its counts, and what to read if something failed. */
export interface CheckResult extends Outcome {
  readonly output: string;
}

/** The counts of several outcomes together. */
export function sumOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

/** The closing line of a test run: `N passed, N failed`, and `, N skipped` when tests were skipped. */
export function closingLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
}
