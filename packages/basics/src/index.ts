export { compact } from './compact.ts';
export { errorCode } from './error-code.ts';
export { isObject, type JsonObject, numberOf, objectOf, textOf } from './json.ts';
