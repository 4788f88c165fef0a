import { type ChannelName, parseTarget } from '@live-status/mm-poster/target';
import { expandHome, Secret, webSocketUrl } from '@live-status/openclaw-config';
import type { Setting, SettingType } from './table.ts';

/** What each type of setting becomes; choices become words of their own. */
export interface SettingValues {
  readonly integer: number;
  /** Milliseconds. */
  readonly seconds: number;
  readonly port: number;
  readonly choice: string;
  /** A choice, or an absolute path. */
  readonly 'choice-or-file': string;
  readonly choices: readonly string[];
  readonly url: string;
  readonly secret: Secret;
  readonly 'secret-url': Secret;
  readonly password: Secret;
  /** Absolute. */
  readonly path: string;
  readonly address: string;
  readonly channel: ChannelName;
  readonly words: readonly string[];
}

/** The value of a text, or what a valid text must be. */
export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly rule: string };

/** Reads the text of a setting. `home` is for paths that start with `~`. */
export function parseSetting(setting: Setting, text: string, home: string): Parsed {
  const value = readValue(setting, text, home);
  return value === undefined ? { ok: false, rule: ruleOf(setting) } : { ok: true, value };
}

function readValue(setting: SettingType, text: string, home: string): SettingValues[keyof SettingValues] | undefined {
  switch (setting.type) {
    case 'integer':
    case 'port':
      return wholeNumber(text, setting);
    case 'seconds': {
      const seconds = wholeNumber(text, setting);
      return seconds === undefined ? undefined : seconds * 1_000;
    }
    case 'choice':
      return setting.choices.includes(text) ? text : undefined;
    case 'choice-or-file':
      if (setting.choices.includes(text)) return text;
      return isFile(text) ? expandHome(text, home) : undefined;
    case 'choices': {
      const words = text === 'off' ? [] : text.split(',').map((word) => word.trim());
      return words.every((word) => setting.choices.includes(word)) ? words : undefined;
    }
    case 'url':
      return baseUrl(text, setting.protocols);
    case 'secret':
      // A token goes into a header: what a header cannot hold is a copying mistake.
      return /^[\x21-\x7e]+$/.test(text) ? new Secret(text) : undefined;
    case 'secret-url':
      return isAddressOf(text, setting.protocols) ? new Secret(text) : undefined;
    case 'password':
      return isPrintable(text) ? new Secret(text) : undefined;
    case 'path':
      return expandHome(text, home);
    case 'address':
      return /^[A-Za-z0-9.:-]+$/.test(text) ? text : undefined;
    case 'channel':
      return channelName(text);
    case 'words':
      return /^[a-z0-9_-]+(\s*,\s*[a-z0-9_-]+)*$/.test(text) ? text.split(',').map((word) => word.trim()) : undefined;
  }
}

function ruleOf(setting: SettingType): string {
  switch (setting.type) {
    case 'integer':
      return `must be a whole number of ${setting.unit} from ${setting.min} to ${setting.max}`;
    case 'seconds':
      return `must be a whole number of seconds from ${setting.min} to ${setting.max}`;
    case 'port':
      return `must be a port (0 is off) from ${setting.min} to ${setting.max}`;
    case 'choice':
      return `must be one of ${setting.choices.join(', ')}`;
    case 'choice-or-file':
      return `must be one of ${setting.choices.join(', ')}, or a path to a JSON file`;
    case 'choices':
      return `must be a list of ${setting.choices.join(', ')}; or off`;
    case 'url':
      return `must be a URL like ${setting.example}, without credentials, query or fragment`;
    case 'secret':
      return 'must be printable ASCII without spaces: copy the token again';
    case 'secret-url':
      return `must be a URL like ${setting.example}, with special characters of the password percent-encoded`;
    case 'password':
      return 'must be text without line breaks or other control characters: copy the password again';
    case 'path':
      return 'must be a path';
    case 'address':
      return 'must be an IP address or a host name';
    case 'channel':
      return 'must be a channel id (26 letters and digits), team/channel-name or @user';
    case 'words':
      return 'must be a list like cron,hook,cli';
  }
}

function wholeNumber(text: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Without the parts that could hide credentials. Trailing slashes and `/api/v4` are cut, as OpenClaw does. */
export function baseUrl(text: string, protocols: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol) || /[@?#]/.test(text)) return undefined;
  const base = text.replace(/\/+$/, '').replace(/\/api\/v4$/, '');
  return protocols.includes('ws:') ? webSocketUrl(base) : base;
}

/** Whether a text is an address of a data store: a host, perhaps with credentials and the number of a database. */
function isAddressOf(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  if (url === null || !isPrintable(text) || /[?#\s]/.test(text)) return false;
  return protocols.includes(url.protocol) && url.hostname !== '' && /^(\/\d*)?$/.test(url.pathname) && isDecodable(url);
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a path, not a word. */
function isFile(text: string): boolean {
  return /[/\\]|\.json$/.test(text);
}

function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}

function channelName(text: string): ChannelName | undefined {
  const parsed = parseTarget(text);
  return parsed.ok ? parsed.target : undefined;
}
