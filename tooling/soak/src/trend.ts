/** One measurement: when, in hours, and what. */
export interface Point {
  readonly hours: number;
  readonly value: number;
}

/** A line through measurements. */
export interface Trend {
  /** Change per hour. */
  readonly slope: number;
  /** Half the width of the 95 % confidence interval of the slope. */
  readonly margin: number;
}

/** 97.5th percentile of the normal distribution. */
const Z = 1.96;
const FEWEST_POINTS = 8;

/**
 * The line through measurements by least squares; `undefined` for fewer than 8. Measurements that follow each other are
 * alike, so fewer of them are independent than there are: the interval is widened by their autocorrelation.
 */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const n = points.length;
  if (n < FEWEST_POINTS) return undefined;
  const meanX = mean(points.map(({ hours }) => hours));
  const meanY = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ hours }) => (hours - meanX) ** 2));
  if (spread === 0) return undefined;
  const slope = sum(points.map(({ hours, value }) => (hours - meanX) * (value - meanY))) / spread;
  const residuals = points.map(({ hours, value }) => value - meanY - slope * (hours - meanX));
  const squares = sum(residuals.map((residual) => residual ** 2));
  if (squares === 0) return { slope, margin: 0 };
  const likeness = sum(residuals.slice(1).map((residual, i) => residual * (residuals[i] ?? 0))) / squares;
  // Of an autocorrelation of the first order; never narrower than without one, and bounded for very short runs.
  const r = Math.min(0.95, Math.max(0, likeness));
  const error = Math.sqrt((squares / (n - 2) / spread) * ((1 + r) / (1 - r)));
  return { slope, margin: Z * error };
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
