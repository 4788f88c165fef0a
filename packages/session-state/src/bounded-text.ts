import { redactLine } from '@live-status/redaction';

/** Longest text that is kept of an answer or a comment, code points. */
export const TEXT_CHARS = 500;
const REASON_CHARS = 200;
const NAME_CHARS = 80;
const STEP_CHARS = 200;

/** The first line of untrusted text that is not empty, redacted and bounded. */
export function boundFirstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return redactLine(line.trim(), { maxChars: TEXT_CHARS });
}

/** A name from a transcript (of a tool, a session, a job), redacted and bounded. */
export function boundName(name: string): string {
  return redactLine(name, { maxChars: NAME_CHARS });
}

/** Why something failed or ended, redacted and bounded. */
export function boundReason(reason: string): string {
  return redactLine(reason, { maxChars: REASON_CHARS });
}

/** A step of a checklist, redacted and bounded. */
export function boundStep(text: string): string {
  return redactLine(text, { maxChars: STEP_CHARS });
}
