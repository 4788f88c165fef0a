export { type Machine, type StartOptions, startCommand, statusCommand, stopCommand } from './commands.ts';
export { EXIT, type ExitCode } from './exit-code.ts';
export type { DaemonHealth } from './health.ts';
export type { Report } from './report.ts';
export type { DaemonProgram } from './start.ts';
export type { StarterMessage } from './starter-message.ts';
export { type DaemonStatus, readDaemonStatus } from './status.ts';
