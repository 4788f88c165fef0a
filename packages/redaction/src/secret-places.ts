import { type Finder, matchesOf } from './finder.ts';
import type { Range } from './range.ts';
import { readValue, type Value } from './read-value.ts';
import { COMMANDS, findBehind } from './secret-commands.ts';
import { isReference, looksRandom, mayNameSecret, secretNameStrength } from './secret-name.ts';

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
const CONFIGURED = /(?<![\w-])config(?:ure)?[ \t]{1,3}set[ \t]{1,3}([\w./:@-]{1,120})[ \t]{1,3}(?!-)/g;
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
const URL_AUTHORITY = /(?<![\w+.-])[a-z][\w+.-]{1,30}:\/\/([^\s"'<>`\\]{1,600})/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PRIVATE_KEY_END = '-----END';

/** Secrets recognized by their place: beside a name, after a flag, in a header, a URL or a PEM block. */
export const PLACES: readonly Finder[] = [
  { may: mayNameSecret, find: findNamed },
  ...COMMANDS,
  { may: (text) => text.includes('curl'), find: (text) => findCookies(text, CURL_COOKIE) },
  { may: (text) => SCHEME_WORD.test(text), find: findSchemes },
  { may: (text) => text.includes('://'), find: findInAuthorities },
  { may: (text) => text.includes('='), find: findInQueries },
  { may: (text) => text.includes('-----BEGIN'), find: findPrivateKeys },
];

function isNamed(match: RegExpExecArray): boolean {
  return secretNameStrength(match[1] ?? '') !== undefined;
}

function findNamed(text: string): Range[] {
  return [
    ...findAssignments(text),
    ...findBehind(text, FLAG, isNamed),
    ...findBehind(text, CONFIGURED, isNamed),
    ...findBehind(text, READ_FROM, isNamed),
    ...(HTTPIE.test(text) ? findBehind(text, QUERY_ITEM, isNamed) : []),
    ...findCookies(text, COOKIE),
  ];
}

function findAssignments(text: string): Range[] {
  const found: Range[] = [];
  let readUntil = 0;
  for (const match of matchesOf(text, ASSIGNMENT)) {
    const [whole, name = '', separator = ''] = match;
    const strength = match.index < readUntil ? undefined : secretNameStrength(name);
    if (strength === undefined) continue;
    const value = readAfterScheme(text, match.index + whole.length, name);
    if (isReference(value.text)) continue;
    readUntil = value.end;
    if (isCookieList(name, value.text)) continue;
    // `a = b` and `a: b` without quotes can also be code or prose; `A=b` is an assignment.
    const loose = !value.quoted && /[ \t:]/.test(separator);
    if (loose && (isCode(text, value) || (strength === 'weak' && !looksRandom(value.text)))) continue;
    found.push(value);
  }
  return found;
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
  if (/^(?:await|new|typeof|string|number|boolean|os|process|import|env|config|settings|this|self)\b/.test(value.text))
    return true;
  return /^[A-Za-z_$][\w$.]*$/.test(value.text) && /[([]/.test(text[value.end] ?? '');
}

function findSchemes(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, SCHEME)) {
    const value = readValue(text, match.index + match[0].length);
    if (!value.quoted && value.text.length >= 8 && looksRandom(value.text)) found.push(value);
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

function findInAuthorities(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, URL_AUTHORITY)) {
    const rest = match[1] ?? '';
    const password = findPassword(rest);
    const offset = match.index + match[0].length - rest.length;
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

/** The password (or lone token) before the host of `user:password@host/…`; an unescaped `/` in it does not end it. */
function findPassword(rest: string): Range | undefined {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  const colon = authority.indexOf(':');
  let at = authority.lastIndexOf('@');
  if (at === -1 && colon !== -1 && !/^\d{1,5}$/.test(authority.slice(colon + 1))) at = rest.lastIndexOf('@');
  if (at === -1) return undefined;
  if (colon !== -1 && colon < at)
    return isReference(rest.slice(colon + 1, at)) ? undefined : { start: colon + 1, end: at };
  return at >= 16 && looksRandom(rest.slice(0, at)) ? { start: 0, end: at } : undefined;
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
