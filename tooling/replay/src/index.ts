export { createPlayedTime, type PlayedTime } from './played-time.ts';
export { createReplay, type Replay, type ReplayOptions } from './replay.ts';
