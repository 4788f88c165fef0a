export { claimFile, isRunning } from './claims.ts';
export {
  acquireInstanceLock,
  findInstance,
  type Instance,
  type InstanceLock,
  type LockOptions,
  type LockResult,
  STALE_AFTER_MS,
} from './instance-lock.ts';
export {
  findProcess,
  hasProc,
  type OperatingSystem,
  type ProcessFacts,
  readStartTime,
  thisSystem,
} from './processes.ts';
export { findWriteProblem, makeStateDir, readFreeBytes, StateDirError, writeFix } from './state-dir.ts';
