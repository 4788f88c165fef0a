import { hideSecret, type Secret } from '@live-status/openclaw-config';

/** What was made of each list of secrets before: lines are written often. */
const SPELLINGS = new WeakMap<readonly Secret[], readonly string[]>();

/** A text in which these values are masked wherever they occur, also as JSON spells them. */
export function maskSecrets(text: string, secrets: readonly Secret[]): string {
  let spellings = SPELLINGS.get(secrets);
  if (spellings === undefined) {
    spellings = spellingsOf(secrets);
    SPELLINGS.set(secrets, spellings);
  }
  return spellings.reduce(hideSecret, text);
}

/**
 * In JSON a secret may be escaped, and escaped twice inside a quoted body. The longest first, so that no part of a value
 * is left over when a shorter one in it was replaced.
 */
function spellingsOf(secrets: readonly Secret[]): readonly string[] {
  const spellings = secrets.flatMap((secret) => {
    const escaped = escapeJson(secret.reveal());
    return [escapeJson(escaped), escaped, secret.reveal()];
  });
  return [...new Set(spellings)].sort((a, b) => b.length - a.length);
}

/** A text as it appears between the quotation marks of a JSON string. */
function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
