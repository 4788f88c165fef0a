export type * from './box.ts';
export type * from './event.ts';
export { createState, type Folded, foldAll, nextDeadline } from './fold.ts';
export { mattermostRoute } from './route.ts';
export { DEFAULT_RULES, type Rules } from './rules.ts';
export { sessionSeen } from './session-seen.ts';
export type * from './source.ts';
export type { AdoptedBox, SessionState } from './state.ts';
export { type BoxEntry, boxIds, viewBox } from './view.ts';
