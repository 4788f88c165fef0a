import { type Report, reportStart, reportStatus, reportStop } from './daemon-report.ts';
import { type DaemonProgram, startDaemon } from './daemon-start.ts';
import { type DaemonStatus, readDaemonStatus } from './daemon-status.ts';
import { stopDaemon } from './daemon-stop.ts';
import { EXIT } from './exit-code.ts';
import type { Environment } from './openclaw-files.ts';
import { errorsOf, readSettings, type Settings, type SettingsContext } from './settings.ts';
import { StateDirError } from './state-dir.ts';

/** The machine a command runs on. */
export interface Machine extends SettingsContext {
  readonly env: Environment;
}

type ControlSettings = Pick<Settings, 'stateDir' | 'shutdownTimeoutMs' | 'healthPort' | 'healthHost' | 'healthToken'>;

/** `start`: a daemon in the background, with the environment of the caller. It checks the other settings itself. */
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
    const status: DaemonStatus = await readDaemonStatus(settings);
    const report = reportStatus(status);
    return json ? { ...report, out: [JSON.stringify(status, undefined, 2)] } : report;
  });
}

/** Control needs few settings; a token that is missing in this shell must not keep anybody from stopping a daemon. */
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
  return { stateDir, shutdownTimeoutMs, healthPort, healthHost, ...(healthToken && { healthToken }) };
}
