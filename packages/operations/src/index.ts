export { type Machine, startCommand, statusCommand, stopCommand } from './daemon-commands.ts';
export type { DaemonHealth } from './daemon-health.ts';
export type { Report } from './daemon-report.ts';
export type { DaemonProgram } from './daemon-start.ts';
export { EXIT, type ExitCode } from './exit-code.ts';
export {
  acquireInstanceLock,
  findInstance,
  type Instance,
  type InstanceLock,
  type LockResult,
  StateDirError,
} from './instance-lock.ts';
export { type Bot, wouldAnswer } from './listening.ts';
export type { MattermostListening, OpenClawConfig } from './openclaw-config.ts';
export type { Environment } from './openclaw-files.ts';
export { removePidFile, writePidFile } from './pid-file.ts';
export { describeSettings, type Origin, type RawSetting } from './raw-settings.ts';
export { Secret } from './secret.ts';
export { errorsOf, readSettings, type Settings, type SettingsContext, type SettingsReading } from './settings.ts';
export type { ChannelName, VariableName } from './variables.ts';
