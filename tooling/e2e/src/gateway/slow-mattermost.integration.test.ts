import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onStage } from '@live-status/stage';
import { describe, it } from 'vitest';

const MIB = 1024 * 1024;
/** 67 MiB: more than OpenClaw 2026.9.6 keeps for one reader before it drops it (`policy.maxBufferedBytes`, 50 MiB). */
const BURSTS = 112;
const CALLS = 100;
/** A session row, which most frames carry, has some kilobytes. */
const ROW = { key: 'k', systemPromptReport: 'x'.repeat(3_000) };

/** Resident memory of a process, bytes. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1_024;
}

describe('a Mattermost that hangs', { timeout: 120_000 }, () => {
  it('does not make the gateway drop us: frames are read at once, and little is kept of them', async ({
    expect,
    signal,
  }) => {
    await onStage({ followsGateway: true, signal }, async (stage) => {
      const { gateway, simulator } = stage;
      const run = stage.frameSession().begin('go').call('first').result('first');
      await stage.untilShown(/\[ACTIVE\]/);
      const hang = simulator.faults.hang({ times: Number.POSITIVE_INFINITY });
      const before = await residentBytes(stage.daemon.current.pid);
      let peakBytes = 0;
      for (let burst = 0; burst < BURSTS; burst += 1) {
        for (let i = 0; i < CALLS; i += 1) {
          const toolCallId = `${burst}/${i}`;
          const session = ROW;
          const start = { phase: 'start', name: 'exec', toolCallId, args: { command: `step ${toolCallId}` } };
          const result = { content: [{ type: 'text', text: 'output' }], details: { exitCode: 0 } };
          run.send('agent', { runId: run.runId, stream: 'tool', data: start, session });
          const data = { phase: 'result', name: 'exec', toolCallId, result };
          run.send('agent', { runId: run.runId, stream: 'tool', data, session });
        }
        // A reader that stopped would keep this waiting for ever.
        await gateway.drained();
        peakBytes = Math.max(peakBytes, await residentBytes(stage.daemon.current.pid));
      }
      expect(gateway.connects).toHaveLength(1);
      expect(gateway.connected).toBe(1);
      expect(gateway.peakBufferedBytes).toBeLessThan(2 * MIB);
      expect((peakBytes - before) / MIB).toBeLessThan(96);
      hang.clear();
      run.answer('Over.');
      await stage.untilRest();
      expect(stage.message()).toMatch(/^\*\*\[DONE\] main\*\*[\s\S]*step 111\/99/);
      expect(stage.posts()).toHaveLength(1);
    });
  });
});
