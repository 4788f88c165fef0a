import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator, type Simulator, type SimulatorOptions } from '@live-status/simulators/mattermost';

/** A simulator and temporary directories for a daemon. Disposing closes it. */
export interface Stage extends AsyncDisposable {
  readonly simulator: Simulator;
  /** `TRANSCRIPT_DIR`: where replays write. */
  readonly agentsDir: string;
  /** What a daemon on this stage needs; it sees nothing of the home directory of its user. */
  readonly env: Readonly<Record<string, string>>;
  /** Closes the simulator and removes the directories. */
  close(): Promise<void>;
}

/** Sets up a stage with a simulator of these options. */
export async function openStage(options: SimulatorOptions = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'live-status-'));
  const simulator = await createSimulator(options).catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  const agentsDir = join(dir, 'agents');
  const close = async (): Promise<void> => {
    await simulator.close();
    await rm(dir, { recursive: true, force: true });
  };
  return {
    simulator,
    agentsDir,
    env: {
      HOME: dir,
      MM_URL: simulator.url,
      MM_TOKEN: simulator.bot.token,
      SOURCE: 'jsonl',
      TRANSCRIPT_DIR: agentsDir,
      STATE_DIR: join(dir, 'state'),
      PID_FILE: join(dir, 'daemon.pid'),
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
