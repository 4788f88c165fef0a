export type { GatewayServer } from './connection.ts';
export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
export { createGatewaySource, type GatewaySourceOptions, type SourceLog } from './source.ts';
export type { ResumedRun } from './state.ts';
export { GatewayConnectError } from './trouble.ts';
