export type { ServerSettings } from './call.ts';
export type { NewChannel, NewUser } from './directory.ts';
export type { Fault, FaultScope, FaultStage, Faults, Hold } from './faults.ts';
export type { LimiterOptions } from './limiter.ts';
export { decodeEntities, effectsOf, prepareMessage, scanText } from './message-effects.ts';
export type { Channel, Post, PostVersion, RequestRecord, Team, User } from './model.ts';
export { effectsOnPhone, linksOnPhone } from './phone-effects.ts';
export {
  type Bot,
  createEmptySimulator,
  createSimulator,
  type EmptySimulator,
  type Simulator,
  type SimulatorOptions,
} from './simulator.ts';
export type { Cached, FirewallAnswer } from './trouble.ts';
