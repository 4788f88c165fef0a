/**
 * How certain a name is: `strong` masks any value, `weak` only one that does not look like a word, and `faint` only one that
 * looks like a key.
 */
export type NameStrength = 'strong' | 'weak' | 'faint';

const SECRET_END =
  /(?:password|passwd|passphrase|passcode|passwort|secret|token|apikey|accesskey|authkey|privatekey|secretkey|credentials?|authorization)s?$/;
/** Whole words, and ends of words that are run together (`storepass`, `dbpwd`, `authcred`). */
const SHORT_END = /(?:pass|pwd|psk|creds?|apikey|pw|pat|jwt|bearer|auth|cookies?|sas)$/;
const SHORT_WORD = /^(?:pass|pwd|pw|pat|jwt|bearer|auth|cookies?|sas|psk|creds?|passin|passout|otp)$/;
const RUN_TOGETHER = /^\w+(?:pass|pwd|psk|creds|pw)$/;
/** Words with such an end that have nothing to do with secrets. */
const OTHER_END =
  /^(?:bypass|compass|trespass|surpass|(?:over|under|low|high|band|all|multi|single|first|second|one|two|re|sub|by|im|render)pass|oldpwd|tokens|secrets|nopass(?:wd|word)?)$/;
const KEY_KIND =
  /^(?:api|access|private|secret|auth|signing|encryption|account|master|shared|service|client|storage|subscription|app|deploy|license|host|integration|routing|admin|webhook|hmac|aes|wep|wifi|session|vault|stripe|functions?|consumer|customer|provider|vendor|merchant|publishable|bot|user|project)$/;
/** Kinds of keys that are shown to everybody, and things called keys that open nothing. */
const OPEN_KEY =
  /^(?:public|pub|primary|foreign|cache|partition|sort|group|row|unique|composite|object|map|hot|short|cut|arrow|index|idempotency|dedupe|lookup|config|message|translation|i18n|react|json|issue|project|s3|bucket|file|key|gpg|ssh|host|node|etag|hash|store|lock|session|run|job|box|build|data|test)$/;
const PASSWORD = /password|passwd|passphrase|pwd|secret/;
/** What may follow `password` or `secret` in the name of a secret (`SECRET_KEY_BASE`, `PASSWORD_2`); `…_FILE` is a path. */
const STILL_SECRET =
  /^(?:key|base|hash|salt|value|old|new|confirm|confirmation|current|prod|production|dev|staging|test|b64|base64|string|data|json|plain|text|raw|root|user|admin|db|\d+)$/;
/** What a name is about instead when it ends so. */
const ABOUT =
  /^(?:file|path|dir|stdin|fd|env|cmd|command|prompt|manager|store|helper|length|len|policy|min|max|name|names|id|ids|arn|type|url|uri|endpoint|provider|ttl|expiry|expires|expiration|limit|limits|count|size|algorithm|algo|source|ref|version|output|format|mode|field|fields|required|valid|strength|reset|rotation|authentication|rate|bucket|level|label|title|hint|input|changed|at|date|kind|list|store|usage|budget|page|next|prev)$/;
/** Single words that also occur in ordinary sentences and code. */
const PROSE = /^(?:token|secret|credentials?|auth|authorization|pat|pass|pw|cookies?|bearer|jwt|sas|creds?|otp)$/;
/** Flags that ask for a secret, or are about one, take none. */
const ASKING =
  /^(?:no|ask|prompt|show|hide|skip|without|generate|print|use|enable|disable|allow|require|export|import|list|delete|edit)$/;

/**
 * Every name that is recognized below contains one of these, so most names need not be split into words. Unicode, because
 * some letters outside ASCII become ASCII in lower case (the Kelvin sign).
 */
const HINT = /pass|pwd|pw|psk|secret|token|key|cred|auth|pat|jwt|bearer|cookie|sas|otp/iu;

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

/** The same for a flag: `--ask-pass` and `--with-token` take no value. */
export function secretFlagStrength(flag: string): NameStrength | undefined {
  const strength = secretNameStrength(flag);
  if (strength === undefined) return undefined;
  const words = toWords(flag.slice(0, 200));
  return ASKING.test(words[0] ?? '') || words.join('-') === 'with-token' ? undefined : strength;
}

/** The same without the shortcut. */
export function strengthOf(name: string): NameStrength | undefined {
  const words = toWords(name.slice(0, 200));
  const last = withoutNumber(words.at(-1));
  if (last === undefined || OTHER_END.test(last) || words.at(-2) === 'existing' || words[0] === 'existing')
    return undefined;
  if (isSecretWord(last, words.at(-2))) return words.length === 1 && PROSE.test(last) ? 'weak' : 'strong';
  if (words.length === 1 || last === 'signingkey') return undefined;
  // The second half of a login (AppRole), or the name of a stored secret.
  if (last === 'id' && words.at(-2) === 'secret') return 'faint';
  if (last === 'key' || /[a-z]key$/.test(last)) return OPEN_KEY.test(words.at(-2) ?? '') ? undefined : 'faint';
  const about = words.some((word) => PASSWORD.test(word) && !OTHER_END.test(word));
  if (about && STILL_SECRET.test(last)) return 'strong';
  return about && !ABOUT.test(last) ? 'faint' : undefined;
}

/** `password2` */
function withoutNumber(word: string | undefined): string | undefined {
  return word !== undefined && /[a-z]{2}\d{1,2}$/.test(word) && !/^(?:sha|md|base|oauth|b)\d+$/.test(word)
    ? word.replace(/\d+$/, '')
    : word;
}

function isSecretWord(last: string, before: string | undefined): boolean {
  if (last === 'tokens' || last === 'secrets') return false;
  if (SECRET_END.test(last) || SHORT_WORD.test(last)) return true;
  if (SHORT_END.test(last) && RUN_TOGETHER.test(last)) return true;
  if (last === 'material') return before === 'key';
  return last === 'key' && KEY_KIND.test(before ?? '');
}

/** Whether a value looks random rather than like a word, a number or a reference. */
export function looksRandom(value: string): boolean {
  if (value.length < 6) return false;
  if (/^[a-z]+(?:[-_ ][a-z]+)*$/i.test(value)) return value.length >= 20 && /[a-z][A-Z]/.test(value);
  return /\d/.test(value) || /[^\w.\-/:]/.test(value);
}

/** Whether a value beside a name of this strength is a secret. */
export function isSecretValue(strength: NameStrength, value: string): boolean {
  if (strength === 'strong') return true;
  return strength === 'weak' ? looksRandom(value) : looksLikeKey(value);
}

/** Whether a value is long, of one piece, and mixes digits and letters as words and versions do not. */
export function looksLikeKey(value: string): boolean {
  if (!/^[\w+/=~-]{16,}$/.test(value) || /^[/~]|\//.test(value.slice(0, 1))) return false;
  const letters = value.replace(/[^A-Za-z0-9]/g, '');
  return letters.length >= 16 && mixes(letters) >= letters.length / 5;
}

/** How often digits, small and capital letters change. */
export function mixes(letters: string): number {
  let changes = 0;
  let before = -1;
  for (let at = 0; at < letters.length; at += 1) {
    const code = letters.charCodeAt(at);
    const kind = code < 58 ? 0 : code < 91 ? 1 : 2;
    if (before !== -1 && kind !== before) changes += 1;
    before = kind;
  }
  return changes;
}

/** Values that only point at a secret (`$TOKEN`, `${TOKEN}`, `$(pass show x)`, `<token>`) or say there is none. */
const REFERENCE =
  /^(?:\$[A-Z_][A-Z0-9_]*|\$[a-z_]+|\$env:\w+|\$\{[\w.]+\}|\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|\{[A-Za-z_$][A-Za-z_$.]*\}|\$\((?!\s*(?:echo|printf)(?:\s+-\w+)*\s+["']?[\w!@#%^])[^)]*\)?|%\w+%|%[sdqv](?:\\n)?|<[\w -]+>|env:\w+|file:[\w./~-]+|[Tt]rue|[Ff]alse|TRUE|FALSE|[Nn]ull|NULL|[Nn]one|nil|undefined|yes|no|on|off|ON|OFF|agent:[\w:.-]+|\*+|\.{3}|…)$/;

/** Whether a value is not a secret in itself, whatever its name is. */
export function isReference(value: string): boolean {
  return value === '' || REFERENCE.test(value);
}

/** What is said of a password in the place of one. */
const SAID_OF =
  /^(?:required|optional|hidden|redacted|missing|invalid|valid|changed|unchanged|expired|expires|empty|set|unset|masked|disabled|enabled|incorrect|wrong|string|updated|reset|accepted|rejected|mismatch)$/i;

/** Whether a word says how a password is rather than what it is. */
export function isState(word: string): boolean {
  return SAID_OF.test(word);
}

/** What follows the name of a flag in a sentence about it. */
const SENTENCE =
  /^(?:flag|option|argument|parameter|support|to|is|are|and|or|for|in|on|from|as|with|when|must|may|should|can|was|has|the|a)$/;

/** Whether a word after a flag goes on with a sentence about the flag. */
export function continuesSentence(word: string): boolean {
  return SENTENCE.test(word);
}
