export type { AccountAccess, AccountProblem, FindAccount } from './account.ts';
export type { Delivered } from './delivery.ts';
export {
  MattermostConfigError,
  MattermostError,
  type MattermostErrorData,
  type MattermostErrorKind,
} from './errors.ts';
export { POST_TYPE } from './feedback-loop-guard.ts';
export type { AccountStatus, HealthReason, HeldBack, PosterStats, PosterStatus } from './health.ts';
export type { FinishResult } from './lane.ts';
export {
  createMemoryLedger,
  type Ledger,
  type LedgerEntry,
  type LedgerProblems,
  type OpenLedgerOptions,
  openLedger,
} from './ledger.ts';
export { createMattermostApi, type MattermostApi, type MattermostApiOptions } from './mattermost-api.ts';
export { afterCreate, afterEdit, type HoldReason, type Step, type StopReason } from './next-step.ts';
export type { Place } from './place.ts';
export type {
  Answer,
  CallOptions,
  Channel,
  CommandApi,
  NewPost,
  Post,
  PostApi,
  PostPatch,
  ServerSettings,
  Team,
  User,
} from './post-api.ts';
export { type LiveContent, type RenderBudget, type Rendered, textContent } from './post-state.ts';
export {
  type CreatePosterOptions,
  createPoster,
  createPosterWith,
  type FinishOptions,
  type Poster,
  type PosterClosed,
  type PosterOptions,
  type PosterSettings,
} from './poster.ts';
export {
  type ChannelLookups,
  type ChannelName,
  type ChannelQuestions,
  findChannelId,
  isChannelThere,
  type ParsedTarget,
  parseTarget,
  type Target,
} from './target.ts';
