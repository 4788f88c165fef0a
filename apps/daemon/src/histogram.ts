/** Upper bounds of the buckets, seconds. */
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** What one series of a histogram has seen. */
interface Series {
  readonly label: string;
  /** Per bound of {@link Histogram.bounds}, and last those above all: how many values. */
  readonly counts: readonly number[];
  readonly sumS: number;
}

/**
 * Durations by a label, counted in buckets. Prometheus' library is loaded when somebody asks for metrics; this counts
 * before that, too.
 */
export class Histogram {
  static readonly bounds: readonly number[] = BOUNDS_S;
  readonly #series = new Map<string, { counts: number[]; sumS: number }>();

  observe(label: string, durationMs: number): void {
    const seconds = Math.max(0, durationMs) / 1_000;
    const series = this.#series.get(label) ?? { counts: Array<number>(BOUNDS_S.length + 1).fill(0), sumS: 0 };
    this.#series.set(label, series);
    const bucket = BOUNDS_S.findIndex((bound) => seconds <= bound);
    const index = bucket === -1 ? BOUNDS_S.length : bucket;
    series.counts[index] = (series.counts[index] ?? 0) + 1;
    series.sumS += seconds;
  }

  series(): readonly Series[] {
    return [...this.#series].map(([label, { counts, sumS }]) => ({ label, counts, sumS }));
  }
}
