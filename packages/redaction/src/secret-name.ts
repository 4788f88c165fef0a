/** How certain a name is: `strong` masks any value, `weak` only one that does not look like a word. */
export type NameStrength = 'strong' | 'weak';

const SECRET_END =
  /(?:password|passwd|passphrase|passcode|secret|token|apikey|accesskey|privatekey|secretkey|credentials?|authorization)$/;
const SECRET_WORD = new Set(['pass', 'pwd', 'pw', 'pat', 'jwt', 'bearer', 'auth', 'cookie', 'cookies', 'sas']);
const KEY_KIND =
  /^(?:api|access|private|secret|auth|signing|encryption|account|master|shared|service|client|storage|subscription|app|deploy|license|host|integration|routing)$/;
const PASSWORD = /password|passwd|passphrase|pwd|secret/;
/** What may follow `password` or `secret` in the name of a secret (`SECRET_KEY_BASE`, `PASSWORD_2`); `…_FILE` is a path. */
const STILL_SECRET =
  /^(?:key|base|hash|salt|value|old|new|confirm|confirmation|current|prod|production|dev|staging|test|b64|base64|string|data|json|\d+)$/;
/** Single words that also occur in ordinary sentences and code. */
const PROSE = /^(?:token|secret|credentials?|auth|authorization|pat|pass|pw|cookies?|bearer|jwt|sas)$/;

/**
 * Every name that is recognized below contains one of these, so most names need not be split into words. Unicode, because
 * some letters outside ASCII become ASCII in lower case (the Kelvin sign).
 */
const HINT = /pass|pwd|pw|secret|token|key|cred|auth|pat|jwt|bearer|cookie|sas/iu;

/** `GITHUB_TOKEN`, `apiKey`, `X-Auth-Token` in lower-case words. */
function toWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** False when no name in a text can be that of a secret, as in most texts. */
export function mayNameSecret(text: string): boolean {
  return HINT.test(text);
}

/** Whether the value beside this name (variable, flag, header, key) is a secret, or `undefined` if it is not one by its name. */
export function secretNameStrength(name: string): NameStrength | undefined {
  return mayNameSecret(name) ? strengthOf(name) : undefined;
}

/** The same without the shortcut. */
export function strengthOf(name: string): NameStrength | undefined {
  const words = toWords(name.slice(0, 200));
  const last = words.at(-1);
  if (last === undefined) return undefined;
  const secret =
    SECRET_END.test(last) ||
    SECRET_WORD.has(last) ||
    (last === 'key' && KEY_KIND.test(words.at(-2) ?? '')) ||
    (words.length > 1 && STILL_SECRET.test(last) && words.some((word) => PASSWORD.test(word)));
  if (!secret) return undefined;
  return words.length === 1 && PROSE.test(last) ? 'weak' : 'strong';
}

/** Whether a value looks random rather than like a word, a number or a reference. */
export function looksRandom(value: string): boolean {
  if (value.length < 6) return false;
  if (/^[a-z]+(?:[-_ ][a-z]+)*$/i.test(value)) return value.length >= 20 && /[a-z][A-Z]/.test(value);
  return /\d/.test(value) || /[^\w.\-/:]/.test(value);
}

/** Values that only point at a secret (`$TOKEN`, `${TOKEN}`, `$(pass show x)`, `<token>`) or say there is none. */
const REFERENCE =
  /^(?:\$[A-Z_][A-Z0-9_]*|\$env:\w+|\$\{[\w.]+\}|\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\$\([^)]*\)?|%\w+%|<[\w -]+>|true|false|null|none|nil|undefined|yes|no|\*+|\.{3}|…)$/;

/** Whether a value is not a secret in itself, whatever its name is. */
export function isReference(value: string): boolean {
  return value === '' || REFERENCE.test(value);
}
