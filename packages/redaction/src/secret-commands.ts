import { type Finder, matchesOf } from './finder.ts';
import type { Range } from './range.ts';
import { readValue, type Value } from './read-value.ts';
import { isReference, looksRandom } from './secret-name.ts';

/** `-u user:password` of curl and others, `-a user:password` of HTTPie. */
const USER_FLAG =
  /(?<![\w-])(?:(?:-u|--user|--proxy-user|-U)(?:[ \t]{1,3}|=)|(?:https?|xhs?)(?=[ \t])[^\n|;&]{0,200}?[ \t]-a[ \t]{1,3})["']?([^\s:"']{1,100})[:%](?!\/\/)/g;
/** Commands whose short flag is a password. */
const PASSWORD_FLAG =
  /(?<![\w-])(?:(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|7z[arz]?|rar|unrar)\b[^\n|;&]{0,200}? -p(?=[^\s])|(?:sshpass|docker[ \t]+login|podman[ \t]+login|helm[ \t]+registry[ \t]+login|az[ \t]+login|redis-cli|ldapsearch|ldapmodify|unzip|zip|sqlcmd)\b[^\n|;&]{0,200}?[ \t]-(?:p|a|w|P)[ \t]{0,3}|openssl\b[^\n|;&]{0,200}?(?:\bpass:|[ \t]-[kK][ \t]{1,3}))/g;
/** `htpasswd -b file user password`; without the file when `-n` is given. */
const HTPASSWD =
  /(?<![\w-])htpasswd(?=[^\n|;&]{0,60}[ \t]-[A-Za-z]{0,6}b)(?:[ \t]{1,3}-[A-Za-z]{1,6}(?:[ \t]{1,3}\d{1,2}(?=[ \t]))?){1,4}(?:[ \t]{1,3}[^\s|;&<>-][^\s|;&<>]{0,200}){1,2}[ \t]{1,3}(?=[^\s|;&<>])/g;
/** `vault login token`; methods and their parameters are named. */
const VAULT =
  /(?<![\w-])vault[ \t]{1,3}login[ \t]{1,3}(?:-[\w-]{1,30}(?:=[^\s]{1,60})?[ \t]{1,3}){0,4}(?!-|\w{1,40}=)/g;
/** `echo x | sudo -S`: input of a command that reads a password from there. */
const PIPED =
  /(?<![\w-])(?:echo|printf)[ \t]{1,3}(?:-[a-zA-Z]{1,3}[ \t]{1,3})?(?=[^\n|]{1,200}\|[ \t]{0,3}[^\n|;&]{0,120}(?:sudo[ \t]-S\b|--password-stdin|--with-token|--passphrase-fd|chpasswd))/g;
/** The same as a here-string. */
const HERE_STRING =
  /(?:sudo[ \t]-S|--password-stdin|--with-token|--passphrase-fd|chpasswd)\b[^\n|;&<]{0,120}<<<[ \t]{0,3}/g;
const PIPED_INTO = /sudo[ \t]-S|--password-stdin|--with-token|--passphrase-fd|chpasswd/;

/** Every user flag with a password is followed by one of these. */
const USER_SEPARATOR = /[:%]/;
/** Every match of `PASSWORD_FLAG` ends with one of these. */
const PASSWORD_FLAG_END = /[ \t]-[pawPkK]|pass:/;

/** Secrets that commands take as plain arguments or from their input. */
export const COMMANDS: readonly Finder[] = [
  { may: (text) => USER_SEPARATOR.test(text), find: (text) => findBehind(text, USER_FLAG) },
  { may: (text) => PASSWORD_FLAG_END.test(text), find: (text) => findBehind(text, PASSWORD_FLAG) },
  { may: (text) => text.includes('htpasswd'), find: (text) => findBehind(text, HTPASSWD) },
  {
    may: (text) => text.includes('vault'),
    find: (text) => findBehind(text, VAULT, (_, { text: id }) => looksRandom(id)),
  },
  {
    may: (text) => PIPED_INTO.test(text),
    find: (text) => [...findBehind(text, PIPED), ...findBehind(text, HERE_STRING)],
  },
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

/** Where a password that a short flag announces begins in the last argument of a command. */
export function passwordStart(args: readonly string[], last: string): number | undefined {
  const before = `${args.join(' ')} `;
  const found = [USER_FLAG, PASSWORD_FLAG].flatMap((pattern) => findBehind(before + last, pattern));
  return found.map(({ start }) => start - before.length).find((start) => start >= 0);
}
