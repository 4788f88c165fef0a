import { compact } from '@live-status/basics';
import { StateDirError } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import { errorsOf, readSettings, type Settings, type SettingsContext } from '@live-status/settings';
import { EXIT } from './exit-code.ts';
import { type Report, reportStart, reportStatus, reportStop } from './report.ts';
import { type DaemonProgram, startDaemon } from './start.ts';
import { readDaemonStatus } from './status.ts';
import { stopDaemon } from './stop.ts';

/** The machine a command runs on. */
export interface Machine extends SettingsContext {
  readonly env: Environment;
}

type ControlSettings = Pick<Settings, 'stateDir' | 'shutdownTimeoutMs' | 'healthPort' | 'healthHost' | 'healthToken'>;

/** `start`: a daemon in the background, with the environment of the caller. The daemon validates the other settings itself. */
export function startCommand(machine: Machine, program: DaemonProgram): Promise<Report> {
  return withSettings(machine, async (settings) =>
    reportStart(await startDaemon({ program, settings, env: machine.env })),
  );
}

/** `stop`. */
export function stopCommand(machine: Machine): Promise<Report> {
  return withSettings(machine, async (settings) => reportStop(await stopDaemon(settings)));
}

/** `status`; with `json`, one JSON object on standard output. */
export function statusCommand(machine: Machine, { json = false }: { readonly json?: boolean } = {}): Promise<Report> {
  return withSettings(machine, async (settings) => {
    const status = await readDaemonStatus(settings);
    const report = reportStatus(status);
    return json ? { ...report, out: [JSON.stringify(status, undefined, 2)] } : report;
  });
}

/** Control needs only a few settings: a token missing in this shell must not prevent anyone from stopping a daemon. */
async function withSettings(machine: Machine, act: (settings: ControlSettings) => Promise<Report>): Promise<Report> {
  const reading = await readSettings(machine.env, machine);
  const settings = controlSettings(reading.sound);
  if (settings) return act(settings).catch(toReport);
  const names = ['STATE_DIR', 'SHUTDOWN_TIMEOUT_S', 'HEALTH_PORT', 'HEALTH_HOST', 'HEALTH_TOKEN'] as const;
  return { exitCode: EXIT.usage, out: [], err: errorsOf(reading, names) };
}

function toReport(error: unknown): Report {
  if (!(error instanceof StateDirError)) throw error;
  return { exitCode: EXIT.failed, out: [], err: [error.message] };
}

function controlSettings({
  stateDir,
  shutdownTimeoutMs,
  healthPort,
  healthHost,
  healthToken,
}: Partial<Settings>): ControlSettings | undefined {
  if (stateDir === undefined || shutdownTimeoutMs === undefined) return undefined;
  if (healthPort === undefined || healthHost === undefined) return undefined;
  return { stateDir, shutdownTimeoutMs, healthPort, healthHost, ...compact({ healthToken }) };
}
