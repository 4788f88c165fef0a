export type { GatewayServer } from './connection.ts';
export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
export { createGatewaySource, type GatewaySourceOptions, type SourceLog } from './source.ts';
export { GatewayConnectError } from './trouble.ts';
