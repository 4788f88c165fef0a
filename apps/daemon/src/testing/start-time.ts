import { readFileSync } from 'node:fs';

/** When this process started, in clock ticks since boot (field 22 of its stat); undefined where there is no `/proc`. */
export function readStartTimeTicks(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
