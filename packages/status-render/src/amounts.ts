import type { TokenCount } from '@live-status/session-state';

/** `38s`, `2m 05s`, `1h 02m`. Takes milliseconds; negative counts as 0. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000)) || 0;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`;
}

/** Time that is left, coarse so that it need not be corrected all the time: `45s`, `27m`, `1h`. */
export function formatRemaining(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000)) || 0;
  if (seconds < 60) return `${seconds}s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}

/** `950`, `12.4k`, `3.1M`. */
export function formatCount(count: number): string {
  const short = (value: number): string => value.toFixed(1).replace(/\.0$/, '');
  if (!(count >= 1)) return '0';
  if (count < 1000) return String(Math.round(count));
  if (count < 999_950) return `${short(count / 1000)}k`;
  return `${short(count / 1_000_000)}M`;
}

/** What a box used: input, output and cache writes. Cache reads are cheap, numerous, and counted separately. */
export function countTokens(tokens: TokenCount): number {
  return tokens.input + tokens.output + tokens.cacheWrite;
}

/** `$12.30`, `$0.042`; `undefined` for an unknown, negligible or impossible cost. */
export function formatCost(costUsd: number | undefined): string | undefined {
  if (costUsd === undefined || !(costUsd >= 0.0001 && costUsd < 1e9)) return undefined;
  return `$${costUsd < 0.1 ? Number(costUsd.toPrecision(2)) : costUsd.toFixed(2)}`;
}
