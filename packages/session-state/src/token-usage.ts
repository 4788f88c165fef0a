import type { TokenCount } from './box.ts';
import type { Usage } from './event.ts';

/** Model calls that are remembered one by one, because a rewrite may retract them; older ones become one sum. */
const REMEMBERED_CALLS = 16;

/** Tokens of one model call, or the sum of several. */
interface CallUsage {
  /** Empty for a sum. */
  readonly entryId: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly costUsd: number;
}

/** What the model calls of one run cost. */
export class TokenUsage {
  #calls: CallUsage[] = [];

  /** Adds one model call. */
  add({ entryId, input, output, cacheRead, cacheWrite, costUsd = 0 }: Usage): void {
    this.#calls.push({ entryId, input, output, cacheRead, cacheWrite, costUsd });
    const excess = this.#calls.length - REMEMBERED_CALLS;
    if (excess > 0) this.#calls = [sum(this.#calls.slice(0, excess + 1)), ...this.#calls.slice(excess + 1)];
  }

  /** Takes back the calls of removed entries. */
  retract(entryIds: ReadonlySet<string>): void {
    this.#calls = this.#calls.filter((call) => !entryIds.has(call.entryId));
  }

  /** The total over several runs. */
  static total(usages: readonly TokenUsage[]): TokenCount {
    const { entryId: _, costUsd, ...tokens } = sum(usages.flatMap((usage) => usage.#calls));
    return costUsd > 0 ? { ...tokens, costUsd } : tokens;
  }
}

function sum(calls: readonly CallUsage[]): CallUsage {
  const total = { entryId: '', input: 0, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0 };
  for (const call of calls) {
    total.input += call.input;
    total.output += call.output;
    total.cacheRead += call.cacheRead;
    total.cacheWrite += call.cacheWrite;
    total.costUsd += call.costUsd;
  }
  return total;
}
