export type { ServerSettings } from './call.ts';
export { type SimulatorClock, systemClock } from './clock.ts';
export { createEmptySimulator, createSimulator } from './create-simulator.ts';
export type { NewChannel, NewUser } from './directory.ts';
export type { Fault, FaultScope, FaultStage, Hold } from './fault.ts';
export type { Faults } from './faults.ts';
export type { LimiterOptions } from './limiter.ts';
export type { Channel, Post, PostVersion, RequestRecord, Team, User } from './model.ts';
export type { Bot, EmptySimulator, Simulator, SimulatorOptions } from './simulator.ts';
