import { type Finder, matchesOf } from './finder.ts';
import type { Range } from './range.ts';
import { readValue, type Value } from './read-value.ts';
import { looksLikePassword, secretsInArguments } from './secret-arguments.ts';
import { isReference, looksRandom, mayNameSecret, secretFlagStrength, secretNameStrength } from './secret-name.ts';
import { type Command, rangesIn, readCommands, type Word } from './shell-words.ts';

/** `htpasswd -b file user password`; without the file when `-n` is given. */
const HTPASSWD =
  /(?<![\w-])htpasswd(?=[^\n|;&]{0,60}[ \t]-[A-Za-z]{0,6}b)(?:[ \t]{1,3}-[A-Za-z]{1,6}(?:[ \t]{1,3}\d{1,2}(?=[ \t]))?){1,4}(?:[ \t]{1,3}[^\s|;&<>-][^\s|;&<>]{0,200}){1,2}[ \t]{1,3}(?=[^\s|;&<>])/g;
/** `pass:x` of openssl. */
const OPENSSL = /(?<![\w-])openssl\b[^\n|;&]{0,200}?\bpass:/g;

/** What a command that holds a secret has beside its words: a flag, an assignment, a pipe, a here-document, a pair. */
const MAY_HOLD =
  /(?:^|\W)[-/][A-Za-z]|[=|<]|:[^\s/]|:\/\/|(?<![\w-])(?:vault|nmcli|net(?:\.exe)?|rabbitmqctl|sqlplus|sqlldr|(?:exp|imp)(?:dp)?|rman|lftp|bw|mcl?i?|steamcmd|poetry|composer|bundler?|read|login|unlock|unseal|obscure|authtoken|passwd|install|enable|printf|snmp-server)[ \t]|pass|user|register|upsert|radtest|secret-set/;

/** Lists of quoted words: `["mysql", "-px"]`. */
const LIST = /[[(]\s{0,8}(?=["'])/g;
const LIST_ITEM = /"((?:[^"\\\n]|\\.){0,2000})"|'((?:[^'\\\n]|\\.){0,2000})'/y;
const LIST_COMMA = /\s{0,40},\s{0,40}/y;

/** How deep commands inside of quotes are read (`ssh host "sh -c '…'"`). */
const MAX_DEPTH = 4;

/** Finds what is secret in a word of which quotes and backslashes have been read. */
type FindInWord = (text: string) => Range[];

/** Secrets that commands take as arguments or from their input. */
export const commandFinders = (findInWord: FindInWord): readonly Finder[] => [
  {
    may: (text) => MAY_HOLD.test(text) || mayNameSecret(text) || /identified/i.test(text),
    find: (text) => findInCommands(text, findInWord, MAX_DEPTH),
  },
  { may: (text) => text.includes('htpasswd'), find: (text) => findBehind(text, HTPASSWD) },
  { may: (text) => text.includes('openssl'), find: (text) => findBehind(text, OPENSSL) },
  { may: (text) => /["']\s{0,40},/.test(text), find: findInLists },
];

/** The values directly after the matches of a pattern, except references. */
export function findBehind(
  text: string,
  pattern: RegExp,
  isSecret: (match: RegExpExecArray, value: Value) => boolean = () => true,
): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, pattern)) {
    const value = readValue(text, match.index + match[0].length);
    if (!isReference(value.text) && isSecret(match, value)) found.push(value);
  }
  return found;
}

/** Where the secret begins in the last argument of a command, if there is one. */
export function secretStart(args: readonly string[], last: string): number | undefined {
  const spots = secretsInArguments([...args, last]);
  return spots.find(({ word }) => word === args.length)?.from;
}

function findInCommands(text: string, findInWord: FindInWord, depth: number): Range[] {
  const found: Range[] = [];
  for (const command of readCommands(text)) {
    const { words } = command;
    for (const { word, from, to } of secretsInArguments(words.map((each) => each.text))) {
      const place = words[word];
      if (!place) continue;
      found.push(...rangesIn(place, from, to));
      if (isPlaceholder(words, place.text.slice(from, to))) found.push(...findInput(command));
    }
    if (readsSecret(command)) found.push(...findInput(command));
    found.push(...findFormatted(words), ...findSubstituted(words));
    if (!HANDLES_TEXT.test(words[0]?.text ?? ''))
      found.push(...command.input.filter(({ text }) => looksLikePassword(text)).flatMap(maskWord));
    if (words.slice(1, 4).some(({ text }) => LOGS_IN.test(text)))
      found.push(
        ...command.input.filter(({ text }) => looksRandom(text) && /^[\w.~+/=-]+$/.test(text)).flatMap(maskWord),
      );
    for (const [at, word] of words.entries())
      if (SAYS_SECRET.test(words[at - 1]?.text ?? '')) found.push(...findSaid(word));
    if (depth > 0) for (const word of words) found.push(...findInside(word, findInWord, depth - 1));
  }
  return found;
}

/** `xargs -I{} curl -u bob:{}`: what is read stands for the secret. */
function isPlaceholder(words: readonly Word[], text: string): boolean {
  const first = words.slice(0, 8);
  const at = first.findIndex((word) => /^(?:.*\/)?(?:xargs|parallel)$/.test(word.text));
  if (at < 0) return false;
  const flag = first.findIndex((word, index) => index > at && /^-[Ii]/.test(word.text));
  return text === '{}' || text === (words[flag]?.text.slice(2) || words[flag + 1]?.text);
}

/** A flag with a command that says the password: `--password-command 'echo x'`. */
const SAYS_SECRET = /^--?(?:\w+[-_])?pass(?:word|phrase)?[-_]?(?:command|cmd|eval)$/;

/** Commands that ask for a key, which a here-string then answers. */
const LOGS_IN = /^(?:login|unlock|unseal|authtoken|auth)$/;
/** Programs whose input is any text. */
const HANDLES_TEXT =
  /^(?:cat|tee|wc|grep|[ef]?grep|rg|sed|awk|tr|cut|sort|uniq|head|tail|jq|yq|bc|xxd|od|base\d\d|md5sum|sha\d+sum|read|while|diff|column|xargs|python[\d.]*|node|sh|bash|perl|ruby)$/;
const SUBSTITUTED = /^<\([ \t]{0,9}(?:echo|printf)[ \t]{1,9}(?:-[neE]{1,3}[ \t]{1,9}|["']?%s["']?[ \t]{1,9})?["']?/;

/** `private-key <(echo x)`, `--password-file <(echo x)` */
function findSubstituted(words: readonly Word[]): Range[] {
  const found: Range[] = [];
  for (const [at, word] of words.entries()) {
    const says = SUBSTITUTED.exec(word.text)?.[0].length;
    // `-passin file:<(echo x)`
    const before = words[at - 1]?.text === 'file:' ? words[at - 2] : words[at - 1];
    const name = before?.text.replace(/[-_]?(?:file|path)?=?$/, '') ?? '';
    if (says === undefined || secretNameStrength(name) === undefined) continue;
    const end = word.text.replace(/["'\s]*\)$/, '').length;
    if (end > says && !isReference(word.text.slice(says, end)))
      found.push({ start: word.start + says, end: word.start + end });
  }
  return found;
}

function findSaid(word: Word): Range[] {
  return readCommands(word.text)
    .flatMap(findOutput)
    .flatMap(({ start, end }) => rangesIn(word, start, end));
}

/** The arguments of `printf 'password=%s' x` that stand beside the name of a secret. */
function findFormatted(words: readonly Word[]): Range[] {
  const at = words.findIndex(({ text }) => text === 'printf');
  const format = words[at + 1]?.text ?? '';
  if (at < 0 || !mayNameSecret(format)) return [];
  const found: Range[] = [];
  for (const [index, before] of format
    .split(/%[-\d.]*[sqb]/)
    .slice(0, -1)
    .entries()) {
    const name = /([\w.-]{1,120})["']?[ \t]{0,3}[=: ][ \t]{0,3}["']?$/.exec(before)?.[1];
    const argument = words[at + 2 + index];
    if (name !== undefined && argument && secretNameStrength(name) === 'strong') found.push(...maskWord(argument));
  }
  return found;
}

/** A word can itself be a command (`sh -c '…'`), hold one (`$(…)`), or a list or object of strings. */
function findInside(word: Word, findInWord: FindInWord, depth: number): Range[] {
  const { text, parts } = word;
  const isQuoted = parts.length > 1 || parts[0]?.quote !== '' || parts[0].at !== undefined;
  if (!isQuoted && !/[`(]/.test(text)) return [];
  if (parts.length > 1 && parts.every((part) => part.quote !== '' || /^[{}[\](),:]+$/.test(part.text)))
    return parts
      .filter((part) => part.quote !== '' && /\s/.test(part.text))
      .flatMap((part) => findInside({ ...part, parts: [part] }, findInWord, depth));
  const found: Range[] = [];
  if (isQuoted && (parts.length > 1 || parts[0]?.at !== undefined || text.includes('://')))
    found.push(...findInWord(text));
  // Outside of quotes only what is in `$(…)` is another command.
  if (/[\s`(]/.test(text) && MAY_HOLD.test(text)) {
    const inner = isQuoted ? text : text.replace(/^[^(`]*/, (head) => ' '.repeat(head.length));
    found.push(...findInCommands(inner, findInWord, depth));
  }
  return found.flatMap(({ start, end }) => rangesIn(word, start, end));
}

const READS_SECRET =
  /^(?:--?|[\w=,]{0,60},)?[\w-]{0,30}(?:password|passwd|pass|passphrase|token|secret|key|pw)[\w-]{0,20}[-_](?:stdin|fd)$|^--(?:with-token|passphrase-fd|password-stdin|identity-token-stdin)$/;
const SECRET_PROGRAM =
  /^(?:\w*passwd|su|smbpasswd|kinit|cryptsetup|vncpasswd|secret-tool|pwqgen|systemd-ask-password|argon2|ConvertTo-SecureString)$/;
const STORES = /^(?:set|put|create|add|import|insert|store)$/;

/** Whether the command reads a password or token from its input. */
function readsSecret({ words, sources, input }: Command): boolean {
  if (sources.length === 0 && input.length === 0) return false;
  const texts = words.slice(0, 40).map(({ text }) => text);
  const sudo = texts.findIndex((text) => /^(?:.*\/)?(?:sudo|doas)$/.test(text));
  if (sudo >= 0) {
    for (const text of texts.slice(sudo + 1)) {
      if (/^-[A-Za-z]*S[A-Za-z]*$|^--stdin$/.test(text)) return true;
      if (/^[a-z/]/.test(text) && !/^\w+$/.test(text) && text.includes('/')) break;
    }
  }
  // `read -s` hides what is typed.
  if (texts[0] === 'read' && texts.some((text) => /^-[a-zA-Z]{0,4}s/.test(text))) return true;
  return texts.some((text, at) => {
    const next = texts[at + 1] ?? '';
    if (READS_SECRET.test(text) || SECRET_PROGRAM.test(text.slice(text.lastIndexOf('/') + 1))) return true;
    if (/^-?-?pass(?:word|in|out)?$/.test(text.replace(/^--?/, '')) && /^(?:-|stdin|fd:0)$/.test(next)) return true;
    if (/^(?:--(?:password|token|secret)=-)$/.test(text)) return true;
    // `--password <<< x`
    if (at > 0 && at === texts.length - 1 && text.startsWith('-') && secretFlagStrength(text) === 'strong') return true;
    if (text === '--stdin' && /keystore|secret|vault|key/.test(texts[0] ?? '')) return true;
    if (/^secrets?$/.test(text) && texts.slice(at + 1, at + 4).some((verb) => STORES.test(verb))) return true;
    if (text === 'env' && next === 'add') return true;
    if (/^read$/.test(text))
      return texts.slice(at + 1).some((name) => mayNameSecret(name) && /pass|secret|token|pw|key/i.test(name));
    return /^(?:pass|gopass|passage)$/.test(text) && next === 'insert';
  });
}

/** What is given to a command to read: here-strings, here-documents, and what `echo` and `printf` say before a pipe. */
function findInput(command: Command): Range[] {
  const found: Range[] = [];
  for (const word of command.input) found.push(...maskWord(word));
  const seen = new Set<Command>();
  const pending = [...command.sources];
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    if (seen.has(source) || seen.size > 16) continue;
    seen.add(source);
    pending.push(...source.sources);
    found.push(...findOutput(source));
  }
  return found;
}

function findOutput({ words, input }: Command): Range[] {
  const found = input.flatMap(maskWord);
  const program = words.findIndex(({ text }) => /^(?:echo|printf|yes|Write-Output|print)$/.test(text));
  if (program < 0) {
    // PowerShell: "x" | docker login --password-stdin
    const [only] = words;
    return words.length === 1 && only?.parts[0]?.quote !== '' && only ? [...found, ...maskWord(only)] : found;
  }
  let args = words.slice(program + 1).filter(({ text }) => !/^-[neE]{1,3}$|^--$/.test(text));
  // A format of printf is shown when only its arguments are secret.
  if (words[program]?.text === 'printf' && args.length > 1 && /%/.test(args[0]?.text ?? '')) args = args.slice(1);
  if (
    args.length > 1 &&
    args.every(({ text, parts }) => !isReference(text) && parts.every(({ quote }) => quote === ''))
  ) {
    const [first, last] = [args[0], args.at(-1)];
    return first && last ? [...found, { start: first.start, end: last.end }] : found;
  }
  return [...found, ...args.flatMap(maskWord)];
}

function maskWord(word: Word): Range[] {
  return isReference(word.text) || /^\$\(|^-$/.test(word.text) ? [] : rangesIn(word, 0, word.text.length);
}

function findInLists(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, LIST)) {
    const items: Range[] = [];
    let at = match.index + match[0].length;
    while (items.length < 100) {
      LIST_ITEM.lastIndex = at;
      if (!LIST_ITEM.test(text)) break;
      items.push({ start: at + 1, end: LIST_ITEM.lastIndex - 1 });
      LIST_COMMA.lastIndex = LIST_ITEM.lastIndex;
      if (!LIST_COMMA.test(text)) break;
      at = LIST_COMMA.lastIndex;
    }
    if (items.length < 2) continue;
    const words = items.map(({ start, end }) => text.slice(start, end));
    for (const { word, from, to } of secretsInArguments(words)) {
      const item = items[word];
      if (item) found.push({ start: item.start + from, end: item.start + to });
    }
  }
  return found;
}
