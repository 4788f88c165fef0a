import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { compact, errorCode, type JsonObject, objectOf } from '@live-status/basics';
import { type CredentialKind, type CredentialPlace, findGateway } from './gateway.ts';
import { type GatewayHooks, readHooks } from './hook.ts';
import { withIncludes } from './includes.ts';
import {
  ACCOUNT_FIELDS,
  type AccountField,
  type ConfiguredAccount,
  listAccounts,
  type MattermostAccount,
  variableFor,
} from './mattermost-accounts.ts';
import { OPENCLAW_SETTINGS } from './openclaw-settings.ts';
import {
  certificatePath,
  configuredPath,
  dotEnvPath,
  type Environment,
  homeOfOpenClaw,
  type OpenClawFiles,
} from './paths.ts';
import { Secret } from './secret.ts';
import { atPointer, fillIn, namesIn, parseReference, type Reference } from './secret-reference.ts';
import { nonEmptyText } from './values.ts';

/** Reads a text file; rejects with an error that has `code: 'ENOENT'` where there is none. */
export type ReadFile = (path: string) => Promise<string>;

/** `streaming` of the Mattermost account, which may also be a string or a boolean there. */
export interface MattermostDrafts {
  /** `off`, `partial`, `block`, `progress`. */
  readonly mode?: string;
  /** Whether a draft shows tool calls. */
  readonly toolProgress?: boolean;
}

/** What Live Status takes from openclaw.json. Every field may be missing. */
export interface OpenClawConfig {
  readonly path: string;
  /** Of the account that is used where none is named. */
  readonly mattermostUrl?: string;
  readonly mattermostToken?: Secret;
  /** All of OpenClaw's Mattermost accounts, and which of them is used where none is named. */
  readonly mattermostAccounts?: readonly MattermostAccount[];
  readonly defaultAccountId?: string;
  /** Set when a Mattermost account is configured. */
  readonly hasMattermost?: true;
  /** The gateway that OpenClaw's own client would connect to. */
  readonly gatewayUrl?: string;
  /** Where that URL comes from: the path of openclaw.json, a variable, or `default`. */
  readonly gatewayUrlOrigin?: string;
  /** Set when the gateway that OpenClaw uses here is elsewhere (`gateway.mode`). */
  readonly gatewayIsRemote?: true;
  /** `none`, `token`, `password` or `trusted-proxy`, if the gateway is on this machine and its configuration says. */
  readonly gatewayAuthMode?: string;
  readonly gatewayToken?: Secret;
  readonly gatewayPassword?: Secret;
  /** SHA-256 fingerprint of the certificate that a gateway elsewhere must have, as written. */
  readonly gatewayTlsFingerprint?: string;
  /** File of the certificate that the gateway of this machine shows, absolute. Without it the system decides. */
  readonly gatewayCertificate?: string;
  /** The directory of the agents; transcripts are in `<agent>/sessions` of it. */
  readonly agentsDir?: string;
  /**
   * `session.store`, absolute: where the catalogs of sessions are if not beside the transcripts. `{agentId}` in it stands
   * for the id of an agent; without it, all agents share one.
   */
  readonly sessionStore?: string;
  /** Those of {@link OPENCLAW_SETTINGS} that the file sets. */
  readonly settings?: readonly string[];
  /** Version of the OpenClaw that last wrote the file. */
  readonly version?: string;
  /** OpenClaw's own progress posts in Mattermost, if its configuration says anything about them. */
  readonly drafts?: MattermostDrafts;
  /** Hooks of the gateway, if its configuration says anything about them. */
  readonly hooks?: GatewayHooks;
}

/** A configuration with what was odd about it. */
export interface OpenClawReading {
  readonly config?: OpenClawConfig;
  /** OpenClaw's layered environment: the process, then its `.env`, then `env` of its configuration. */
  readonly lookup: (name: string) => string | undefined;
  /** One sentence each, with the fix. */
  readonly warnings: readonly string[];
  /** Values kept where they cannot be read from here: only a problem if nothing else gives the variable. */
  readonly unresolved: readonly Unresolved[];
}

/** A reference that could not be resolved: the variable that would have got its value, and a sentence. */
export interface Unresolved {
  readonly variable: 'MM_TOKEN' | 'MM_URL' | 'OPENCLAW_GATEWAY_TOKEN' | 'OPENCLAW_GATEWAY_PASSWORD';
  readonly warning: string;
}

/** The variable for a credential of the gateway that cannot be read. */
const CREDENTIAL_VARIABLES = {
  token: 'OPENCLAW_GATEWAY_TOKEN',
  password: 'OPENCLAW_GATEWAY_PASSWORD',
} as const satisfies Readonly<Record<CredentialKind, Unresolved['variable']>>;

/**
 * Reads openclaw.json (JSON5) and resolves its secret references. Never rejects: what cannot be used is a warning.
 *
 * @param machine.home home directory of the user, for paths that start with `~`
 */
export function readOpenClawConfig(
  env: Environment,
  files: OpenClawFiles,
  machine: { readonly home: string; readonly readFile: ReadFile },
): Promise<OpenClawReading> {
  return new ConfigReader(env, files, machine).read();
}

/** What a field of the configuration leads to. */
interface Resolved {
  readonly text?: string;
  /** Why there is no text though there is a field. */
  readonly problem?: string;
}

class ConfigReader {
  readonly #env: Environment;
  readonly #files: OpenClawFiles;
  /** What `~` stands for in paths of OpenClaw. */
  readonly #openclawHome: string;
  readonly #readFile: ReadFile;
  readonly #warnings: string[] = [];
  readonly #unresolved: Unresolved[] = [];
  #root: JsonObject = {};
  #lookup: OpenClawReading['lookup'] = () => undefined;

  constructor(
    env: Environment,
    files: OpenClawFiles,
    { home, readFile }: { readonly home: string; readonly readFile: ReadFile },
  ) {
    this.#env = env;
    this.#files = files;
    this.#openclawHome = homeOfOpenClaw(env, home);
    this.#readFile = readFile;
  }

  async read(): Promise<OpenClawReading> {
    const dotEnv = parseEnv((await this.#readIfThere(dotEnvPath(this.#files))) ?? '');
    const root = await this.#readRoot();
    const block = objectOf(root?.env);
    this.#lookup = (name) =>
      this.#env[name] || dotEnv[name] || nonEmptyText(objectOf(block?.vars)?.[name]) || nonEmptyText(block?.[name]);
    this.#root = root ?? {};
    return {
      ...(root && { config: await this.#toConfig() }),
      lookup: this.#lookup,
      warnings: this.#warnings,
      unresolved: this.#unresolved,
    };
  }

  async #toConfig(): Promise<OpenClawConfig> {
    return {
      path: this.#files.configPath,
      settings: Object.keys(OPENCLAW_SETTINGS).filter((name) => isSet(this.#root, name.split('.'))),
      agentsDir: join(this.#files.stateDir, 'agents'),
      ...(await this.#mattermost()),
      ...(await this.#gateway()),
      ...compact({
        hooks: readHooks(this.#root.hooks),
        sessionStore: this.#sessionStore(),
        version: nonEmptyText(objectOf(this.#root.meta)?.lastTouchedVersion),
      }),
    };
  }

  async #readIfThere(path: string): Promise<string | undefined> {
    try {
      return await this.#readFile(path);
    } catch (error) {
      const code = errorCode(error) ?? 'unknown error';
      if (code !== 'ENOENT') {
        this.#warnings.push(`${path} cannot be read (${code}): let the user of this process read it`);
      }
      return undefined;
    }
  }

  /** The configuration with all that it includes. */
  async #readRoot(): Promise<JsonObject | undefined> {
    const { configPath } = this.#files;
    const own = await this.#parse(await this.#readIfThere(configPath), configPath);
    if (own === undefined) return undefined;
    const root = await withIncludes(own, configPath, async (included) => {
      const content = await this.#readIfThere(included);
      if (content === undefined) {
        this.#warnings.push(`${included}, which ${configPath} includes, does not exist or cannot be read`);
      }
      return this.#parse(content, included);
    });
    const object = objectOf(root);
    if (object === undefined) this.#warnings.push(`${configPath} is not an object: nothing is taken from it`);
    return object;
  }

  async #parse(content: string | undefined, path: string): Promise<unknown> {
    const value = await this.#parseAny(content, path);
    if (!isNestedDeeper(value, MAX_DEPTH)) return value;
    this.#warnings.push(`${path} is nested deeper than ${MAX_DEPTH} levels: nothing is taken from it`);
    return undefined;
  }

  async #parseAny(content: string | undefined, path: string): Promise<unknown> {
    if (content === undefined) return undefined;
    try {
      return JSON.parse(content);
    } catch {
      // The parser of JSON5 is only loaded for a file that is not plain JSON.
      const { default: json5 } = await import('json5');
      try {
        return json5.parse(content);
      } catch (error) {
        // The message of json5 quotes at most one character of the file, never a value.
        this.#warnings.push(`${path} is not valid JSON5 (${(error as Error).message}): nothing is taken from it`);
        return undefined;
      }
    }
  }

  async #mattermost(): Promise<Partial<OpenClawConfig>> {
    const channel = objectOf(objectOf(this.#root.channels)?.mattermost);
    if (!channel) return {};
    if (channel.enabled === false) {
      const isConfigured = nonEmptyText(channel.botToken) !== undefined || channel.accounts !== undefined;
      const off = `channels.mattermost is switched off in ${this.#files.configPath} (enabled: false)`;
      if (isConfigured) this.#noteUnresolved('MM_TOKEN', off);
      return {};
    }
    const { accounts, defaultId } = listAccounts(channel, this.#lookup('MATTERMOST_BOT_TOKEN') !== undefined);
    const mattermostAccounts: MattermostAccount[] = [];
    for (const account of accounts) mattermostAccounts.push(await this.#account(account, account.id === defaultId));
    const own = mattermostAccounts.find(({ id }) => id === defaultId);
    const fields = accounts.find(({ id }) => id === defaultId)?.fields;
    return {
      ...compact({ mattermostUrl: own?.url, mattermostToken: own?.token, drafts: readDrafts(fields?.streaming) }),
      mattermostAccounts,
      defaultAccountId: defaultId,
      hasMattermost: true,
    };
  }

  /** An account with its values. What is missing of the default one can be set by variables, so it is no problem here. */
  async #account({ id, fields, isEnabled, pathOf }: ConfiguredAccount, isDefault: boolean): Promise<MattermostAccount> {
    const read = async (field: AccountField): Promise<Resolved> => {
      const { text, problem } = await this.#lookUp(fields[field], pathOf(field));
      const variable = problem === undefined ? variableFor(id, field) : undefined;
      return compact({ text: text ?? (variable && this.#lookup(variable)), problem });
    };
    const token = await read('botToken');
    const url = await read('baseUrl');
    const account = { id, ...compact({ url: url.text, token: secretOf(token.text) }) };
    if (isDefault) {
      this.#noteUnresolved('MM_TOKEN', token.problem);
      this.#noteUnresolved('MM_URL', url.problem);
      return account;
    }
    const { configPath } = this.#files;
    if (!isEnabled) {
      const what = `The Mattermost account ${id} is disabled in ${configPath}`;
      return { ...account, isDisabled: true, problem: { what, fix: `Set ${pathOf('enabled')} to true` } };
    }
    const unresolved = token.problem ?? url.problem;
    if (unresolved !== undefined) {
      const what = `The Mattermost account ${id} cannot be used: ${unresolved}`;
      return { ...account, problem: { what, fix: 'Keep it as text, in a file or in a variable' } };
    }
    const missing = ACCOUNT_FIELDS.filter((_, at) => [token, url][at]?.text === undefined);
    if (missing.length === 0) return account;
    const what = `The Mattermost account ${id} in ${configPath} has no ${missing.join(' and no ')}`;
    const fix = `Set ${missing.map((field) => `channels.mattermost.accounts.${id}.${field}`).join(' and ')}`;
    return { ...account, problem: { what, fix } };
  }

  #sessionStore(): string | undefined {
    const store = nonEmptyText(objectOf(this.#fill(this.#root.session))?.store);
    if (store === undefined) return undefined;
    const path = configuredPath(store, this.#files, this.#openclawHome);
    // The default, written out.
    const usual = join(this.#files.stateDir, 'agents', '{agentId}', 'sessions', 'sessions.json');
    return path === usual ? undefined : path;
  }

  async #gateway(): Promise<Partial<OpenClawConfig>> {
    const { configPath } = this.#files;
    const target = findGateway(this.#fill(this.#root.gateway), { configPath, lookup: this.#lookup });
    const { url, urlOrigin, isRemote, authMode, credentials, tlsFingerprint, certificate } = target;
    return {
      gatewayUrl: url,
      gatewayUrlOrigin: urlOrigin,
      ...compact({
        gatewayIsRemote: isRemote || undefined,
        gatewayAuthMode: authMode,
        gatewayToken: secretOf(await this.#credential('token', credentials.token)),
        gatewayPassword: secretOf(await this.#credential('password', credentials.password)),
        gatewayTlsFingerprint: tlsFingerprint,
        gatewayCertificate: certificate && certificatePath(certificate, this.#files, this.#openclawHome),
      }),
    };
  }

  /** The first that there is. A secret that is kept where it cannot be read is not replaced by another. */
  async #credential(kind: CredentialKind, places: readonly CredentialPlace[]): Promise<string | undefined> {
    for (const place of places) {
      if ('variable' in place) {
        const value = this.#lookup(place.variable)?.trim();
        if (value) return value;
      } else if (place.value !== undefined && place.value !== null && place.value !== '') {
        return this.#resolve(place.value, CREDENTIAL_VARIABLES[kind], place.path);
      }
    }
    return undefined;
  }

  /** Fills variables into every text but secrets, which may also be references. What is missing stays as it is written. */
  #fill(value: unknown): unknown {
    if (typeof value === 'string') return fillIn(value, this.#lookup) ?? value;
    if (Array.isArray(value)) return value.map((one) => this.#fill(one));
    const fields = objectOf(value);
    if (fields === undefined) return value;
    const entries = Object.entries(fields);
    return Object.fromEntries(entries.map(([key, one]) => [key, isCredential(key) ? one : this.#fill(one)]));
  }

  /** The value behind a reference; if there is none, a sentence that names the reference (never a value) is kept. */
  async #resolve(value: unknown, variable: Unresolved['variable'], where: string): Promise<string | undefined> {
    const { text, problem } = await this.#lookUp(value, where);
    this.#noteUnresolved(variable, problem);
    return text;
  }

  #noteUnresolved(variable: Unresolved['variable'], problem: string | undefined): void {
    if (problem !== undefined) this.#unresolved.push({ variable, warning: `${problem}: set ${variable}` });
  }

  /** The value behind a reference, or why there is none. Neither for a field that is not there. */
  async #lookUp(value: unknown, where: string): Promise<Resolved> {
    if (value === undefined || value === '') return {};
    const reference = parseReference(value, objectOf(this.#root.secrets)?.defaults);
    const text = reference && (await this.#dereference(reference));
    if (text) return { text };
    const what = reference ? describeReference(reference) : 'neither text nor a secret reference';
    return { problem: `${where} in ${this.#files.configPath} is ${what} and cannot be resolved here` };
  }

  async #dereference(reference: Reference): Promise<string | undefined> {
    if (reference.kind === 'text') return fillIn(reference.template, this.#lookup);
    // Running a configured command, or opening OpenClaw's own store, to get a secret is up to the gateway.
    if (reference.kind !== 'file') return undefined;
    const provider = objectOf(objectOf(objectOf(this.#root.secrets)?.providers)?.[reference.provider]);
    const path = nonEmptyText(provider?.path);
    if (path === undefined) return undefined;
    const content = await this.#readIfThere(configuredPath(path, this.#files, this.#openclawHome));
    if (content === undefined) return undefined;
    if (provider?.mode === 'singleValue') return content.replace(/\r?\n$/, '');
    try {
      return nonEmptyText(atPointer(JSON.parse(content), reference.id));
    } catch {
      return undefined;
    }
  }
}

/** Deeper than any configuration, and far from what a stack holds. */
const MAX_DEPTH = 100;

function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isNestedDeeper(one, levels - 1));
}

function readDrafts(streaming: unknown): MattermostDrafts | undefined {
  if (typeof streaming === 'boolean') return { mode: streaming ? 'partial' : 'off' };
  const fields = typeof streaming === 'string' ? { mode: streaming } : objectOf(streaming);
  if (!fields) return undefined;
  const blocks = [objectOf(fields.preview), objectOf(fields.progress)];
  const toolProgress = blocks.map((block) => block?.toolProgress).find((value) => typeof value === 'boolean');
  return compact({ mode: nonEmptyText(fields.mode), toolProgress });
}

function isSet(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== undefined;
  if (Array.isArray(value)) return value.some((one) => isSet(one, [key, ...rest]));
  return isSet(objectOf(value)?.[key], rest);
}

function isCredential(key: string): boolean {
  return key === 'token' || key === 'password';
}

function secretOf(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}

function describeReference(reference: Reference): string {
  if (reference.kind === 'text') return `taken from the environment (${namesIn(reference.template).join(', ')})`;
  return `a secret of the ${reference.kind} provider ${reference.provider} (${reference.id})`;
}
