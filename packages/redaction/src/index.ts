export { type RedactTextOptions, redactLine, redactText } from './redact-text.ts';
export { type RedactValueOptions, redactValue } from './redact-value.ts';
