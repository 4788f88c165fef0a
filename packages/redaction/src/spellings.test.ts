import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactText } from './redact-text.ts';
import { redactValue } from './redact-value.ts';
import { ORDINARY_BY_ANOTHER, SPELLINGS_BY_ANOTHER } from './testing/by-another.ts';
import { fake, HEX } from './testing/fake.ts';
import { LATER_ORDINARY, LATER_SPELLINGS } from './testing/later.ts';
import { HELD_BACK_ORDINARY, ORDINARY } from './testing/ordinary.ts';
import { HELD_BACK_SPELLINGS, pieceLeft, SPELLINGS, type Spelling } from './testing/spellings.ts';

const UUID = [8, 4, 4, 4, 12].map((length) => fake(length, HEX)).join('-');

describe('how a secret is spelt does not matter', () => {
  it.for<[text: string, redacted: string]>([
    // Short flags in a bunch or glued to the value; a lone token beside `:`
    ['curl -su admin:hunter2 https://example.org', 'curl -su admin:*** https://example.org'],
    ['curl -uadmin:hunter2 https://example.org', 'curl -uadmin:*** https://example.org'],
    [`curl -u :${fake(40)} https://example.org`, 'curl -u :*** https://example.org'],
    // Name and value parted by a blank, quotes, a keyword
    [`psql -c "ALTER USER bob WITH PASSWORD 'hunter2'"`, `psql -c "ALTER USER bob WITH PASSWORD '***'"`],
    ['nmcli dev wifi connect HomeNet password hunter2', 'nmcli dev wifi connect HomeNet password ***'],
    ['machine h login bob password hunter2', 'machine h login bob password ***'],
    // Commands nobody listed; input by pipe or here-document
    ['mongosh -u app -p hunter2 shop', 'mongosh -u app -p *** shop'],
    ['keytool -list -keystore a.jks -storepass hunter2 -v', 'keytool -list -keystore a.jks -storepass *** -v'],
    ['echo hunter2 | sudo -kS id', 'echo *** | sudo -kS id'],
    ['printf "%s" hunter2 | sudo -S id', 'printf "%s" *** | sudo -S id'],
    ['sudo -S id <<EOF\nhunter2\nEOF\nls', 'sudo -S id <<EOF\n***\nEOF\nls'],
    // The end of a value
    ['psql postgres://app:p@ss/w0rd@db:5432/shop', 'psql postgres://app:***@db:5432/shop'],
    ['DB_PASSWORD=ab,cd12 ./run', 'DB_PASSWORD=*** ./run'],
    [String.raw`PASSWORD='it'\''s3cret' ./run`, "PASSWORD='***' ./run"],
    ['Pwd={Pa;ss12}', 'Pwd={***}'],
    // Bare keys of services
    [`see tvly-dev-${fake(32)} now`, 'see *** now'],
    [`see sk-lf-${UUID} now`, 'see *** now'],
    [`see nvapi-${fake(64)} now`, 'see *** now'],
    [`see pcsk_${fake(70)} now`, 'see *** now'],
    [`see lsv2_pt_${fake(32, HEX)}_${fake(10, HEX)} now`, 'see *** now'],
    [`see sbp_${fake(40, HEX)} now`, 'see *** now'],
  ])('%s', ([text, redacted]) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.for<[text: string, redacted: string]>([
    // A password glued to a flag may end like the name of one
    ['mysql -u root -pMySecretPw shop', 'mysql -u root -p*** shop'],
    ['7z x -pSevenPw99 a.7z', '7z x -p*** a.7z'],
    // A command within a word ends an assignment where a shell would
    ["bash -c 'PASSWORD=hunter2 ./run'", "bash -c 'PASSWORD=*** ./run'"],
    ["env -S 'DB_PASSWORD=hunter2 ./run'", "env -S 'DB_PASSWORD=*** ./run'"],
    [`node -e 'process.env.TOKEN="hunter2"; run()'`, `node -e 'process.env.TOKEN="***"; run()'`],
    // Blocks of YAML, rows of SQL, elements with a name
    ['password: |\n  hunter2\nuser: bob', 'password: |\n  ***\nuser: bob'],
    [
      "INSERT INTO users (name, password) VALUES ('bob', 'x1'), ('al', 'y2')",
      "INSERT INTO users (name, password) VALUES ('bob', '***'), ('al', '***')",
    ],
    ['<property name="db.password">hunter2</property>', '<property name="db.password">***</property>'],
    // Words for which something else stands, or that stand for it
    ['echo hunter2 | xargs -I{} curl -u bob:{} x', 'echo *** | xargs -I{} curl -u bob:*** x'],
    ["printf 'user=%s password=%s' bob hunter2", "printf 'user=%s password=%s' bob ***"],
    ['read -s P <<< hunter2; go', 'read -s P <<< ***; go'],
    ["restic --password-command 'echo hunter2' ls", "restic --password-command 'echo ***' ls"],
    // Plain arguments
    ['redis-cli HELLO 3 AUTH default hunter2', 'redis-cli HELLO 3 AUTH default ***'],
    ['curl --cert a.p12:hunter2 x', 'curl --cert a.p12:*** x'],
    ['jq -n --arg password hunter2 .', 'jq -n --arg password *** .'],
    // Addresses that are keys themselves
    [
      `curl https://example.org/hooks/${fake(26, 'abcdefghijkmnopqrstuwxyz13456789')} -d x`,
      'curl https://example.org/hooks/*** -d x',
    ],
    // An account and its new password
    ['ejabberdctl register bob example.org Hunter2x', 'ejabberdctl register bob example.org ***'],
    ['samba-tool user create bob Hunter2x', 'samba-tool user create bob ***'],
    ['drush user:password admin "Hunter2x"', 'drush user:password admin "***"'],
    ['radtest bob Hunter2x localhost 0', 'radtest bob *** localhost 0'],
    ['sendemail -f a -xu bob -xp hunter2', 'sendemail -f a -xu bob -xp ***'],
    ['vncdo -s h -p Hunt3r type x', 'vncdo -s h -p *** type x'],
    ['ipa user-mod bob --password <<< hunter2', 'ipa user-mod bob --password <<< ***'],
    ['hcloud context create x <<< hunTer2aBcD', 'hcloud context create x <<< ***'],
    ['rsync --password-file=<(echo hunter2) a b', 'rsync --password-file=<(echo ***) a b'],
    ['ttyd -c bob:Hunter2x bash', 'ttyd -c bob:*** bash'],
    ['sshuttle -r bob:Hunter2x@h 0/0', 'sshuttle -r bob:***@h 0/0'],
    ['db2 connect to d user bob using Hunter2x', 'db2 connect to d user bob using ***'],
    ['signtool sign /f a.pfx /p Hunter2x x.exe', 'signtool sign /f a.pfx /p *** x.exe'],
    ['nsupdate -y hmac-sha256:name:aB3dEf==', 'nsupdate -y hmac-sha256:name:***'],
    ['llm keys set openai --value Hunter2x', 'llm keys set openai --value ***'],
    // An identifier of any beginning behind a prefix
    ['see sk-lf-a0867edf-ef91-1982-7231-90ef91a06a08, now', 'see ***, now'],
    // A flag is no word with an apostrophe
    ["mysql -p'my secret9' shop", "mysql -p'***' shop"],
    ["ALTER USER bob SET PASSWORD TO 'hunter2'", "ALTER USER bob SET PASSWORD TO '***'"],
    ['openssl rsa -passin file:<(echo hunter2) -in k', 'openssl rsa -passin file:<(echo ***) -in k'],
    // What people write
    ['Password for bob is hunter2, and', 'Password for bob is ***, and'],
  ])('nor by whom it is read: %s', ([text, redacted]) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.each([
    'curl -H "Authorization: Bearer $GITHUB_TOKEN" https://example.org',
    'pass=1 fail=0',
    'make PASS=1',
    'ffmpeg -i a -pass 1 b',
    'cmake -DUSE_TOKEN=ON ..',
    'def login(user, password=None):',
    'sessionKey=agent:main:mattermost:direct:bob',
    'gcloud secrets versions access latest --secret db',
    'docker build --secret id=npm,src=.npmrc .',
    'kubectl create secret generic db --from-file=password=./pw.txt',
    'password: required',
    'user bob password expired',
    'tool --user app -p tcp',
    'kubectl port-forward svc/auth 8080:80',
    'systemctl enable PostgreSQL14',
    'npm install React18Native',
    'samba-tool user create bob2',
    'base64 -d <<< aGVsbG8Gd29ybGQ',
    'git config user.name Bob2Smith',
    'docker compose -p Proj2Dev up',
    'mvn -P Release2Prod package',
    'beeline -u jdbc:hive2://h -e "show tables"',
  ])('a look-alike stays: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('in lists of arguments', () => {
    expect(redactValue(['curl', '-su', 'admin:hunter2', 'x'])).toEqual(['curl', '-su', 'admin:***', 'x']);
    expect(redactValue(['mongosh', '-u', 'app', '-p', 'hunter2', 'shop'])).toEqual([
      ...['mongosh', '-u', 'app', '-p', '***', 'shop'],
    ]);
    expect(redactValue(['keytool', '-storepass', 'hunter2'])).toEqual(['keytool', '-storepass', '***']);
    expect(redactValue(['sh', '-c', 'echo hunter2 | sudo -S id'])).toEqual(['sh', '-c', 'echo *** | sudo -S id']);
  });
});

const isLeaked = ({ text, secrets }: Spelling): boolean => {
  const redacted = redactText(text);
  return secrets.some((secret) => pieceLeft(redacted, secret) !== undefined);
};
const isMaskedTooFar = ({ text, behind }: Spelling): boolean => !redactText(text).endsWith(behind);
const isChanged = (text: string): boolean => redactText(text) !== text;

/** The figures in the README. */
describe('error rates', () => {
  it('of spellings', () => {
    expect(SPELLINGS.length + HELD_BACK_SPELLINGS.length).toBeGreaterThanOrEqual(300);
    expect(HELD_BACK_SPELLINGS.length).toBeGreaterThanOrEqual(100);
    expect(SPELLINGS.filter(isLeaked)).toEqual([]);
    expect(SPELLINGS.filter(isMaskedTooFar)).toEqual([]);
    expect(HELD_BACK_SPELLINGS.filter(isLeaked).length).toBeLessThanOrEqual(LEAKED);
  });

  it('of texts by somebody else', () => {
    expect(SPELLINGS_BY_ANOTHER.filter(isLeaked).map(({ text }) => text.split(' ')[0])).toEqual([
      'doctl',
      'perl',
      'iw',
    ]);
    expect(ORDINARY_BY_ANOTHER.filter(isChanged)).toEqual(['--user bob:bob']);
  });

  it('of texts written last', () => {
    const leaked = LATER_SPELLINGS.filter(([text, secret]) => redactText(text).includes(secret));
    expect(leaked.map(([text]) => text.split(/[ :;]/)[0])).toEqual([
      ...[
        'mosquitto_passwd',
        'vault',
        'rails',
        'adb',
        'vpnc-script',
        'davfs2',
        'qemu',
        'graylog',
        'emqx',
        'impala-shell',
      ],
      ...['bteq', 'isql', 'deluge-console', 'frpc', 'mdmclient', 'pdsh', 'swift', 'acme.sh', 'signal-cli', 'wandb'],
    ]);
    expect(LATER_ORDINARY.filter(isChanged)).toEqual([
      ...['zip -r -P1 x.zip d || true', 'snmpwalk -v2c -c public host', 'telnet h 25 <<< QUIT1Now'],
    ]);
  });

  it('of ordinary commands and texts', () => {
    expect(ORDINARY.length + HELD_BACK_ORDINARY.length).toBeGreaterThanOrEqual(300);
    expect(HELD_BACK_ORDINARY.length).toBeGreaterThanOrEqual(100);
    expect(ORDINARY.filter(isChanged)).toEqual(['gcloud secrets versions access latest --secret=db']);
    expect(HELD_BACK_ORDINARY.filter(isChanged).length).toBeLessThanOrEqual(CHANGED);
  });
});

const LEAKED = 1;
const CHANGED = 0;

/** A secret of which no piece is an ordinary word: letters, a digit, and perhaps signs. */
const letters = fc.string({ unit: fc.constantFrom(...'qxzjkvwQXZJKVW'), minLength: 4, maxLength: 12 });
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 2, maxLength: 4 });
const plain = fc.tuple(letters, digits, letters).map((parts) => parts.join(''));
const signs = fc.string({
  unit: fc.constantFrom(...'!@#%^*+,.:;/?~=_-&|()[]{}<> $"\'`\\'),
  minLength: 1,
  maxLength: 3,
});
const anything = fc.tuple(plain, signs, plain).map((parts) => parts.join(''));
/** Signs that mean nothing to a shell outside of quotes, nor to what reads the value. */
const bare = fc.oneof(
  plain,
  fc.tuple(plain, fc.constantFrom(...'@%^+.,:/~=_-'), plain).map((parts) => parts.join('')),
);

const single = (secret: string) => `'${secret.replaceAll("'", "'\\''")}'`;
const double = (secret: string) => `"${secret.replace(/["\\$`]/g, '\\$&')}"`;
const escaped = (secret: string) => secret.replace(/[^\w]/g, '\\$&');
const shellWord = fc.oneof(
  bare,
  fc.tuple(anything, fc.constantFrom(single, double, escaped)).map(([secret, quote]) => quote(secret)),
);

const name = fc.constantFrom(
  ...['DB_PASSWORD', 'API_TOKEN', 'clientSecret', 'password', 'ADMIN_PASS', 'appPwd', 'STRIPE_API_KEY', 'wifi_psk'],
);
const flag = fc.constantFrom(
  '--password',
  '--db-password',
  '--token',
  '--api-key',
  '-storepass',
  '--admin-pass',
  '--psk',
);
const program = fc.constantFrom(
  'acme',
  './run.sh',
  'sudo acme',
  'env A=b acme',
  'docker exec app acme',
  'timeout 5 acme',
);

const command = fc.oneof(
  fc.tuple(name, shellWord, program).map(([variable, value, run]) => `${variable}=${value} ${run} go`),
  fc
    .tuple(program, flag, fc.constantFrom(' ', '='), shellWord)
    .map(([run, f, by, value]) => `${run} ${f}${by}${value} go`),
  fc.tuple(program, shellWord).map(([run, value]) => `${run} -u bob -p ${value} go`),
  fc
    .tuple(fc.constantFrom('-u ', '-su ', '-u', '--user ', '--user='), shellWord)
    .map(([f, value]) => `curl ${f}bob:${value} x`),
  fc
    .tuple(fc.constantFrom('echo ', 'printf %s ', 'echo -n '), shellWord)
    .map(([say, value]) => `${say}${value} | sudo -S id`),
  shellWord.map((value) => `sudo -S id <<< ${value}`),
  fc.tuple(name, anything).map(([key, value]) => `curl -d ${single(JSON.stringify({ [key]: value, a: 1 }))} x`),
  plain.map((value) => `sudo -S id <<EOF\n${value}\nEOF\nls`),
);
const nested = fc
  .tuple(
    command,
    fc.constantFrom('sh -c ', 'ssh host ', 'docker exec app bash -lc ', 'su - bob -c '),
    fc.constantFrom(single, double),
  )
  .map(([inner, outer, quote]) => outer + quote(inner));
const data = fc.oneof(
  fc.tuple(name, anything).map(([key, value]) => JSON.stringify({ [key]: value, user: 'bob' })),
  fc.tuple(name, bare).map(([key, value]) => `app:\n  ${key}: ${value}\n  user: bob`),
  fc.tuple(name, anything).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  anything.map((value) => `ALTER USER bob WITH PASSWORD '${value.replaceAll("'", "''").replaceAll('\\', '/')}';`),
  anything.map((value) => `CREATE USER bob IDENTIFIED BY '${value.replaceAll("'", "''").replaceAll('\\', '/')}'`),
  fc
    .tuple(plain, fc.constantFrom('', '@', '/', ':', '%40'), plain)
    .map(([a, by, b]) => `postgres://app:${a}${by}${b}@db:5432/shop`),
  plain.map((value) => `https://example.org/?access_token=${value}&a=1`),
);

/** The characters of the secret, without what quotes them. */
const piecesOf = (text: string): string[] => text.match(/[qxzjkvwQXZJKVW]{4,}\d{2,}[qxzjkvwQXZJKVW]{4,}/g) ?? [];

describe('a secret', () => {
  it.each([
    ['in a command', command],
    ['in a command inside of another', nested],
    ['in data', data],
  ])('%s never survives, whole or in a piece', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const redacted = redactText(text);
        for (const secret of piecesOf(text)) expect(pieceLeft(redacted, secret)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });
});
