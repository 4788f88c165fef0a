import { compact } from '@live-status/basics';
import { StateDirError } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import { errorsOf, readSettings, type Settings, type SettingsContext, type VariableName } from '@live-status/settings';
import { EXIT } from './exit-code.ts';
import { type Report, reportStart, reportStatus, reportStop } from './report.ts';
import { type DaemonProgram, startDaemon } from './start.ts';
import { readDaemonStatus } from './status.ts';
import { stopDaemon } from './stop.ts';

/** The machine a command runs on. */
export interface Machine extends SettingsContext {
  readonly env: Environment;
}

/** How `start` shows what happens while it waits. */
export interface StartOptions {
  /** Writes a line for the terminal at once. Default: the lines are part of the report. */
  readonly tell?: (line: string) => void;
}

/**
 * `start`: a daemon in the background, with the environment of the caller. Tells at once what the daemon finds wrong, and what it
 * waits for. The daemon validates the settings itself.
 */
export async function startCommand(
  machine: Machine,
  program: DaemonProgram,
  { tell }: StartOptions = {},
): Promise<Report> {
  const reading = await readSettings(machine.env, machine);
  const { stateDir } = reading.sound;
  // Everything that is wrong, not only what this command needs.
  if (stateDir === undefined) return { exitCode: EXIT.usage, out: [], err: [...reading.errors, ...reading.warnings] };
  const told: string[] = [];
  const onTold = (line: string): void => {
    told.push(line);
    tell?.(line);
  };
  const result = await startDaemon({ program, settings: { stateDir }, env: machine.env, onTold });
  // What the daemon told is also in its log.
  const report = reportStart(result.kind === 'not-ready' && told.length > 0 ? { ...result, lastLines: [] } : result);
  return tell ? report : { ...report, err: [...told, ...report.err] };
}

/** `stop`. Works whatever is wrong with the settings that it does not need. */
export function stopCommand(machine: Machine): Promise<Report> {
  return withSettings(machine, ['STATE_DIR', 'SHUTDOWN_TIMEOUT_S'], async ({ stateDir, shutdownTimeoutMs }) => {
    if (stateDir === undefined || shutdownTimeoutMs === undefined) return undefined;
    return reportStop(await stopDaemon({ stateDir, shutdownTimeoutMs }));
  });
}

/** `status`; with `json`, one JSON object on standard output. */
export function statusCommand(machine: Machine, { json = false }: { readonly json?: boolean } = {}): Promise<Report> {
  const needed = ['STATE_DIR', 'HEALTH_PORT', 'HEALTH_HOST', 'HEALTH_TOKEN'] as const;
  return withSettings(machine, needed, async ({ stateDir, healthPort, healthHost, healthToken }) => {
    if (stateDir === undefined || healthPort === undefined || healthHost === undefined) return undefined;
    const status = await readDaemonStatus({ stateDir, healthPort, healthHost, ...compact({ healthToken }) });
    const report = reportStatus(status);
    return json ? { ...report, out: [JSON.stringify(status, undefined, 2)] } : report;
  });
}

/**
 * Control needs only a few settings: a token missing in this shell must not prevent anyone from stopping a daemon.
 *
 * @param act returns nothing if a setting it needs is missing
 */
async function withSettings(
  machine: Machine,
  needed: readonly VariableName[],
  act: (settings: Partial<Settings>) => Promise<Report | undefined>,
): Promise<Report> {
  const reading = await readSettings(machine.env, machine);
  const report = await act(reading.sound).catch(toReport);
  return report ?? { exitCode: EXIT.usage, out: [], err: errorsOf(reading, needed) };
}

function toReport(error: unknown): Report {
  if (!(error instanceof StateDirError)) throw error;
  return { exitCode: EXIT.failed, out: [], err: [error.message] };
}
