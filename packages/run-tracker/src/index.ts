export { EventBuffer } from './event-buffer.ts';
export {
  accountOf,
  isSilent,
  type KnownDelivery,
  outcomeOfSummary,
  outcomeOfTool,
  routeOfKey,
  triggerOf,
} from './openclaw.ts';
export {
  type BackgroundEnd,
  type ChildResult,
  type EndingReport,
  type LastEnd,
  type OpenApproval,
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
export {
  type AskingCall,
  type FileCall,
  filesChangedBy,
  isPlanTool,
  isSecret,
  planIn,
  questionIn,
  toPlan,
} from './tool-arguments.ts';
