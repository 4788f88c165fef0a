export type { CallResult, LiveSession } from '../live-session.ts';
export { type LockOwner, type ProcessName, startLockOwner } from './lock-owner.ts';
export { createPlayedTime, createReplay, type PlayedTime, type Replay, type ReplayOptions } from './replay.ts';
export { type ScriptedGateway, scriptGateway } from './script.ts';
export { channelSession, createScriptedAgent, type FileSession, type ScriptedAgent } from './scripted-agent.ts';
export {
  type Fields,
  inbound328,
  mattermostEntry,
  type ScriptedSession,
  type SessionOptions,
  USAGE,
} from './scripted-session.ts';
