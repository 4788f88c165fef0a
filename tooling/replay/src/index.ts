export { createReplay, type Replay, type ReplayOptions } from './replay.ts';
