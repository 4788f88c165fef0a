export type { Checkpoint } from './checkpoint.ts';
export type {
  BadLineEvent,
  CaughtUpEvent,
  FileEvent,
  FileGoneEvent,
  LineEvent,
  LineRange,
  NoticedEvent,
  ProblemEvent,
  ProblemKind,
  RewrittenEvent,
  TailEvent,
} from './event.ts';
export { type FollowedLine, type FollowLinesOptions, followLines } from './follow-lines.ts';
export { type Follower, type FollowerStatus, followDirectory, followFile } from './follower.ts';
export type {
  FollowDirectoryOptions,
  FollowFileOptions,
  NameFilter,
  PollIntervals,
  StartFunction,
  StartInfo,
  StartPoint,
} from './options.ts';
