import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@live-status/simulators/free-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessStage, until } from './testing/process-stage.ts';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('../deploy/monitoring/', import.meta.url));
const NO_PROMETHEUS = 'there is no prometheus and promtool: install the package prometheus';

async function hasPrometheus(): Promise<boolean> {
  return run('promtool', ['--version']).then(
    () => true,
    () => false,
  );
}

describe('the files for Prometheus and Grafana', () => {
  beforeEach(async ({ skip }) => {
    if (!(await hasPrometheus())) skip(NO_PROMETHEUS);
  });

  it('are rules and a configuration that promtool accepts, and alerts that fire when they should', async () => {
    await run('promtool', ['check', 'rules', 'alerts.yaml'], { cwd: FOLDER });
    await run('promtool', ['check', 'config', 'prometheus.yaml'], { cwd: FOLDER });
    await run('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: FOLDER });
  });
});

describe('a Prometheus that scrapes the daemon', () => {
  let stage: ProcessStage;
  let dir: string;
  beforeEach(async ({ skip }) => {
    if (!(await hasPrometheus())) skip(NO_PROMETHEUS);
    stage = await ProcessStage.open();
    dir = mkdtempSync(join(tmpdir(), 'live-status-prometheus-'));
  });
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  it('finds every series that the rules and the dashboard ask for', async () => {
    const [port, prometheusPort] = [await freePort(), await freePort()];
    await stage.startFollowing({ env: { HEALTH_PORT: String(port) } });
    const session = stage.session();
    session.begin('hello').call('a', 'npm test');
    await stage.shows(/\[ACTIVE\]/);
    session.result('a').answer('Over.');
    await stage.shows(/\[DONE\]/);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const checking = spawn('promtool', ['check', 'metrics']);
    checking.stdin.end(metrics);
    const [problems, [code]] = await Promise.all([checking.stderr.toArray(), once(checking, 'close')]);
    expect([code, Buffer.concat(problems).toString()]).toEqual([0, '']);

    cpSync(FOLDER, dir, { recursive: true });
    const config = readFileSync(join(FOLDER, 'prometheus.yaml'), 'utf8');
    writeFileSync(
      join(dir, 'prometheus.yaml'),
      config.replace('127.0.0.1:9090', `127.0.0.1:${port}`).replace('15s', '1s'),
    );
    const prometheus = stage.ended(
      spawn('prometheus', [
        `--config.file=${join(dir, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ]),
    );
    prometheus.stderr?.resume();
    const ask = async (query: string): Promise<number> => {
      const url = `http://127.0.0.1:${prometheusPort}/api/v1/query?query=${encodeURIComponent(query)}`;
      // It answers 503 until it has started.
      const answer = await fetch(url).then(
        (response) => (response.ok ? response.json() : undefined),
        () => undefined,
      );
      return (answer as { data?: { result: readonly unknown[] } } | undefined)?.data?.result.length ?? 0;
    };
    await until(async () => (await ask('live_status_delivery_seconds_count')) > 0);
    const used = ['grafana-dashboard.json', 'alerts.yaml'].flatMap((file) =>
      Array.from(readFileSync(join(FOLDER, file), 'utf8').matchAll(/live_status_[a-z_]+/g), ([name]) => name),
    );
    const missing: string[] = [];
    for (const name of new Set(used)) if ((await ask(name)) === 0) missing.push(name);
    expect(missing).toEqual([]);
    expect(await ask('live_status_delivery_seconds_count{source="jsonl"}')).toBe(1);
    expect(await ask('live_status_request_seconds_count{method="POST"}')).toBe(1);
  });
});
