export { acquireInstanceLock, findInstance, type InstanceLock, type LockResult } from './instance-lock.ts';
export type { MattermostListening, OpenClawConfig } from './openclaw-config.ts';
export type { Environment } from './openclaw-files.ts';
export { removePidFile, writePidFile } from './pid-file.ts';
export { describeSettings, type Origin, type RawSetting } from './raw-settings.ts';
export { Secret } from './secret.ts';
export { readSettings, type Settings, type SettingsContext, type SettingsReading } from './settings.ts';
export type { ChannelName, VariableName } from './variables.ts';
