export type * from './box.ts';
export { callsIn, isOngoing, waitsForPerson, withoutApproval } from './box.ts';
export type { AdoptedBox } from './box-assignment.ts';
export { BoxFold, type BoxFoldOptions, type FoldCounts, type Folded } from './box-fold.ts';
export { type Dated, Deadlines } from './deadlines.ts';
export type * from './event.ts';
export { mattermostRoute } from './route.ts';
export { DEFAULT_RULES, type Rules } from './rules.ts';
export type * from './source.ts';
