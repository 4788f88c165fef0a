import {
  continuesSentence,
  isReference,
  isSecretValue,
  isState,
  looksLikeKey,
  looksRandom,
  secretFlagStrength,
  secretNameStrength,
} from './secret-name.ts';

/** Where a secret is in the arguments of a command: from one character of a word on, to another or to its end. */
export interface Spot {
  readonly word: number;
  readonly from: number;
  readonly to: number;
}

/** Programs that run another command as somebody else: their own user flag says nothing of that command's flags. */
const AS_USER = /^(?:sudo|doas|runuser|gosu|su-exec)$/;
const AS_USER_VALUE = /^-(?:[A-Za-z]*[ughpCrtTUDR]|-(?:user|group|host|prompt|chdir|role|type))$/;
const CONTAINER = /^(?:docker|podman|nerdctl|docker-compose|kubectl|oc)$/;
const CONTAINER_RUN = /^(?:run|exec|create)$/;
const NO_VALUE = /^(?:-[itdTP]+|--(?:rm|init|privileged|detach|tty|interactive|stdin|no-deps|read-only|quiet))$/;
const SSH_VALUE = /^-[bcDEeFIiJLlmOopQRSWw]$/;

/** Commands whose `-p`, `-P`, `-w` or `-u` is something else; any other command may mean a password or a user by it. */
const OTHER_FLAGS =
  /^(?:mkdir|cp|mv|ln|install|rsync|tar|ssh|scp|sftp|mosh|ps|top|nmap|git|patch|read|perl|curl|date|grep|rg|ls|kill|lsof|ss|netstat|docker|podman|kubectl|journalctl|sort|diff|chown|chmod|find|tcpdump|iptables|psql|pg_\w+|createdb|dropdb|vacuumdb|su|nc|systemctl|python[\d.]*|node|gunicorn|make|cargo|npm|pnpm|npx|go|useradd|usermod|id|pgrep|pkill|ulimit|uvicorn|hive2|lpr?|lpq|celery|mvnw?|gradlew?|gcc|cc|clang)$/;
const NO_PAIR =
  /^(?:rsync|scp|date|sort|diff|git|chown|chmod|python[\d.]*|node|uvicorn|gunicorn|ls|cp|tar|install|avrdude)$/;
/** Programs whose password is glued to `-p`; behind a blank comes the name of a database or file. */
const GLUED = /^(?:mysql\w*|mariadb\w*|mariadb-\w+|mysql-\w+|7z[arz]?|rar|unrar|percona-\w+|pt-\w+|mydumper)$/;
/** Short flags that are a password without a user beside them. */
const PASSWORD_FLAGS: readonly (readonly [command: RegExp, flag: RegExp])[] = [
  [/^(?:sshpass)$/, /^-p/],
  [/^(?:redis-cli|valkey-cli)$/, /^-a/],
  [/^(?:ldap\w+|kadmin(?:\.local)?)$/, /^-w/],
  [/^ldappasswd$/, /^-[as]/],
  [/^(?:unzip|zip|zipcloak|sqlcmd|bcp|isql|ipmitool)$/, /^-P/],
  [/^(?:rar|unrar)$/, /^-hp/],
  [/^openssl$/, /^-(?:[kK]|hmac)$/],
  [/^ssh-keygen$/, /^-[NP]/],
  [/^(?:snmp\w+)$/, /^-[AXc]/],
  [/^security$/, /^-[wp]$/],
  [/^(?:useradd|usermod)$/, /^-p/],
  [/^schtasks$/, /^\/rp$/],
];
/** Certificates with a passphrase behind a colon: `--cert client.p12:x`. */
const CERTIFICATE_FLAG = /^(?:-E|--(?:proxy-)?cert)$/;
/** Words of a command that are themselves a command, or several. */
const TAKES_COMMAND = /^(?:-\w{0,4}c|-S|--split-string|--command|eval)$/;
/** Words after which a program takes a key as a plain argument; others there are names and never look like a key. */
const UNLOCKS =
  /^(?:login|unlock|unseal|auth|authtoken|add-authtoken|authenticate|activate|register|join|enroll|enable|install|connect|obscure|setup-token|authorize)$/;
/** Programs that sign questions to name servers. */
const SIGNS = /^(?:dig|kdig|delv|nsupdate|knsupdate)$/;
/** Programs that install or enable what has a name. */
const NAMES_THINGS =
  /^(?:systemctl|brew|apt(?:-get)?|dnf|yum|pip\d?|npm|pnpm|yarn|cargo|go|gem|choco|winget|snap|code|helm)$/;
/** Words after which an account and its new password follow as plain arguments. */
const SETS_ACCOUNT =
  /^(?:register|upsert|radtest|secret-set-value|(?:add|create|new|reset|change|set)[-_:]?user(?:[-_:]?pass(?:word|wd)?)?|user[-_:]?(?:add|create|pass(?:word|wd)?)|(?:set|change|reset|update)[-_:]?pass(?:word|wd)|setpassword)$/i;
/** What is kept beside a secret in a store and is none. */
const OPEN_NAME = /^(?:\w+[-_.])?(?:user(?:name)?|host(?:name)?|port|e-?mail|region|name|url|type)$/i;
/** `jq --arg name value` */
const NAMES_VALUE = /^--(?:raw)?arg(?:str)?$/;
/** Here `name==value` is a parameter; elsewhere it compares. */
const HTTPIE = /^(?:https?|xhs?)$/;
const LOGIN = /^(?:docker|podman|helm|az|buildah|oras|crane|nerdctl|oc|cf|skopeo)$/;

/** Programs that search or show text: a name in their arguments is what they look for. */
const SEARCHES =
  /^(?:grep|egrep|fgrep|rg|ag|ack|sed|awk|gawk|find|fd|cat|less|head|tail|ls|vim?|nano|code|man|cargo|pytest|go|jq|yq|cut|wc|diff|cp|mv|rm|ln|mkdir|touch|git|pass|gopass|op|chmod|chown|echo|printf)$/;
const VERBS =
  /^(?:set|put|create|add|import|write|update|store|insert|edit|encrypt|new|init|put-parameter|put-secret-value|create-secret|update-secret)$/;
const SECRET_STORE =
  /^(?:secrets?|keyvault|vault|secretsmanager|securestring|keys|tokens|--secret|\w+:secrets?|secrets?:\w+)$/i;
const VALUE_FLAG = /^(?:--(?:value|body|secret-value|secret-string|data|from-literal|plaintext)(?:=|$)|-b=?)/;

const USER_NAME = /user|login|uid|account|principal/i;
const USER_FLAG = /^(?:-[uUl]|-[uU].+|\/u(?:ser)?:.+)$/;
const PAIR_NAME = /user|auth|login|cred/i;
const GROUP_OF_USER = /^\d+:\d+$/;
const NAMES_HOST =
  /^(?:[a-z][\w-]*(?:\.[\w-]+)*\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}|localhost|[a-z][\w.-]*(?=:\d|\/\w)|(?:tcp|unix)\([^)]*\))(?::\d{1,5})?(?:\/.*)?$/i;
const NO_USER =
  /^(?:mailto|npm|sip|xmpp|acct|image|tag|sha\d+|https?|git|file|data|link|workspace|patch|catalog|jsr)$/i;

/** A command of more words is read in pieces, so that the time for each word stays bounded. */
const MAX_WORDS = 256;
/** How many words at the beginning say which command it is. */
const HEAD = 8;

/** Finds the secrets in the words of one command, which are without their quotes. */
export function secretsInArguments(words: readonly string[]): Spot[] {
  if (words.length <= MAX_WORDS) return new Arguments(words).read();
  const spots: Spot[] = new Arguments(words.slice(0, MAX_WORDS)).read();
  const head = words.slice(0, HEAD);
  for (let from = MAX_WORDS - HEAD; from < words.length; from += MAX_WORDS - HEAD) {
    const piece = new Arguments([...head, ...words.slice(from, from + MAX_WORDS)]).read();
    for (const spot of piece) if (spot.word >= HEAD) spots.push({ ...spot, word: spot.word - HEAD + from });
  }
  return spots;
}

class Arguments {
  readonly #words: readonly string[];
  readonly #spots: Spot[] = [];
  /** Where the innermost command begins (`sudo -u bob` ends, `docker exec app` ends). */
  #start = 0;
  #programs: readonly string[] = [];
  #hasUser = false;
  #storesSecrets = false;
  /** Tools that take `domain/user:password@target` as an argument. */
  #isTargeted = false;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  read(): Spot[] {
    const words = this.#words;
    this.#programs = words.filter((word) => /^[\w./-]+$/.test(word) && !word.startsWith('-')).map(baseName);
    this.#enter(0);
    this.#storesSecrets =
      words.some((word) => SECRET_STORE.test(word)) &&
      words.some((word) => VERBS.test(baseName(word).replace(/^.*:/, '')));
    this.#isTargeted = /(?:^|\/)(?:impacket-\w+|[A-Za-z_]{3,20}\.py)$/.test(words[this.#start] ?? '');
    for (let at = 0; at < words.length; at += 1) {
      if (words[at] === '--') this.#enter(at + 1);
      this.#readWord(at);
    }
    this.#readPositions();
    return this.#spots;
  }

  /** Steps over what runs the command, to the command itself. */
  #enter(from: number): void {
    let at = from;
    while (/^\w+=/.test(this.#words[at] ?? '')) at += 1;
    const program = baseName(this.#words[at] ?? '');
    const next = this.#words[at + 1] ?? '';
    if (AS_USER.test(program)) at = this.#stepOver(at + 1, (flag) => AS_USER_VALUE.test(flag));
    else if (program === 'ssh') at = this.#stepOver(at + 1, (flag) => SSH_VALUE.test(flag)) + 1;
    else if (CONTAINER.test(program) && (CONTAINER_RUN.test(next) || CONTAINER_RUN.test(this.#words[at + 2] ?? ''))) {
      const first = CONTAINER_RUN.test(next) ? at + 2 : at + 3;
      at = this.#stepOver(first, (flag) => !NO_VALUE.test(flag) && !flag.includes('=')) + 1;
    } else {
      this.#start = at;
      this.#hasUser = this.#findUser();
      return;
    }
    if (at < this.#words.length) this.#enter(at);
    else {
      this.#start = this.#words.length;
      this.#hasUser = false;
    }
  }

  #stepOver(from: number, takesValue: (flag: string) => boolean): number {
    let at = from;
    while (at < this.#words.length && /^-.|^\w+=/.test(this.#words[at] ?? '') && this.#words[at] !== '--')
      at += takesValue(this.#words[at] ?? '') && /^-/.test(this.#words[at] ?? '') ? 2 : 1;
    return this.#words[at] === '--' ? at + 1 : at;
  }

  #findUser(): boolean {
    return this.#words.some((word, index) => {
      if (index <= this.#start) return false;
      if (USER_FLAG.test(word)) return word.length > 2 || /^[^-]/.test(this.#words[index + 1] ?? '-');
      if (/^--?\w{3}/.test(word)) return USER_NAME.test(word.split('=', 1)[0] ?? '') && !/agent/i.test(word);
      return word === '-D' && (this.#words[index + 1] ?? '').includes('=');
    });
  }

  /** The program of the command, and what runs it; not the values of its flags. */
  #isProgram(pattern: RegExp, before: number): boolean {
    for (let at = this.#start; at < Math.min(before, this.#start + 8); at += 1) {
      const word = this.#words[at] ?? '';
      if (pattern.test(baseName(word))) return true;
      if (USER_FLAG.test(word)) return false;
    }
    return false;
  }

  #readWord(at: number): void {
    const word = this.#words[at] ?? '';
    if (word.startsWith('-')) this.#readFlag(at, word);
    else if (/^\/\w+:./.test(word)) this.#readSlashFlag(at, word);
    else if (/^\/r?p$/i.test(word) && this.#isPasswordBehind(at)) this.#add(at + 1, 0);
    else this.#readPlain(at, word);
  }

  /** `/u bob /p x`; `/f a.pfx /p x` only if it looks like a password. */
  #isPasswordBehind(at: number): boolean {
    return this.#words.some((other) => /^\/r?u$/i.test(other)) || looksLikePassword(this.#words[at + 1] ?? '', 6);
  }

  #readFlag(at: number, word: string): void {
    // Whatever the password looks like: `-pSecretPw`.
    if (/^-p./.test(word) && this.#programs.some((program) => GLUED.test(program) || program === 'sshpass')) {
      this.#readShortFlag(at, word);
      return;
    }
    if (CERTIFICATE_FLAG.test(word) && this.#programs.includes('curl')) {
      this.#readCertificate(at + 1);
      return;
    }
    // `qpdf --encrypt user-password owner-password 256 --`
    if (word === '--encrypt' && this.#programs.includes('qpdf')) {
      for (const place of [at + 1, at + 2]) if (/^[^-]/.test(this.#words[place] ?? '')) this.#add(place, 0);
      return;
    }
    if (NAMES_VALUE.test(word) && secretNameStrength(this.#words[at + 1] ?? '') === 'strong') {
      this.#add(at + 2, 0);
      return;
    }
    // `hash-password --plaintext x`
    if (/^--?plain-?text$/.test(word) && this.#programs.some((program) => /pass/.test(program))) {
      this.#add(at + 1, 0);
      return;
    }
    const [, name = '', separator = ''] = /^--?([A-Za-z][\w.@-]*)(=|:)?/.exec(word) ?? [];
    const glued = word.length - word.replace(/^--?/, '').length + name.length + separator.length;
    if (this.#storesSecrets && VALUE_FLAG.test(word)) {
      this.#readStored(at, word);
      return;
    }
    if (
      /^--\w*-?(?:auth|creds?)$/.test(`--${name}`) &&
      /^[^:]+:./.test(separator === '' ? (this.#words[at + 1] ?? '') : word.slice(glued))
    ) {
      this.#readLongPair(at, name, separator === '' ? undefined : glued);
      return;
    }
    if (name.length > 1) {
      const strength = separator === '' ? secretFlagStrength(name) : secretNameStrength(name);
      if (strength !== undefined && separator !== '') {
        this.#addIf(strength, at, glued);
        return;
      }
      if (strength !== undefined && this.#isNamedFlag(word, name)) {
        const next = this.#words[at + 1] ?? '';
        // `secrets access --secret db` names it; `config set --secret dbPassword x` says of what kind it is.
        if (
          name === 'secret' &&
          (/^(?:id|src|type|env|source)=/.test(next) ||
            this.#words.includes('secrets') ||
            secretNameStrength(next) !== undefined)
        )
          return;
        // `-pass 1` of ffmpeg
        if (/^pass$/.test(name) && /^\d{1,3}$/.test(next)) return;
        if (next !== '' && !/^-[\w-]/.test(next) && !continuesSentence(next)) {
          this.#addIf(strength, at + 1, 0);
          return;
        }
      }
      if (word.startsWith('--')) {
        this.#readLongPair(at, name, separator === '' ? undefined : glued);
        return;
      }
    }
    if (/^-[A-Za-z]/.test(word)) this.#readShortFlag(at, word);
  }

  /** `-storepass` is a name; the letters of `-spwd` could also be flags. */
  #isNamedFlag(word: string, name: string): boolean {
    return word.startsWith('--') || name.length > 1;
  }

  #readLongPair(at: number, name: string, glued: number | undefined): void {
    if (!PAIR_NAME.test(name) || /spec|group|map|agent|ns$|mode/i.test(name)) return;
    if (glued === undefined) this.#readPair(at + 1, 0);
    else this.#readPair(at, glued);
  }

  #readShortFlag(at: number, word: string): void {
    const next = this.#words[at + 1] ?? '';
    if (/^-[A-Za-z]*[uUaA]$/.test(word)) {
      const certain = /[uU]$/.test(word) || this.#programs.some((program) => HTTPIE.test(program) || program === 'ab');
      if (certain || looksRandom(next.slice(next.indexOf(':') + 1))) this.#readPair(at + 1, 0);
    } else if (/^-[sSkvfLigGIjlnNqRJ]{0,8}[uU][^=]*[:%]/.test(word)) this.#readPair(at, word.search(/[uU]/) + 1);
    this.#readPasswordFlag(at, word, next);
  }

  #readPasswordFlag(at: number, word: string, next: string): void {
    for (const [command, flag] of PASSWORD_FLAGS) {
      const match = flag.exec(word);
      if (match === null || !this.#programs.some((program) => command.test(program))) continue;
      if (word.length > match[0].length) {
        this.#add(at, match[0].length);
        return;
      }
      if (!next.startsWith('-')) {
        this.#add(at + 1, 0);
        return;
      }
    }
    if (/^-[tk]$/.test(word) && next.length >= 30 && looksLikeKey(next) && !/^[\da-f]+$|^[a-z\d]+$/.test(next)) {
      this.#add(at + 1, 0);
      return;
    }
    const isPassword = looksLikePassword(next, /^-[pPw]$/.test(word) ? 6 : 8);
    if (/^-[pPwkKa]$/.test(word) && isPassword && (this.#hasUser || !this.#isProgram(OTHER_FLAGS, at))) {
      this.#add(at + 1, 0);
      return;
    }
    // `-c bob:x`, `-r bob:x@host`: a user and what looks like a password, whatever the flag means.
    const pair = /^[a-z][\w.-]{0,40}:([^:/@\s]{6,64})(?:@[\w.-]+)?$/.exec(next);
    if (word.length === 2 && pair && looksLikePassword(pair[1] ?? '', 6) && !this.#isProgram(OTHER_FLAGS, at)) {
      const from = next.indexOf(':') + 1;
      this.#add(at + 1, from, from + (pair[1] ?? '').length);
      return;
    }
    // `-xu bob -xp x`
    if (/^-[a-z]p$/.test(word) && this.#words.includes(`${word.slice(0, 2)}u`) && !next.startsWith('-')) {
      this.#add(at + 1, 0);
      return;
    }
    if (!/^-[pPw]/.test(word)) return;
    const isGlued = this.#programs.some((program) => GLUED.test(program));
    const isLogin = this.#programs.includes('login') && this.#programs.some((program) => LOGIN.test(program));
    if (isGlued) {
      if (/^-p./.test(word)) this.#add(at, 2);
      // A database has one name: of two, the first was meant as the password.
      else if (word === '-p' && looksRandom(next) && /^[^-]/.test(this.#words[at + 2] ?? '-')) this.#add(at + 1, 0);
      return;
    }
    if (!isLogin && (!this.#hasUser || at <= this.#start || this.#isProgram(OTHER_FLAGS, at))) return;
    const value = word.length > 2 ? word.slice(2).replace(/^=/, '') : next;
    if (word.length > 2 && !isLogin && !looksRandom(value)) return;
    if (value.startsWith('-') || (!isLogin && isPortOrPath(value))) return;
    if (word.length > 2) this.#add(at, word.length - value.length);
    else this.#add(at + 1, 0);
  }

  /** `client.pem:x`, but not the drive of `C:\\client.pem`. */
  #readCertificate(at: number): void {
    const word = this.#words[at] ?? '';
    const colon = word.indexOf(':', 2);
    if (colon > 0 && !/^[\\/]/.test(word.slice(colon + 1)) && !/^pkcs11$/.test(word.slice(0, colon)))
      this.#add(at, colon + 1);
  }

  /** `/p:x` beside `/u:bob`, `/password:x`. */
  #readSlashFlag(at: number, word: string): void {
    const colon = word.indexOf(':');
    const name = word.slice(1, colon);
    const strength = secretNameStrength(name);
    if (strength !== undefined) this.#addIf(strength, at, colon + 1);
    else if (name === 'p' && this.#words.some((other) => /^\/u(?:ser)?:/i.test(other))) this.#add(at, colon + 1);
  }

  #readPlain(at: number, word: string): void {
    // Read as a command of its own.
    if (/\s/.test(word) && TAKES_COMMAND.test(this.#words[at - 1] ?? '')) return;
    const assignment = /^([\w.:/@[\]-]{1,120}?)(:=|==?)(?!=)/.exec(word);
    const isComparison = assignment?.[2] === '==' && !this.#programs.some((program) => HTTPIE.test(program));
    if (assignment && !isComparison) {
      this.#readAssignment(at, assignment[1] ?? '', assignment[0].length);
      return;
    }
    // `nsupdate -y hmac-sha256:name:x`
    const signer = /^(?:hmac-[\w-]{1,20}:)?[\w.-]{1,100}:(?=[\w+/]{6,}=*$)/.exec(word)?.[0].length;
    if (signer !== undefined && this.#words[at - 1] === '-y' && this.#programs.some((each) => SIGNS.test(each))) {
      this.#add(at, signer);
      return;
    }
    const header = /^([\w-]{1,60}):[ \t]+/.exec(word);
    if (header) {
      this.#readHeader(at, header[1] ?? '', header[0].length);
      return;
    }
    const target = this.#isTargeted ? /^([\w.\\/-]{1,100}:)([^@\s]{3,200})(?:@[\w.-]+)?$/.exec(word) : undefined;
    if (target && at > this.#start) {
      const from = (target[1] ?? '').length;
      this.#add(at, from, from + (target[2] ?? '').length);
      return;
    }
    const login = /^([\w.\\/-]{1,60}):([^\s@/][^\s]{2,200})@([^\s@]+)$/.exec(word);
    if (login && !NO_USER.test(login[1] ?? '') && looksRandom(login[2] ?? '') && NAMES_HOST.test(login[3] ?? ''))
      this.#add(at, (login[1] ?? '').length + 1, word.lastIndexOf('@'));
    // `user bob using x`
    if (word === 'using' && this.#words[at - 2] === 'user') this.#add(at + 1, 0);
    this.#readKeyword(at, word);
  }

  #readAssignment(at: number, name: string, from: number): void {
    const word = this.#words[at] ?? '';
    const before = this.#words[at - 1] ?? '';
    const stored =
      this.#storesSecrets &&
      /^[\w.-]+$/.test(name) &&
      !OPEN_NAME.test(name) &&
      !before.startsWith('-') &&
      at > 1 &&
      this.#isStored(at);
    if (stored) {
      this.#add(at, from);
      return;
    }
    const strength = secretNameStrength(name);
    if (strength === undefined || (/^(?:OLD)?PWD$/.test(name) && /^[/~]/.test(word.slice(from)))) return;
    if (isReference(word.slice(from))) return;
    if (word[from] === '{') {
      this.#readAssignment(at, name, from + 1);
      return;
    }
    if (/^pass$/i.test(name) && /^\d{1,3}$/.test(word.slice(from))) return;
    if (before === '--from-file') return;
    const quote = /^["'`]/.exec(word.slice(from))?.[0];
    const closing = quote === undefined ? -1 : word.indexOf(quote, from + 1);
    if (closing > from + 1) {
      this.#addIf(strength, at, from + 1, closing);
      return;
    }
    const value = word.slice(from);
    // More assignments may follow in the same word: `a=b&c=d`, `a=b,c=d`, `a=b c=d`.
    const more = /[&;,\s]\s*[A-Za-z][\w.-]{0,60}=/.exec(value);
    const isText =
      /^--?(?:m|am|message|title|body|grep|b)$/.test(before) || before === 'echo' || /^-\w*m$/.test(before);
    const blank = isText ? value.search(/\s/) : -1;
    const length = more ? more.index : blank >= 0 ? blank : value.replace(/[,;)\]}]{1,4}$/, '').length;
    this.#addIf(strength, at, from, from + length);
  }

  #isStored(at: number): boolean {
    return this.#words.slice(0, at).some((word) => VERBS.test(baseName(word).replace(/^.*:/, '')));
  }

  #readStored(at: number, word: string): void {
    const flag = VALUE_FLAG.exec(word)?.[0] ?? '';
    const inline = word.length > flag.length || flag.endsWith('=');
    const place = inline ? at : at + 1;
    const from = inline ? flag.length : 0;
    const value = (this.#words[place] ?? '').slice(from);
    const key = flag.startsWith('--from-literal') ? value.indexOf('=') + 1 : 0;
    if (flag.startsWith('--from-literal') && OPEN_NAME.test(value.slice(0, key - 1))) return;
    if (flag !== '--body' || this.#words.includes('secret')) this.#add(place, from + key);
  }

  /** A header in quotes ends where they do. */
  #readHeader(at: number, name: string, from: number): void {
    const strength = secretNameStrength(name);
    const flag = this.#words[at - 1] ?? '';
    if (strength === undefined || /cookie/i.test(name) || !/^(?:-H|--header|-\w*H|--proxy-header)$/.test(flag)) return;
    const word = this.#words[at] ?? '';
    const scheme = /^(?:Bearer|Basic|Token|ApiKey|Negotiate|NTLM|Bot|Digest|OAuth|AWS4-HMAC-SHA256)[ \t]+/i.exec(
      word.slice(from),
    );
    this.#addIf(
      strength === 'weak' ? 'strong' : strength,
      at,
      from + (/auth/i.test(name) ? (scheme?.[0].length ?? 0) : 0),
    );
  }

  /** `password x`, `wifi-sec.psk x`, `set TOKEN x`, and `login bob password x`. */
  #readKeyword(at: number, word: string): void {
    if (!/^[\w.:/@-]{1,120}[\w]$/.test(word)) return;
    // A line of a settings file has no command before the name: `requirepass x`.
    if (at === this.#start && (this.#words.length !== at + 2 || word === 'passwd')) return;
    const strength = secretNameStrength(word);
    if (strength === undefined || /\.\w{1,4}$/.test(word.replace(/\.(?:psk|pwd|pass)$/, ''))) return;
    const before = this.#words[at - 1] ?? '';
    if (before.startsWith('-') && secretNameStrength(before) !== undefined) return;
    let place = at + 1;
    if (/^[05789]$/.test(this.#words[place] ?? '') && (this.#words[place + 1] ?? '') !== '') place += 1;
    const hasKind = place > at + 1;
    if (/^(?:is|to|was)$/.test(this.#words[place] ?? '')) place += 1;
    const value = this.#words[place] ?? '';
    if (
      !/^[^-<>=:]/.test(value) ||
      value.length < 3 ||
      isState(value) ||
      isPathOrVersion(value) ||
      /^[\w.-]+=/.test(value)
    )
      return;
    if (this.#isProgram(SEARCHES, Math.min(at, this.#start + 3)) && !this.#sets(at)) return;
    if (this.#sets(at) || this.#namesUser(at) || hasKind) {
      this.#add(place, 0);
      return;
    }
    if (
      strength === 'strong'
        ? looksRandom(value)
        : (word === word.toUpperCase() && looksRandom(value)) || looksLikeKey(value)
    )
      this.#add(place, 0);
  }

  /** `git config`, `npm config set`, `setenv`, `set -gx`: the next word is the value, whatever it looks like. */
  #sets(at: number): boolean {
    const before = this.#words.slice(Math.max(this.#start, at - 4), at).filter((word) => !word.startsWith('-'));
    return before.length < 4 && /^(?:set|setx|setenv|config|configure)$/.test(before.at(-1) ?? '');
  }

  #namesUser(at: number): boolean {
    if (
      baseName(this.#words[this.#start] ?? '') === 'nmcli' ||
      baseName(this.#words[this.#start] ?? '') === 'mysqladmin'
    )
      return true;
    if (/^(?:login|user|username|account)$/.test(this.#words[at - 2] ?? '')) return true;
    // `username bob privilege 15 secret x`
    return /^user(?:name)?$/.test(this.#words[this.#start] ?? '') && looksRandom(this.#words[at + 1] ?? '');
  }

  /** Commands that take a secret as a plain argument. */
  #readPositions(): void {
    const plain: number[] = [];
    for (let at = this.#start; at < this.#words.length; at += 1)
      if (!/^(?:--?|\/)\w/.test(this.#words[at] ?? '') && !/^\w+=/.test(this.#words[at] ?? '')) plain.push(at);
    const words = plain.map((at) => this.#words[at] ?? '');
    const program = baseName(words[0] ?? '');
    this.#readUnlocking(plain);
    this.#readAccount(plain);
    const add = (index: number) => {
      const place = plain[index];
      if (place !== undefined) this.#add(place, 0);
    };
    if (/^net(?:\.exe)?$/.test(program) && words[1] === 'user') add(3);
    else if (/^net(?:\.exe)?$/.test(program) && words[1] === 'use') add(/^\w?:$/.test(words[2] ?? '') ? 4 : 3);
    else if (program === 'wpa_passphrase') add(2);
    else if (program === 'rabbitmqctl' && /^(?:add_user|change_password)$/.test(words[1] ?? '')) add(3);
    else if (program === 'vault' && words[1] === 'login' && looksRandom(words[2] ?? '')) add(2);
    else if (program === 'mkpasswd' && looksRandom(words.at(-1) ?? '')) add(plain.length - 1);
    else if (program === 'dscl' && this.#words.includes('-passwd')) add(plain.length - 1);
    else if (program === 'openssl' && words[1] === 'passwd') add(plain.length - 1 > 1 ? plain.length - 1 : 2);
    else if (program === 'bw') add(words[1] === 'login' ? 3 : words[1] === 'unlock' ? 2 : plain.length);
    else if (program === 'ansible-vault' && words[1] === 'encrypt_string') add(2);
    else if (program === 'reg' || /^(?:New|Set)-ItemProperty$/.test(program)) this.#readNamedValue();
    else if (program === 'snmp-server' && words[1] === 'community') add(2);
    else if (program === 'rclone' && words[1] === 'obscure') add(2);
    else if (/^mcl?i?$/.test(program) && /^(?:alias|config)$/.test(words[1] ?? '')) add(words[2] === 'host' ? 7 : 6);
    else if (program === 'steamcmd') add(words.indexOf('+login') + 2);
    else if (/^(?:redis|valkey)-cli$/.test(program)) this.#readAcl(plain);
    else if (/^(?:poetry|composer|bundle|bundler)$/.test(program) && words[1] === 'config')
      this.#readRepositoryLogin(plain);
    else if (/^(?:sqlplus|sqlldr|expdp|impdp|exp|imp|rman)$/.test(program)) this.#readSlashPair(plain);
    else if (program === 'lftp' || program === 'open') this.#readCommaPair();
  }

  /** Programs that take a key without a flag: `cargo login x`, `unseal x`. */
  #readUnlocking(plain: readonly number[]): void {
    const words = plain.map((at) => this.#words[at] ?? '');
    const verb = words.findIndex((word, index) => index > 0 && index < 4 && UNLOCKS.test(word));
    if (verb < 0) return;
    for (const at of plain.slice(verb + 1, verb + 4)) {
      const word = this.#words[at] ?? '';
      const isHex = /^[\da-f]+$/.test(word) && !/^(?:login|auth|authtoken)$/.test(words[verb] ?? '');
      const isKey = looksLikeKey(word) && word.length >= 20 && !isHex && !/[/=]./.test(word);
      if (isKey || (looksLikePassword(word) && !this.#isProgram(NAMES_THINGS, this.#start + 1))) this.#add(at, 0);
    }
  }

  /** Programs that give an account a password without a flag: `register bob example.org x`, `user create bob x`. */
  #readAccount(plain: readonly number[]): void {
    const words = plain.map((at) => this.#words[at] ?? '');
    const verb = words.findIndex(
      (word, index) =>
        index < 4 &&
        (SETS_ACCOUNT.test(word) ||
          (/^(?:user|admin|account)s?$/.test(words[index - 1] ?? '') && /^(?:add|create|password|passwd)$/.test(word))),
    );
    if (verb < 0 || this.#isProgram(SEARCHES, this.#start + 1)) return;
    for (const at of plain.slice(verb + 2, verb + 5)) {
      const word = this.#words[at] ?? '';
      if (looksRandom(word) && /[a-z]/i.test(word) && !isPathOrVersion(word) && !isPortOrPath(word)) this.#add(at, 0);
    }
  }

  /** `reg add … /v DefaultPassword /d x`, `-Name Password -Value x` */
  #readNamedValue(): void {
    const name = this.#words.findIndex((word) => /^(?:\/v|-Name)$/i.test(word));
    const value = this.#words.findIndex((word) => /^(?:\/d|-Value)$/i.test(word));
    if (name > 0 && value > 0 && secretNameStrength(this.#words[name + 1] ?? '') !== undefined) this.#add(value + 1, 0);
  }

  /** `AUTH x`, `AUTH user x`, `ACL SETUSER app on >x` */
  #readAcl(plain: readonly number[]): void {
    const login = plain.findIndex((at) => /^auth$/i.test(this.#words[at] ?? ''));
    const last = plain[Math.min(login + 2, plain.length - 1)] ?? 0;
    if (login > 0 && plain.length > login + 1) this.#add(last, 0);
    if (!plain.some((at) => /^setuser$/i.test(this.#words[at] ?? ''))) return;
    for (const at of plain) if (/^[><].{3,}/.test(this.#words[at] ?? '')) this.#add(at, 1);
  }

  /** `config http-basic.name user x`, `config host user:x` */
  #readRepositoryLogin(plain: readonly number[]): void {
    const last = plain.at(-1) ?? 0;
    const word = this.#words[last] ?? '';
    const basic = plain.findIndex((at) => /^http-basic\./.test(this.#words[at] ?? ''));
    if (basic >= 0) {
      if (plain.length > basic + 2) this.#add(last, 0);
    } else if (/^[^:/]+:[^:/]+$/.test(word) && looksRandom(word.slice(word.indexOf(':') + 1))) this.#readPair(last, 0);
  }

  #readSlashPair(plain: readonly number[]): void {
    for (const at of plain) {
      const pair = /^(\w+\/)([^@]+)(?:@|$)/.exec(this.#words[at] ?? '');
      if (pair) this.#add(at, (pair[1] ?? '').length, (pair[1] ?? '').length + (pair[2] ?? '').length);
    }
  }

  #readCommaPair(): void {
    const at = this.#words.indexOf('-u') + 1;
    const comma = at > 0 ? (this.#words[at] ?? '').indexOf(',') : -1;
    if (comma > 0) this.#add(at, comma + 1);
  }

  /** `user:password`, `:token`, `token:`. */
  #readPair(at: number, from: number): void {
    const value = (this.#words[at] ?? '').slice(from);
    const colon = value.search(/[:%]/);
    if (colon < 0 || this.#isProgram(NO_PAIR, at) || at < this.#start) return;
    const secret = value.slice(colon + 1);
    if (
      /^\/\/|^[+=-]|^\w+:\/\//.test(secret) ||
      /^[\da-f:]*::[\da-f:/]*$/i.test(value) ||
      value.startsWith('+') ||
      GROUP_OF_USER.test(value)
    )
      return;
    if (secret !== '') this.#add(at, from + colon + 1);
    else if (colon >= 16 || (/\d/.test(value) && looksRandom(value.slice(0, colon)))) this.#add(at, from, from + colon);
  }

  #addIf(strength: 'strong' | 'weak' | 'faint', at: number, from: number, to?: number): void {
    const word = this.#words[at] ?? '';
    const value = word.slice(from, to);
    const source = /^(?:pass|plain|literal):/.exec(value)?.[0] ?? '';
    if (/^(?:env|file|fd):|^stdin$/.test(value) && /pass/i.test(this.#words[at - 1] ?? word)) return;
    if (isSecretValue(strength === 'weak' ? 'strong' : strength, value)) this.#add(at, from + source.length, to);
  }

  #add(word: number, from: number, to?: number): void {
    const text = this.#words[word];
    if (text === undefined) return;
    if (!isReference(text.slice(from, to))) this.#spots.push({ word, from, to: to ?? text.length });
  }
}

/** Letters and digits as in no word, version or path. */
export function looksLikePassword(value: string, minLength = 8): boolean {
  if (value.length < minLength || !/^[\w!#$^&*?%+-]{1,64}$/.test(value) || value.startsWith('-')) return false;
  return /[A-Z]/.test(value) && /[a-z]/.test(value) && /\d/.test(value);
}

function isPortOrPath(value: string): boolean {
  if (/^[A-Za-z_.-]+(?:\/[A-Za-z_.-]+)+$|^(?:tcp|udp|icmp|all|any|auto)$/.test(value)) return true;
  return /^\d{1,5}(?:[:,-]\S*)?$|^\d[\d.]*:\d|^(?:\.{0,2}\/|~)/.test(value) || value === '';
}

function isPathOrVersion(value: string): boolean {
  return /^(?:\.{0,2}\/|~)|\/|^v?\d+(?:\.\d+)+|\.[a-z]{1,4}\d?$|^\d{1,5}(?::\d{1,5})?$|[(){}]|^["'`]?$|^[\w.-]+@[\w.-]+$/i.test(
    value,
  );
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1).replace(/\.(?:exe|py|sh|cmd)$/, '');
}
