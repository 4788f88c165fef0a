export { compact } from './compact.ts';
export { counted } from './counted.ts';
export { errorCode } from './error-code.ts';
export { exitWithReader, type OutputProcess } from './exit-with-reader.ts';
export { idOf, toId } from './id.ts';
export { isObject, type JsonObject, memberOf, numberOf, objectOf, textOf } from './json.ts';
export { printableLine } from './printable-line.ts';
