import { Counter, Gauge, Registry } from 'prom-client';
import type { HealthReport } from './health.ts';

/** Metrics for Prometheus. The numbers come from the report; nothing is counted twice. */
export function createMetrics(report: () => HealthReport): Registry {
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
  return registry;
}

const UP = { ok: 1, degraded: 0.5, failing: 0 } as const;
