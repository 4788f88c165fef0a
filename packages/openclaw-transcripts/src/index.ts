export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
export { createTranscriptSource, type TranscriptSource, type TranscriptSourceOptions } from './source.ts';
