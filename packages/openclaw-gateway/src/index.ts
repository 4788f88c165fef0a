export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
