export { type Machine, type StartOptions, startCommand, statusCommand, stopCommand } from './commands.ts';
export { EXIT, type ExitCode } from './exit-code.ts';
export type { DaemonHealth } from './health.ts';
export { type ListeningAddress, writeHealthAddress } from './health-address.ts';
export { LOG_LEVELS, type LogLevel, type LogLine, readLogLine } from './log-line.ts';
export type { Report } from './report.ts';
export { type DaemonProgram, errorFileOf, logFileOf } from './start.ts';
export type { StarterMessage } from './starter-message.ts';
export { type DaemonStatus, readDaemonStatus } from './status.ts';
