import type { StarterMessage } from '@live-status/daemon-control';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HealthReport, Reason } from './health.ts';
import { findStarter, reportStart } from './starter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A daemon that starts, and what it sends. */
function start(source = 'gateway') {
  const sent: unknown[] = [];
  const caughtUp = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const state = { reasons: [] as Reason[] };
  const report = () => ({ choice: { source, why: '' }, reasons: state.reasons }) as unknown as HealthReport;
  const daemon = { report, caughtUp: caughtUp.promise, mattermostAsked: asked.promise };
  const starter = { send: (message: StarterMessage) => sent.push(message), disconnect: () => sent.push('disconnect') };
  void reportStart(daemon, starter);
  return { sent, state, caughtUp, asked };
}

const AWAY: Reason = { level: 'failing', what: 'the gateway is away', fix: 'start it' };
const told = (text: string) => ({ told: text });

describe('reportStart', () => {
  it('tells once what is wrong for a second, then what it waits for, and at last that it is ready', async () => {
    const { sent, state, caughtUp, asked } = start();
    state.reasons = [AWAY];
    await vi.advanceTimersByTimeAsync(2_500);
    expect(sent).toEqual([told('failing: the gateway is away - start it'), told("waiting for OpenClaw's gateway ...")]);
    state.reasons = [{ level: 'degraded', what: 'something new' }];
    caughtUp.resolve();
    asked.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.slice(2)).toEqual([told('degraded: something new'), 'ready', 'disconnect']);
  });

  it('says nothing of what went away at once', async () => {
    const { sent, state, caughtUp, asked } = start();
    state.reasons = [AWAY];
    await vi.advanceTimersByTimeAsync(500);
    state.reasons = [];
    caughtUp.resolve();
    asked.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(['ready', 'disconnect']);
  });

  it('waits for an answer of Mattermost, too', async () => {
    const { sent, caughtUp } = start('jsonl');
    caughtUp.resolve();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(sent).toEqual([told('waiting for an answer from Mattermost ...')]);
  });
});

describe('findStarter', () => {
  it('is nobody without a channel, and sends nothing once the starter has gone', () => {
    expect(findStarter({ connected: false, disconnect: () => undefined })).toBeUndefined();
    const send = vi.fn(() => true);
    const channel = { connected: true, send, disconnect: () => undefined };
    const starter = findStarter(channel);
    starter?.send('ready');
    channel.connected = false;
    starter?.send('ready');
    starter?.disconnect();
    expect(send).toHaveBeenCalledTimes(1);
  });
});
