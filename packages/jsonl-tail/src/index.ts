export { type Checkpoint, type CheckpointResult, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export { CheckpointStore, type StoredCheckpoints } from './checkpoint-store.ts';
export { systemClock, type TailClock } from './clock.ts';
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
export { type DirectoryFollower, type FileFollower, followDirectory, followFile } from './follow.ts';
export type { Follower, FollowerStatus } from './follower.ts';
export type {
  FollowDirectoryOptions,
  FollowFileOptions,
  PassIntervals,
  StartFunction,
  StartInfo,
  StartPoint,
} from './options.ts';
export { SHRINK_HOLD_MS } from './plan-read.ts';
export { LineSplitter, type LineSplitterOptions, type SplitPiece } from './split-lines.ts';
