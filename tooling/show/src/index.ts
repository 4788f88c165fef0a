export { type DaemonKeeper, keepDaemon } from './daemon-keeper.ts';
export {
  type DaemonExit,
  DaemonFailedError,
  type DaemonOptions,
  type DaemonProcess,
  startDaemon,
} from './daemon-process.ts';
export { type JudgeOptions, judgePost } from './judge-post.ts';
export { type ObservedPost, type ObservedVersion, observePosts, stateOf } from './observed-post.ts';
export { makePlaces, type Places, type PostPlace } from './places.ts';
export {
  type DaemonRun,
  type PlannedDeath,
  type RunningDaemon,
  type RunOptions,
  rest,
  runDaemonOn,
} from './run-daemon-on.ts';
export { openStage, type Stage } from './stage.ts';
