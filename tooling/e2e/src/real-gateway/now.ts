/** Milliseconds since the epoch, finer than whole ones: one clock for what is compared. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
