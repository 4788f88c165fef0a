/**
 * Why a box is no longer shown.
 * - `deleted`: a person deleted its post. `archived`: its channel was archived.
 * - `forbidden`: the account lost (or never had) the permission. `no-target`: its target does not exist.
 * - `untyped`: it has no post, and the server does not keep the type of posts, so that none may be made.
 */
export type StopReason = 'deleted' | 'archived' | 'forbidden' | 'no-target' | 'untyped';

const STOP_REASONS: readonly string[] = [
  'deleted',
  'archived',
  'forbidden',
  'no-target',
  'untyped',
] satisfies StopReason[];

/** Whether a value read back from a file is a {@link StopReason}. */
export function isStopReason(value: unknown): value is StopReason {
  return typeof value === 'string' && STOP_REASONS.includes(value);
}
