import type { TokenCount } from './box.ts';
import type { Usage } from './event.ts';

/** Model calls that are remembered one by one, because a rewrite may retract them; older ones become one sum. */
const REMEMBERED_CALLS = 16;

type Tokens = Omit<TokenCount, 'costUsd'> & { readonly costUsd: number };
type Sum = { -readonly [K in keyof Tokens]: Tokens[K] };

/** Tokens of one model call. */
interface CallUsage extends Tokens {
  readonly entryId: string;
}

/** What the model calls of one run cost. */
export class TokenUsage {
  readonly #calls: CallUsage[] = [];
  /** The calls that are not remembered one by one. */
  #older: Sum | undefined;

  /** Adds one model call. */
  add({ entryId, input, output, cacheRead, cacheWrite, costUsd = 0 }: Usage): void {
    this.#calls.push({ entryId, input, output, cacheRead, cacheWrite, costUsd });
    if (this.#calls.length <= REMEMBERED_CALLS) return;
    const oldest = this.#calls.shift();
    this.#older ??= nothing();
    if (oldest !== undefined) addTo(this.#older, oldest);
  }

  /** Takes back the calls of removed entries. */
  retract(entryIds: ReadonlySet<string>): void {
    const left = this.#calls.filter((call) => !entryIds.has(call.entryId));
    this.#calls.splice(0, this.#calls.length, ...left);
  }

  /** The total over several runs. */
  static total(usages: readonly TokenUsage[]): TokenCount {
    const total = nothing();
    for (const usage of usages) {
      if (usage.#older !== undefined) addTo(total, usage.#older);
      for (const call of usage.#calls) addTo(total, call);
    }
    const { costUsd, ...tokens } = total;
    return costUsd > 0 ? { ...tokens, costUsd } : tokens;
  }
}

function nothing(): Sum {
  return { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0 };
}

function addTo(sum: Sum, tokens: Tokens): void {
  sum.input += tokens.input;
  sum.output += tokens.output;
  sum.cacheRead += tokens.cacheRead;
  sum.cacheWrite += tokens.cacheWrite;
  sum.costUsd += tokens.costUsd;
}
