export type { AccountAccess, AccountProblem, FindAccount } from './account.ts';
export * from './api.ts';
export type { Delivered } from './delivery.ts';
export type { AccountStatus, HealthReason, HeldBack, PosterStats, PosterStatus } from './health.ts';
export type { FinishResult } from './lane.ts';
export {
  createMemoryLedger,
  type Ledger,
  type LedgerEntry,
  type LedgerProblems,
  LedgerVersionError,
  type OpenLedgerOptions,
  openLedger,
} from './ledger.ts';
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
export type { CreateBudget, WriteBudget } from './server.ts';
