export { EventBuffer } from './event-buffer.ts';
export { isSilent, type KnownDelivery, outcomeOfTool, routeOfKey, triggerOf } from './openclaw.ts';
export {
  type ChildResult,
  type EndingReport,
  type LastEnd,
  type RunEnd,
  type RunPurpose,
  type RunReport,
  type RunStart,
  RunTracker,
  type RunTrackerOptions,
  type SessionIdentity,
  TrackedRun,
  TrackedSession,
} from './run-tracker.ts';
