export type { SourceClock, SourceLog } from './clock.ts';
export { createInterpreter, type Interpreter, type InterpreterOptions } from './interpreter.ts';
export type * from './observation.ts';
export { createTranscriptSource } from './source.ts';
export type { TranscriptSource, TranscriptSourceOptions } from './source-options.ts';
