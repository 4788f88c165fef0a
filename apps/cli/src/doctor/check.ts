/** What one check found. */
export interface CheckResult {
  /** What was checked, one to three words. */
  readonly name: string;
  /** `warn`: it works, but not as well as it could. */
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found; never a secret. */
  readonly found: string;
  /** What to do about it; always set for `warn` and `fail`. */
  readonly fix?: string;
}

/** Nothing to do. */
export function ok(name: string, found: string): CheckResult {
  return { name, state: 'ok', found };
}

/** It works, but not as well as it could. */
export function warn(name: string, found: string, fix: string): CheckResult {
  return { name, state: 'warn', found, fix };
}

/** It does not work. */
export function fail(name: string, found: string, fix: string): CheckResult {
  return { name, state: 'fail', found, fix };
}
