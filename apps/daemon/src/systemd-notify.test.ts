import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HealthReport } from './health.ts';
import { SystemdReporter } from './systemd-notify.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const REPORT = { status: 'ok', boxes: { posted: 0, waiting: 0 }, reasons: [] } as unknown as HealthReport;
const STATUS = 'STATUS=ok; 0 posts, 0 waiting';

/** A systemd to which messages get as `arrives` says, in turn; after that all of them do. */
function listening(arrives: readonly ('heard' | 'lost' | 'failed')[], watchdogMs?: number) {
  const heard: string[] = [];
  const fates = [...arrives];
  const sent: string[] = [];
  const systemd = {
    ...(watchdogMs !== undefined && { watchdogMs }),
    async notify(...assignments: readonly string[]) {
      const fate = fates.shift() ?? 'heard';
      sent.push(assignments.join(' '));
      if (fate === 'heard') heard.push(assignments.join(' '));
      return fate !== 'failed';
    },
  };
  const reporter = new SystemdReporter({ systemd, report: () => REPORT, ready: Promise.resolve() });
  return { heard, sent, reporter };
}

describe('what systemd is told', () => {
  it.each([['lost'], ['failed']] as const)('is said again with the next sign of life when it was %s', async (fate) => {
    const { heard, reporter } = listening([fate, fate], 300);
    await vi.advanceTimersByTimeAsync(350);
    expect(heard).toEqual([`READY=1 WATCHDOG=1 ${STATUS}`, `READY=1 WATCHDOG=1 ${STATUS}`]);
    await reporter.stop();
  });

  it.each([['lost'], ['failed']] as const)('is said again without a watchdog, when it was %s', async (fate) => {
    const { heard, reporter } = listening([fate]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(heard).toEqual([`READY=1 ${STATUS}`]);
    await reporter.stop();
  });

  it('is not said for ever without a watchdog', async () => {
    const { sent, reporter } = listening([]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sent).toHaveLength(10);
    await reporter.stop();
    expect(sent.at(-1)).toMatch(/^STOPPING=1/);
  });

  it('says only that the daemon lives before it is ready', async () => {
    const sent: string[] = [];
    const systemd = { watchdogMs: 300, notify: async (...all: readonly string[]) => sent.push(all.join(' ')) > 0 };
    const reporter = new SystemdReporter({ systemd, report: () => REPORT, ready: new Promise(() => undefined) });
    await vi.advanceTimersByTimeAsync(150);
    expect(sent).toEqual([`WATCHDOG=1 ${STATUS}`]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sent.at(-1)).toBe(`READY=1 WATCHDOG=1 ${STATUS}`);
    await reporter.stop();
  });
});
