export { GatewayConnectError } from './connect-error.ts';
export type { GatewayServer } from './connection.ts';
export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
export { createGatewaySource, type GatewaySourceOptions } from './source.ts';
export { type TriedGateway, type TriedSession, type TryGatewayOptions, tryGateway } from './try-gateway.ts';
