export { checkBuild } from './checks/build.ts';
export type { CheckResult } from './checks/check.ts';
export { checkDaemon } from './checks/daemon.ts';
export { checkDrafts } from './checks/drafts.ts';
export { checkFiles } from './checks/files.ts';
export { checkGateway } from './checks/gateway.ts';
export { checkHook, HOOK_NAME } from './checks/hook.ts';
export { checkMattermost, type MattermostQuestions } from './checks/mattermost.ts';
export { checkNode } from './checks/node.ts';
export { checkOpenClawConfig, checkOpenClawStore } from './checks/openclaw.ts';
export { checkSettings } from './checks/settings.ts';
export { checkStateDir } from './checks/state-dir.ts';
export { checkTranscripts } from './checks/transcripts.ts';
export { type Machine, startCommand, statusCommand, stopCommand } from './daemon-commands.ts';
export type { DaemonHealth } from './daemon-health.ts';
export type { Report } from './daemon-report.ts';
export type { DaemonProgram } from './daemon-start.ts';
export { type DaemonStatus, readDaemonStatus } from './daemon-status.ts';
export { EXIT, type ExitCode } from './exit-code.ts';
export { lookAtGateway } from './gateway-look.ts';
export { lookForHook } from './hook-look.ts';
export {
  acquireInstanceLock,
  findInstance,
  type Instance,
  type InstanceLock,
  type LockResult,
} from './instance-lock.ts';
export type { OpenClawConfig } from './openclaw-config.ts';
export { type Environment, expandHome, locateOpenClaw } from './openclaw-files.ts';
export { findInstalledVersion, isReadable, lookAtSessions } from './openclaw-look.ts';
export { removePidFile, writePidFile } from './pid-file.ts';
export { describeSettings, type Origin, type RawSetting } from './raw-settings.ts';
export { failureOf } from './request-failure.ts';
export { Secret } from './secret.ts';
export { errorsOf, readSettings, type Settings, type SettingsContext, type SettingsReading } from './settings.ts';
export {
  DEFAULT_GATEWAY_URL,
  lookAtOpenClaw,
  type SourceChoice,
  type Surroundings,
  writesTranscripts,
} from './source-choice.ts';
export { StateDirError } from './state-dir.ts';
export { findWriteProblem } from './state-dir-look.ts';
export type { ChannelName, VariableName } from './variables.ts';
