export { freePort } from '@live-status/simulators/free-port';
export {
  BUILT_DAEMON,
  type DaemonExit,
  DaemonFailedError,
  type DaemonKeeper,
  type DaemonOptions,
  type DaemonProcess,
  keepDaemon,
  startDaemon,
} from './daemon-process.ts';
export { DaemonStage, type DaemonStageOptions, GATEWAY_TOKEN, gatewayEnv, onStage } from './daemon-stage.ts';
export { type Health, type HealthWatch, reasonsOf, watchHealth } from './health-watch.ts';
export { type JudgeOptions, judgePost } from './judge-post.ts';
export { type ObservedPost, type ObservedVersion, observePosts, stateOf } from './observed-post.ts';
export { makePlaces, type Places, type PostPlace } from './places.ts';
export { openFilesOf, type ProcessUsage, usageDuring, usageOf } from './process-usage.ts';
export {
  type Absence,
  type DaemonRun,
  type DeathTimes,
  dieAsPlanned,
  type PlannedDeath,
  type RunningDaemon,
  type RunOptions,
  rest,
  runDaemonOn,
} from './run-daemon-on.ts';
export { openStage, type Stage } from './stage.ts';
