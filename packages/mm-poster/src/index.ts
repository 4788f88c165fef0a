export type { CommandApi, Team } from './command-api.ts';
export type { LiveContent, RenderBudget, Rendered } from './content.ts';
export {
  MattermostConfigError,
  MattermostError,
  type MattermostErrorData,
  type MattermostErrorKind,
} from './errors.ts';
export { POST_TYPE } from './feedback-loop-guard.ts';
export type { HealthReason, PosterStatus } from './health.ts';
export type { FinishResult } from './lane.ts';
export { createMemoryLedger, type Ledger, type LedgerEntry, type LedgerProblems } from './ledger.ts';
export { type OpenLedgerOptions, openLedger } from './ledger-file.ts';
export type { Log } from './log.ts';
export { createMattermostApi, type MattermostApi, type MattermostApiOptions } from './mattermost-api.ts';
export { afterCreate, afterEdit, type Step } from './next-step.ts';
export type { Answer, CallOptions, Channel, NewPost, Post, PostApi, PostPatch, User } from './post-api.ts';
export { createPoster, type Poster, type PosterClosed, type PosterOptions } from './poster.ts';
export type { PosterStats } from './stats.ts';
export type { StopReason } from './stop-reason.ts';
export { type ParsedTarget, parseTarget, type Target } from './target.ts';
