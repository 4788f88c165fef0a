import { type Finder, matchesOf } from './finder.ts';
import type { Range } from './range.ts';
import { readBraces, readValue, type Value } from './read-value.ts';
import { commandFinders, findBehind } from './secret-commands.ts';
import {
  continuesSentence,
  isReference,
  isSecretValue,
  isState,
  looksLikeKey,
  looksRandom,
  mayNameSecret,
  secretFlagStrength,
  secretNameStrength,
} from './secret-name.ts';

/** `NAME=`, `"name": `, `name: `, `name => ` with the name in group 1 and what separates it in group 2. */
const ASSIGNMENT =
  /(?<![\w./-])([\w.-]{1,120})(?:\\{0,3}["'`])?\]?([ \t]{0,3}(?:=(?![=>~])|:(?![:/])|=>(?=[ \t]{0,3}\\{0,3}["']))[ \t]{0,3})/g;
/** `--name value` (where the value is not a flag). */
const FLAG = /(?<![\w-])--?([A-Za-z][\w.-]{1,60})[ \t]{1,3}(?!-)/g;
/** `Bearer x`, `Basic x`: an authorization without its header's name. */
const SCHEME = /(?<![\w-])(?:Bearer|Basic|Token|ApiKey|Negotiate|NTLM|Bot)[ \t]{1,3}/gi;
const SCHEME_WORD = /(?:Bearer|Basic|Token|ApiKey|Negotiate|NTLM|Bot)[ \t]/i;
const AUTHORIZATION_SCHEME =
  /(?:Bearer|Basic|Token|ApiKey|Negotiate|NTLM|Bot|Digest|OAuth|AWS4-HMAC-SHA256)[ \t]{1,3}/iy;
/** `aws configure set name value`. */
const CONFIGURED =
  /(?<![\w-])config(?:ure)?[ \t]{1,3}set[ \t]{1,3}(?:--?[\w-]{1,30}[ \t]{1,3}){0,3}([\w./:@][\w./:@-]{0,120})[ \t]{1,3}(?!-)/g;
/** `read -s PASS <<< value`. */
const READ_FROM = /(?<![\w-])read((?:[ \t]{1,3}-?\w{1,60}){1,6})[ \t]{0,3}<<<[ \t]{0,3}/g;
/** `name==value` of HTTPie; elsewhere a comparison. */
const QUERY_ITEM = /(?<![\w./-])([\w.-]{1,60})==(?!=)/g;
const HTTPIE = /(?:^|[\s;&|(])(?:https?|xhs?)[ \t]/;
const CURL_COOKIE = /(?<![\w-])curl\b[^\n|;&]{0,300}?[ \t]-b[ \t]{0,3}["']?(?=[^\s;=,"']{1,100}=)/g;
const COOKIE = /(?<![\w-])(?:set-)?cookie\\{0,3}["']?[ \t]{0,3}[:=][ \t]{0,3}\\{0,3}["']?/gi;
const COOKIE_PAIR = /[^\s;=,"'\\]{1,100}=([^\s;,"'\\]*)(?:;[ \t]?)?/y;
/** Parameters that carry a secret in URLs only. */
const QUERY = /[?&#](?:key|sig|signature|auth|code|t|st|hmac|x-amz-signature|x-goog-signature)=([^\s&#"'<>)\]]{8,})/gi;
const URL_AUTHORITY = /(?<![\w+.-])([a-z][\w+.-]{1,30}):\/\/([^\s"'<>`\\]{1,600})/gi;
/** The same in a word whose quotes are read: others in it belong to the password. */
const WORD_AUTHORITY = /(?<![\w+.-])([a-z][\w+.-]{1,30}):\/\/([^\s]{1,600})/gi;
/** What follows the `@` before a host, or before several hosts of a database. */
const HOST = /^(?:[a-z\d_-][\w.-]*|\[[\da-f:]+\])(?::\d{1,5})?(?=[/?#,;)]|$)/i;
const CERTAIN_HOST =
  /^(?:localhost|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}|[\w.-]+(?=:\d))(?::\d{1,5})?(?=[/?#,;)]|$)/i;
/** SQL: `PASSWORD 'x'`, `IDENTIFIED BY 'x'`. */
const SQL =
  /(?<![\w.-])(?:(PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS)(?:[ \t]{1,3}FOR[ \t]{1,3}[^\s=]{1,80}[ \t]{0,3}=|[ \t]{1,3}TO(?=[ \t]{1,3}["']))?|IDENTIFIED[ \t]{1,3}(?:WITH[ \t]{1,3}[\w'"]{1,60}[ \t]{1,3})?(?:BY|USING|AS))(?:\s{1,3}|[ \t]{0,3}\([ \t]{0,3})(?=[^\s=])/gi;
const SQL_WORD = /pass|secret|credentials|identified/i;
/** `setPassword("x")` */
const CALL = /(?<![\w$.])([\w$.]{2,80})\([ \t]{0,3}(?=["'`])/g;
const ASKS =
  /(?:^|\.)(?:get|read|load|find|fetch|lookup|require|prompt|ask|input|hash|has|is|verify|check|validate)[A-Z_]?\w*$/i;
/** `set("X-Api-Key", "x")` */
const NAMED_ARGUMENT = /\([ \t]{0,3}["']([\w.-]{2,80})["'][ \t]{0,3},[ \t]{0,3}(?=["'])/g;
/** `name: TOKEN` and `value: x` beside each other, in YAML, JSON and XML. */
const NAMED_VALUE =
  /(?<![\w-])(?:name|key)\\{0,3}["']?\s{0,3}[:=]\s{0,3}\\{0,3}["']?([\w.-]{2,80})\\{0,3}["']?[\s,;]{1,40}\\{0,3}["']?value\\{0,3}["']?\s{0,3}[:=]\s{0,3}/gi;
/** `password: |` and `password: >-` of YAML, and the deeper lines that follow. */
const BLOCK =
  /^([ \t]{0,60})(?:- )?["']?([\w.-]{1,120})["']?:[ \t]{1,3}[|>][+-]?\d?[ \t]{0,3}\n((?:\1[ \t]+[^\n]*(?:\n|$)|[ \t]*\n)+)/gm;
/** Columns and rows of an insertion. */
const INSERTION =
  /(?<!\w)INSERT\s{1,9}(?:\w{1,9}\s{1,9}){0,2}INTO\s{1,9}[^\s(]{1,120}\s{0,9}\(([^()]{1,1000})\)\s{0,9}VALUES?\s{0,9}\(/gi;
const SQL_ITEM =
  /\s{0,20}(?:[NnEe]?'((?:[^']|''){0,500})'|"([^"]{0,500})"|[^,'"()]{1,200}(?:\([^()]{0,200}\))?)\s{0,20}(,|\))?(?:\s{0,20},\s{0,20}\()?/y;
/** The key of an encrypted SQLite database. */
const SQLITE_KEY =
  /(?<!\w)(?:PRAGMA[ \t]{1,3}(?:re)?key[ \t]{0,3}=[ \t]{0,3}|ATTACH\b[^\n;]{1,200}[ \t]KEY[ \t]{1,3})(?=["'])/gi;
/** A user and a password side by side in code: `auth=("bob", "x")`, `HTTPBasicAuth("bob", "x")`, `.login("bob", "x")`. */
const CODE_LOGIN =
  /(?:(?<!\w)auth["']?[ \t]{0,3}[=:][ \t]{0,3}[([]|(?:[Bb]asic|[Dd]igest)_?[Aa]uth\(|\.(?:auth|login|authenticate)\()[ \t]{0,3}["'][^"'\n]{1,100}["'][ \t]{0,3},[ \t]{0,3}(?=["'])/g;
/** `EXEC sp_addlogin 'bob', 'x'` */
const SQL_LOGIN = /(?<!\w)sp_add\w{0,10}login[ \t]{1,3}N?'[^'\n]{1,100}'[ \t]{0,3},[ \t]{0,3}N?(?=')/gi;
/** The proof in an `Authorization: Digest …` or `AWS4-HMAC-SHA256 …`. */
const PROOF =
  /(?<=authorization["']?:[^\n]{1,600})(?<!\w)(?:response|signature|oauth_signature|cnonce)=(?=["']?[\w%+/-]{8})/gi;
/** A line of `.netrc` within quotes: `login bob\npassword x\n`. */
const NETRC = /(?:\\n|(?<!\w))login[ \t]{1,3}\S{1,100}?(?:\s|\\n){1,4}password[ \t]{1,3}([^\s"'\\]{1,200})/g;
const SAYS = /[:=→—–] | (?:is|was|->) /;
/** What people write: `Password for bob is x`, `API key (prod): x`. */
const SAID =
  /(?<![\w-])(?:password|passphrase|passcode|pass[- ]?word|api[- _]?(?:key|token|secret)|(?:access|auth|client|bearer|secret)[- _]?(?:key|token|secret)|secret|token)(?:[ \t]{1,3}(?:for|of)[ \t]{1,3}\S{1,60}|[ \t]{0,3}\([^()\n]{1,40}\))?[ \t]{0,3}(?:\bis\b|\bwas\b|:|=|→|->|[—–])(?:[ \t]{1,3}(?:now|set to))?[ \t]{1,3}["'\x60]?(?=\S)/gi;
const ELEMENT = /<([\w:.-]{2,80})((?:\s[^<>]{0,200})?)>(?=([^<>]{1,500})<\/)/g;
/** A line of `.pgpass`. */
const PGPASS = /^[\w.*-]{1,100}:(?:\d{2,5}|\*):[\w*-]{1,60}:[\w*.@-]{1,60}:(?=\S{1,200}$)/gm;
/** The answer to a question for a password in a script of expect. */
const SENT = /(?<![\w-])send[ \t]{1,3}(?:--[ \t]{1,3})?\\{0,3}"([^"\\\n]{1,200})(?=\\{1,4}[rn])/g;
/** `jdbc:oracle:thin:user/x@host` */
const ORACLE = /jdbc:oracle:\w{2,5}:\w{1,60}\/([^@\s"']{1,200})(?=@)/g;
const SECURE_STRING =
  /(?:ConvertTo-SecureString(?:[ \t]{1,3}-String)?[ \t]{1,3}(?=[^\s$-])|SecureString[ \t]{1,3}(?=["']))/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** `user = "bob:x"` of a curl settings file, `ETCDCTL_USER=root:x`. */
const USER_PAIR =
  /(?<![\w-])(?:[\w-]{1,40}_)?(?:user|userpwd|basic_?auth)["']?[ \t]{0,3}[=:][ \t]{0,3}["']?[\w.@-]{1,60}:([^\s"',;@/\\]{6,200})/gi;
/** A key of PuTTY: base64 lines after their number. */
const PUTTY_KEY = /Private-Lines:[ \t]{0,3}\d{1,3}(?:\n|\\n)([\w+/=]{1,100}(?:(?:\n|\\n)[\w+/=]{1,100}(?=\s|\\n|$))*)/g;
const PRIVATE_KEY_END = '-----END';

/** Secrets recognized by their place: beside a name, after a flag, in a header, a URL or a PEM block. */
export const PLACES: readonly Finder[] = [
  { may: mayNameSecret, find: findNamed },
  ...commandFinders(findInWord),
  { may: (text) => SQL_WORD.test(text), find: (text) => findBehind(text, SQL, isSql) },
  { may: (text) => text.includes('</'), find: findElements },
  { may: (text) => /securestring/i.test(text), find: (text) => findBehind(text, SECURE_STRING) },
  { may: (text) => text.includes('jdbc:oracle:'), find: (text) => findGroups(text, ORACLE) },
  { may: asksForPassword, find: (text) => (asksForPassword(text) ? findGroups(text, SENT) : []) },
  {
    may: (text) => /:(?:\d{2,5}|\*):/.test(text),
    find: (text) => findBehind(text, PGPASS, (_, { text: word }) => looksRandom(word)),
  },
  { may: (text) => text.includes('curl'), find: (text) => findCookies(text, CURL_COOKIE) },
  { may: (text) => SCHEME_WORD.test(text), find: findSchemes },
  { may: (text) => text.includes('://'), find: findInAuthorities },
  { may: (text) => text.includes('='), find: findInQueries },
  { may: (text) => text.includes('-----BEGIN'), find: findPrivateKeys },
  {
    may: (text) => /user|auth/i.test(text),
    find: (text) => findGroups(text, USER_PAIR).filter(({ start, end }) => isPassword(text.slice(start, end))),
  },
  {
    may: (text) => /auth|login/i.test(text),
    find: (text) => findBehind(text, CODE_LOGIN, (_, value) => looksRandom(value.text)),
  },
  { may: (text) => /sp_add/i.test(text), find: (text) => findBehind(text, SQL_LOGIN) },
  { may: (text) => text.includes('Private-Lines'), find: (text) => findGroups(text, PUTTY_KEY) },
];

function isNamed(match: RegExpExecArray, value: Value): boolean {
  const strength = secretNameStrength(match[1] ?? '');
  return strength !== undefined && (strength !== 'faint' || isSecretValue(strength, value.text));
}

function isFlag(match: RegExpExecArray, value: Value): boolean {
  // `--auth bob:x`: what reads the arguments keeps the user.
  const [whole, name = ''] = match;
  if (/(?:auth|creds?)$/.test(name) && /^[^:]+:./.test(value.text)) return false;
  // `-pSecretPw shop` has the password glued to the flag; `--secret db` may name it: what reads the arguments knows more.
  if ((/^-p(?!a|w|sk)/.test(whole) && /[A-Z\d]/.test(name)) || name === 'secret') return false;
  if (isCount(name, value.text)) return false;
  return (
    secretFlagStrength(match[1] ?? '') !== undefined &&
    isNamed(match, value) &&
    !continuesSentence(value.text) &&
    !/^(?:pass|env|file|fd):/.test(value.text)
  );
}

function isSql([whole, word]: RegExpExecArray, value: Value): boolean {
  if (word === undefined) return value.quoted || looksRandom(value.text);
  return (
    value.quoted && (/^pass/i.test(word) || word === word.toUpperCase()) && !/^[\s,;)]/.test(value.text) && whole !== ''
  );
}

function isCall(match: RegExpExecArray, value: Value): boolean {
  const [, name = ''] = match;
  return value.quoted && !ASKS.test(name) && isNamed(match, value) && looksRandom(value.text);
}

function findNamed(text: string): Range[] {
  return [
    ...findAssignments(text),
    ...findBehind(text, FLAG, isFlag),
    ...findBehind(text, CALL, isCall),
    ...findBehind(text, NAMED_ARGUMENT, (match, value) => isNamed(match, value) && looksRandom(value.text)),
    ...findBehind(text, NAMED_VALUE, isNamed),
    ...findBehind(text, CONFIGURED, isNamed),
    ...findBehind(text, READ_FROM, isNamed),
    ...(HTTPIE.test(text) ? findBehind(text, QUERY_ITEM, isNamed) : []),
    ...findCookies(text, COOKIE),
    ...(text.includes('\n') ? findBlocks(text) : []),
    ...(/insert/i.test(text) ? findInsertions(text) : []),
    ...(/authorization/i.test(text) ? findBehind(text, PROOF) : []),
    ...(/pragma|attach/i.test(text) ? findBehind(text, SQLITE_KEY) : []),
    ...(text.includes('login') ? findGroups(text, NETRC) : []),
    ...(SAYS.test(text) ? findBehind(text, SAID, isSaid) : []),
  ];
}

/** `pass=1 fail=0` */
function isCount(name: string, value: string): boolean {
  return /^pass$/i.test(name) && /^\d{1,3}$/.test(value);
}

/** A sentence can go on with any word; a secret has digits among its letters, or signs. */
/** Letters and digits mixed, as in no name of a person, port or group. */
function isPassword(text: string): boolean {
  return text.length >= 6 && /[A-Za-z]/.test(text) && /\d/.test(text);
}

function isSaid([whole]: RegExpExecArray, { text }: Value): boolean {
  if (looksLikeKey(text)) return !/^[\da-f-]+$/.test(text);
  return (
    /pass/i.test(whole) &&
    /[A-Za-z][^A-Za-z]*\d|\d[^\d]*[A-Za-z]/.test(text) &&
    text.length >= 6 &&
    /^[\w!@#$%^&*+?~-]+$/.test(text)
  );
}

function findBlocks(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, BLOCK)) {
    const [whole, , name = '', value = ''] = match;
    const shown = value.trim();
    const strength = secretNameStrength(name);
    if (strength === undefined || isReference(shown) || !isSecretValue(strength, shown)) continue;
    const start = match.index + whole.length - value.length + value.indexOf(shown);
    found.push({ start, end: start + shown.length });
  }
  return found;
}

/** `INSERT INTO users (name, password) VALUES ('bob', 'x')` */
function findInsertions(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, INSERTION)) {
    const names = (match[1] ?? '').split(',').map((name) => name.replace(/[\s"'\x60[\]]/g, ''));
    if (!names.some((name) => secretNameStrength(name) !== undefined)) continue;
    let at = match.index + match[0].length;
    for (let index = 0; index < 1000; index += 1) {
      SQL_ITEM.lastIndex = at;
      const item = SQL_ITEM.exec(text);
      if (item === null) break;
      const value = item[1] ?? item[2];
      const strength = secretNameStrength(names[index % names.length] ?? '');
      if (value !== undefined && value !== '' && strength !== undefined && isSecretValue(strength, value)) {
        const start = at + item[0].indexOf(value);
        found.push({ start, end: start + value.length });
      }
      at = SQL_ITEM.lastIndex;
      if (item[3] === undefined) break;
      if (item[3] === ')' && !item[0].endsWith('(')) break;
    }
  }
  return found;
}

function findAssignments(text: string): Range[] {
  const found: Range[] = [];
  let readUntil = 0;
  for (const match of matchesOf(text, ASSIGNMENT)) {
    const [whole, name = '', separator = ''] = match;
    const strength = match.index < readUntil ? undefined : secretNameStrength(name);
    if (strength === undefined) continue;
    const value = readAssigned(text, match.index + whole.length, name, separator);
    if (value === undefined || isReference(value.text)) continue;
    readUntil = value.end;
    if (isCookieList(name, value.text) || (/^(?:OLD)?PWD$/.test(name) && /^[/~]/.test(value.text))) continue;
    // `a = b` and `a: b` without quotes can also be code or prose; `A=b` is an assignment.
    const loose = !value.quoted && /[ \t:]/.test(separator);
    if (isCount(name, value.text) || text.slice(0, match.index).endsWith('--from-file=')) continue;
    // `DB_PASSWORD= ./run` empties the variable for one command.
    if (separator === '= ' && /^[A-Z_]+$/.test(name) && /^\.{0,2}\//.test(value.text)) continue;
    if (strength === 'faint' ? !isSecretValue(strength, value.text) : false) continue;
    if (loose && (isCode(text, value) || isState(value.text) || (strength === 'weak' && !looksRandom(value.text))))
      continue;
    found.push(loose ? toLineEnd(text, match.index, value) : value);
  }
  return found;
}

function readAssigned(text: string, start: number, name: string, separator: string): Value | undefined {
  if (separator === '=' && text[start] === '{') {
    const inBraces = readBraces(text, start);
    if (inBraces) return inBraces;
  }
  // The quote of `"Password: "` closes; it opens no value.
  if (separator.includes(':') && /^\\{0,3}["'`](?:[\s;,)]|$)/.test(text.slice(start, start + 5))) return undefined;
  return readAfterScheme(text, start, name);
}

/**
 * A line of YAML or of a settings file: `password: correct horse`. The value goes on to the end of the line in a text of
 * several lines, or when its first word could be one of a sentence; else to the next blank.
 */
function toLineEnd(text: string, nameStart: number, value: Value): Range {
  const lineStart = text.lastIndexOf('\n', nameStart - 1) + 1;
  if (nameStart - lineStart > 80 || !/^[ \t]*(?:- )?["']?$/.test(text.slice(lineStart, nameStart))) return value;
  const lineEnd = text.indexOf('\n', value.start);
  const line = text.slice(value.start, lineEnd === -1 ? text.length : lineEnd).replace(/\s#.*$/, '');
  const whole = (text.includes('\n') || !looksRandom(value.text)) && !/^[^\s]*[,;]?\s+[\w.-]+\s*[=:]/.test(line);
  const shown = whole ? line : (/^\S*/.exec(line)?.[0] ?? '');
  const length = shown.replace(/[\s,;"'}\])]+$/, '').length;
  return { start: value.start, end: Math.max(value.end, value.start + length) };
}

function findElements(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, ELEMENT)) {
    const [whole, tag = '', attributes = '', value = ''] = match;
    const name = /\s(?:name|key|id)=["']?([\w.-]{2,80})/.exec(attributes)?.[1] ?? tag;
    const strength = secretNameStrength(tag) ?? secretNameStrength(name);
    const start = match.index + whole.length;
    if (strength !== undefined && !isReference(value.trim()) && isSecretValue(strength, value))
      found.push({ start, end: start + value.length });
  }
  return found;
}

function asksForPassword(text: string): boolean {
  return text.includes('assword') || text.includes('assphrase');
}

/** What the first group of a pattern holds, where that is also where the match ends. */
function findGroups(text: string, pattern: RegExp): Range[] {
  return matchesOf(text, pattern).map((match) => {
    const end = match.index + match[0].length;
    return { start: end - (match[1]?.length ?? 0), end };
  });
}

/** `Cookie: a=b; c=d`: masked cookie by cookie. */
function isCookieList(name: string, value: string): boolean {
  return /cookie$/i.test(name) && value.includes('=');
}

function readAfterScheme(text: string, start: number, name: string): Value {
  const value = readValue(text, start);
  if (!/authorization$|auth$/i.test(name)) return value;
  AUTHORIZATION_SCHEME.lastIndex = value.start;
  const scheme = AUTHORIZATION_SCHEME.exec(text)?.[0].length ?? 0;
  if (scheme === 0) return value;
  if (!value.quoted) return { ...readValue(text, value.start + scheme), quoted: true };
  const from = Math.min(value.start + scheme, value.end);
  return { start: from, end: value.end, text: text.slice(from, value.end), quoted: true };
}

/** `getToken(`, `config.token`, `process.env.TOKEN`, `await x`: the right side of an assignment in code. */
function isCode(text: string, value: Value): boolean {
  if (/^[A-Z][a-z]+-[A-Z][a-z]/.test(value.text) && /[ \t]/.test(text[value.end] ?? '')) return true;
  if (/^(?:await|new|typeof|string|number|boolean|os|process|import|env|config|settings|this|self)\b/.test(value.text))
    return true;
  return /^[A-Za-z_$][\w$.]*$/.test(value.text) && /[([]/.test(text[value.end] ?? '');
}

function findSchemes(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, SCHEME)) {
    const value = readValue(text, match.index + match[0].length);
    if (!value.quoted && value.text.length >= 8 && looksRandom(value.text) && !isReference(value.text))
      found.push(value);
  }
  return found;
}

function findCookies(text: string, pattern: RegExp): Range[] {
  const found: Range[] = [];
  let readUntil = 0;
  for (const match of matchesOf(text, pattern)) {
    if (match.index < readUntil) continue;
    COOKIE_PAIR.lastIndex = match.index + match[0].length;
    for (let pair = COOKIE_PAIR.exec(text); pair !== null; pair = COOKIE_PAIR.exec(text)) {
      readUntil = COOKIE_PAIR.lastIndex;
      const end = pair.index + pair[0].replace(/;[ \t]?$/, '').length;
      const start = end - (pair[1]?.length ?? 0);
      if (end > start) found.push({ start, end });
    }
  }
  return found;
}

/** What a program is given whose quotes or backslashes hide it from the finders that read the text as it stands. */
function findInWord(text: string): Range[] {
  return [
    ...(mayNameSecret(text) ? findAssignments(text) : []),
    ...(SQL_WORD.test(text) ? findBehind(text, SQL, isSql) : []),
    ...(text.includes('://') ? findInAuthorities(text, WORD_AUTHORITY) : []),
  ];
}

/** Passwords and lone tokens in URLs. */
function findInAuthorities(text: string, pattern = URL_AUTHORITY): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, pattern)) {
    const [whole, scheme = '', rest = ''] = match;
    const password = findPassword(rest, /^(?:https?|wss?|git|ssh|file|npm)$/i.test(scheme));
    const offset = match.index + whole.length - rest.length;
    if (password) found.push({ start: offset + password.start, end: offset + password.end });
  }
  return found;
}

function findInQueries(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, QUERY)) {
    const value = match[1] ?? '';
    const end = match.index + match[0].length;
    if (looksRandom(value)) found.push({ start: end - value.length, end });
  }
  return found;
}

/** The password (or lone token) before the host of `user:password@host/…`; `@`, `/` and `?` in it do not end it. */
function findPassword(text: string, isWeb: boolean): Range | undefined {
  const rest = text.replace(/,[a-z][\w+.-]{1,30}:\/\/.*$/i, '');
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const colon = authority.indexOf(':');
  const at = colon === -1 ? authority.lastIndexOf('@') : findHostMark(rest, authority, isWeb);
  if (at === -1) return undefined;
  if (colon !== -1 && colon < at) {
    const password = rest.slice(colon + 1, at);
    const user = rest.slice(0, colon);
    if (user.length >= 16 && looksRandom(user))
      return { start: 0, end: /^(?:x-oauth-basic|x)?$/.test(password) ? colon : at };
    return isReference(password) ? undefined : { start: colon + 1, end: at };
  }
  return at >= 16 && looksRandom(rest.slice(0, at)) ? { start: 0, end: at } : undefined;
}

/** The last `@` that can stand before a host. In the path of a page there may be others: `/@user`, `/vue@3`. */
function findHostMark(rest: string, authority: string, isWeb: boolean): number {
  const first = authority.lastIndexOf('@');
  const port = authority.slice(authority.indexOf(':') + 1);
  if (first === -1 && /^\d{1,5}$/.test(port)) return -1;
  if (first !== -1 && (isWeb || rest[authority.length] !== '/') && CERTAIN_HOST.test(rest.slice(first + 1)))
    return first;
  const pattern = isWeb ? CERTAIN_HOST : HOST;
  for (
    let at = rest.lastIndexOf('@'), tries = 0;
    at > first && tries < 8;
    at = rest.lastIndexOf('@', at - 1), tries += 1
  ) {
    if (rest[at - 1] !== '/' && pattern.test(rest.slice(at + 1))) return at;
  }
  return first === -1 ? rest.lastIndexOf('@') : first;
}

function findPrivateKeys(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, PRIVATE_KEY)) {
    const start = match.index + match[0].length;
    const end = text.indexOf(PRIVATE_KEY_END, start);
    found.push({ start, end: end === -1 ? text.length : end });
    if (end === -1) break;
  }
  return found;
}
