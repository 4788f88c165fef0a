import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { HealthReport } from './health.ts';
import { Histogram } from './histogram.ts';

/** What is measured besides what the report counts. */
export interface Measures {
  /** From the observation of a change until Mattermost had it, by source. */
  readonly latency: Histogram;
  /** From a request to Mattermost until the head of its answer, by method. */
  readonly requests: Histogram;
  /** Work in which a person is waited for. */
  readonly peopleAwaited: () => number;
  /** Model calls that failed. */
  readonly modelFailures: () => number;
}

/** Metrics for Prometheus. The numbers come from the report; nothing is counted twice. */
export function createMetrics(report: () => HealthReport, measures?: Measures): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, read: (report: HealthReport) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(report()));
      },
    });
  };
  const counter = (name: string, help: string, read: (report: HealthReport) => number): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(report()));
      },
    });
  };
  new Gauge({
    name: 'live_status_info',
    help: 'Version of the daemon.',
    labelNames: ['version'],
    registers: [registry],
    collect() {
      this.set({ version: report().version }, 1);
    },
  });
  gauge('live_status_up', '1 when healthy, 0.5 when degraded, 0 when failing.', ({ status }) => UP[status]);
  gauge('live_status_uptime_seconds', 'Seconds since the start.', ({ uptimeS }) => uptimeS);
  gauge('live_status_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('live_status_boxes_active', 'Posts that are followed.', ({ boxes }) => boxes.active);
  gauge('live_status_boxes_waiting', 'Work that waits for a free post.', ({ boxes }) => boxes.waiting);
  gauge('live_status_posts_queued', 'Writes that wait to be sent.', ({ poster }) => poster?.queue ?? 0);
  gauge('live_status_breaker_open', '1 while Mattermost is not called.', ({ poster }) =>
    Number(poster !== undefined && poster.breaker.state !== 'closed'),
  );
  counter('live_status_runs_total', 'Runs seen.', ({ sources }) =>
    sources.reduce((sum, { runsSeen }) => sum + runsSeen, 0),
  );
  counter('live_status_posts_created_total', 'Posts created.', ({ poster }) => poster?.creates ?? 0);
  counter('live_status_posts_edited_total', 'Edits sent.', ({ poster }) => poster?.edits ?? 0);
  counter(
    'live_status_edits_skipped_total',
    'Edits left out because nothing had changed.',
    ({ poster }) => poster?.skips ?? 0,
  );
  counter('live_status_retries_total', 'Requests repeated.', ({ poster }) => poster?.retries ?? 0);
  counter('live_status_rate_limited_total', 'Answers with status 429.', ({ poster }) => poster?.rateLimited ?? 0);
  counter('live_status_posts_refused_total', 'Contents that Mattermost refused.', ({ poster }) => poster?.refused ?? 0);
  gauge(
    'live_status_posts_late',
    'Posts that say less than the truth, because it cannot be shown now.',
    ({ poster }) => poster?.heldBack.length ?? 0,
  );
  if (report().sharing !== undefined) {
    gauge('live_status_budget_shared', '1 while the write budget is shared, 0 with an equal share.', ({ sharing }) =>
      Number(sharing?.state === 'shared'),
    );
    gauge('live_status_budget_daemons', 'Daemons that share the write budget.', ({ sharing }) => sharing?.members ?? 1);
    counter('live_status_redis_calls_total', 'Times that Redis was asked.', ({ sharing }) => sharing?.calls ?? 0);
    counter(
      'live_status_redis_failures_total',
      'Times that Redis did not answer as it should.',
      ({ sharing }) => sharing?.failures ?? 0,
    );
  }
  if (measures === undefined) return registry;
  gauge('live_status_people_awaited', 'Work in which a person is waited for.', () => measures.peopleAwaited());
  counter('live_status_model_failures_total', 'Model calls that failed.', () => measures.modelFailures());
  histogram(registry, measures.latency, {
    name: 'live_status_delivery_seconds',
    help: 'From the observation of a change until Mattermost had it, throttling included.',
    label: 'source',
  });
  histogram(registry, measures.requests, {
    name: 'live_status_request_seconds',
    help: 'From a request to Mattermost until the head of its answer.',
    label: 'method',
  });
  return registry;
}

interface HistogramNames {
  readonly name: string;
  readonly help: string;
  readonly label: string;
}

/** The library's own histograms can only be filled by observing; these were counted before it was loaded. */
function histogram(registry: Registry, counted: Histogram, { name, help, label }: HistogramNames): void {
  const metric = {
    name,
    help,
    aggregator: 'sum',
    type: 'histogram',
    async get() {
      const values = counted.series().flatMap(({ label: value, counts, sumS }) => {
        const labels = { [label]: value };
        const bounds = [...Histogram.bounds, '+Inf'];
        const buckets = bounds.map((le, index) => ({
          metricName: `${name}_bucket`,
          labels: { ...labels, le },
          value: sum(counts.slice(0, index + 1)),
        }));
        return [
          ...buckets,
          { metricName: `${name}_sum`, labels, value: sumS },
          { metricName: `${name}_count`, labels, value: sum(counts) },
        ];
      });
      return { name, help, type: 'histogram', values, aggregator: 'sum' };
    },
    reset() {},
  };
  registry.registerMetric(metric as unknown as Metric);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

const UP = { ok: 1, degraded: 0.5, failing: 0 } as const;
