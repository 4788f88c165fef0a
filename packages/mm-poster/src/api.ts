/** For programs that make a few calls themselves: without the poster, which takes longer to load. */
export {
  MattermostConfigError,
  MattermostError,
  type MattermostErrorData,
  type MattermostErrorKind,
} from './errors.ts';
export { POST_TYPE } from './feedback-loop-guard.ts';
export { createMattermostApi, type MattermostApi, type MattermostApiOptions } from './mattermost-api.ts';
export { afterCreate, afterEdit, type HoldReason, type Step, type StopReason } from './next-step.ts';
export { type Place, type PlaceLookups, readPlace } from './place.ts';
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
export {
  type ChannelLookups,
  type ChannelName,
  type ChannelQuestions,
  findChannelId,
  formatTarget,
  isChannelThere,
  type ParsedTarget,
  parseTarget,
  type Target,
} from './target.ts';
