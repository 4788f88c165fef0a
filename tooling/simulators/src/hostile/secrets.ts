import fc from 'fast-check';

const LETTERS = 'qxzjkvwQXZJKVW';

/** A secret of which no piece is an ordinary word. */
export const secretWord: fc.Arbitrary<string> = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 6, maxLength: 10 }),
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 2, maxLength: 4 }),
    fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 6, maxLength: 10 }),
  )
  .map((parts) => parts.join(''));

/** How secrets stand in commands, data and text: each of these is masked wherever it stands. */
const SPELLINGS: readonly ((secret: string) => string)[] = [
  (secret) => `curl -su admin:${secret} https://example.org/a`,
  (secret) => `curl -H "Authorization: Bearer ${secret}" https://example.org`,
  (secret) => `curl -H 'X-Api-Key: ${secret}' https://example.org`,
  (secret) => `DB_PASSWORD=${secret} ./run.sh`,
  (secret) => `acme --password ${secret} --go`,
  (secret) => `mysql -u root -p${secret} shop`,
  (secret) => `psql postgres://app:${secret}@db:5432/shop`,
  (secret) => `echo ${secret} | sudo -S id`,
  (secret) => `{"user":"bob","password":"${secret}"}`,
  (secret) => `https://example.org/?access_token=${secret}&a=1`,
  (secret) => `sudo -S id <<EOF\n${secret}\nEOF\nls`,
  (secret) => `ALTER USER bob WITH PASSWORD '${secret}'`,
];

/** A text with a secret in it, and the secret. */
export interface PlantedSecret {
  readonly text: string;
  readonly secret: string;
}

/** Secrets in every spelling. */
export const plantedSecret: fc.Arbitrary<PlantedSecret> = fc
  .tuple(secretWord, fc.constantFrom(...SPELLINGS))
  .map(([secret, spell]) => ({ secret, text: spell(secret) }));

/** All secrets that {@link plantedSecret} may have planted in a text; of another text, none. */
export function secretsIn(text: string): string[] {
  return text.match(/[qxzjkvwQXZJKVW]{6,10}\d{2,4}[qxzjkvwQXZJKVW]{6,10}/g) ?? [];
}
