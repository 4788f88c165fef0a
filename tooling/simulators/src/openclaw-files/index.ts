export { createPlayedTime, type PlayedTime } from './played-time.ts';
export { createReplay, type Replay, type ReplayOptions } from './replay.ts';
export {
  channelSession,
  createScriptedAgent,
  type Fields,
  mattermostEntry,
  type ScriptedAgent,
  type ScriptedSession,
} from './scripted-agent.ts';
