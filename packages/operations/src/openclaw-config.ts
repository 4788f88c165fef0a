import { parseEnv } from 'node:util';
import json5 from 'json5';
import { record, text } from './json-value.ts';
import { type GatewayHooks, type MattermostDrafts, readDrafts, readHooks, readVersion } from './openclaw-fields.ts';
import { configuredPath, dotEnvPath, type Environment, type OpenClawFiles } from './openclaw-files.ts';
import { withIncludes } from './openclaw-includes.ts';
import { Secret } from './secret.ts';
import { atPointer, fillIn, namesIn, parseReference, type Reference } from './secret-reference.ts';

/** Reads a text file; rejects with an error that has `code: 'ENOENT'` where there is none. */
export type ReadFile = (path: string) => Promise<string>;

/** What Live Status takes from openclaw.json. Every field may be missing. */
export interface OpenClawConfig {
  readonly path: string;
  readonly mattermostUrl?: string;
  readonly mattermostToken?: Secret;
  /** Set when a Mattermost account is configured. */
  readonly hasMattermost?: true;
  readonly gatewayUrl?: string;
  /** Where that URL comes from: the path of openclaw.json, a variable, or `default`. */
  readonly gatewayUrlOrigin?: string;
  readonly gatewayToken?: Secret;
  /** Version of the OpenClaw that last wrote the file. */
  readonly version?: string;
  /** OpenClaw's own progress posts in Mattermost, when its configuration says something about them. */
  readonly drafts?: MattermostDrafts;
  /** Hooks of the gateway, when its configuration says something about them. */
  readonly hooks?: GatewayHooks;
}

/** A configuration with what was odd about it. */
export interface OpenClawReading {
  readonly config?: OpenClawConfig;
  /** OpenClaw's layered environment: the process, then its `.env`, then `env` of its configuration. */
  readonly lookup: (name: string) => string | undefined;
  /** One sentence each, with the cure. */
  readonly warnings: readonly string[];
  /** Values that are kept where they cannot be read from here: only a problem when nothing else gives the variable. */
  readonly unresolved: readonly Unresolved[];
}

/** A reference that could not be followed: the variable that would have got its value, and a sentence. */
export interface Unresolved {
  readonly variable: 'MM_TOKEN' | 'MM_URL' | 'OPENCLAW_GATEWAY_TOKEN';
  readonly warning: string;
}

interface Context {
  readonly files: OpenClawFiles;
  readonly home: string;
  readonly root: Readonly<Record<string, unknown>>;
  readonly readFile: ReadFile;
  readonly lookup: (name: string) => string | undefined;
  readonly warnings: string[];
  readonly unresolved: Unresolved[];
}

/** Where a gateway listens that nobody configured. */
export const DEFAULT_GATEWAY_PORT = 18_789;
/** A gateway writes its real port there (OpenClaw 2026.3.28 to 2026.9.6). */
const PORT_VARIABLE = 'OPENCLAW_GATEWAY_PORT';

/** Reads openclaw.json (JSON5) with its secret references. Never throws: what cannot be used is a warning. */
export async function readOpenClawConfig(
  env: Environment,
  files: OpenClawFiles,
  { home, readFile }: { readonly home: string; readonly readFile: ReadFile },
): Promise<OpenClawReading> {
  const warnings: string[] = [];
  const dotEnv = parseEnv((await readIfThere(dotEnvPath(files), readFile, warnings)) ?? '');
  const root = await readRoot(files.configPath, readFile, warnings);
  const block = record(root?.env);
  const lookup = (name: string): string | undefined =>
    env[name] || dotEnv[name] || text(record(block?.vars)?.[name]) || text(block?.[name]);
  const unresolved: Unresolved[] = [];
  if (!root) return { lookup, warnings, unresolved };
  const context: Context = { files, home, root, readFile, lookup, warnings, unresolved };
  const config: OpenClawConfig = {
    path: files.configPath,
    ...(await readMattermost(context)),
    ...(await readGateway(context)),
    ...readHooks(root),
    ...readVersion(root),
  };
  return { config, lookup, warnings, unresolved };
}

async function readIfThere(path: string, readFile: ReadFile, warnings: string[]): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code !== 'ENOENT') warnings.push(`${path} cannot be read (${code}): let the user of this process read it`);
    return undefined;
  }
}

/** The configuration with all that it includes. */
async function readRoot(path: string, readFile: ReadFile, warnings: string[]): Promise<Context['root'] | undefined> {
  const own = parse(await readIfThere(path, readFile, warnings), path, warnings);
  if (own === undefined) return undefined;
  const root = await withIncludes(own, path, async (included) => {
    const content = await readIfThere(included, readFile, warnings);
    if (content === undefined) warnings.push(`${included}, which ${path} includes, is not there or cannot be read`);
    return parse(content, included, warnings);
  });
  if (record(root) === undefined) warnings.push(`${path} is not an object: nothing is taken from it`);
  return record(root);
}

function parse(content: string | undefined, path: string, warnings: string[]): unknown {
  if (content === undefined) return undefined;
  try {
    return json5.parse(content);
  } catch (error) {
    // The message of json5 quotes at most one character of the file, never a value.
    warnings.push(`${path} is not valid JSON5 (${(error as Error).message}): nothing is taken from it`);
    return undefined;
  }
}

async function readMattermost(context: Context): Promise<Partial<OpenClawConfig>> {
  const channel = record(record(context.root.channels)?.mattermost);
  if (!channel || channel.enabled === false) return {};
  const { name, account } = chooseAccount(channel, context);
  const where = name ? `channels.mattermost.accounts.${name}` : 'channels.mattermost';
  const token = await resolveValue(account.botToken, 'MM_TOKEN', `${where}.botToken`, context);
  const url = await resolveValue(account.baseUrl, 'MM_URL', `${where}.baseUrl`, context);
  return {
    ...(url !== undefined && { mattermostUrl: url }),
    ...(token !== undefined && { mattermostToken: new Secret(token) }),
    hasMattermost: true,
    ...readDrafts(account.streaming),
  };
}

/** Fields of an account override those of the channel. The account `default`, or else the first enabled one, is taken. */
function chooseAccount(
  channel: Readonly<Record<string, unknown>>,
  context: Context,
): { readonly name?: string; readonly account: Readonly<Record<string, unknown>> } {
  const accounts = record(channel.accounts) ?? {};
  const names = Object.keys(accounts).filter((name) => record(accounts[name])?.enabled !== false);
  const preferred = text(channel.defaultAccount) ?? 'default';
  if (channel.botToken !== undefined && !names.includes(preferred)) return { account: channel };
  const name = names.includes(preferred) ? preferred : names[0];
  if (name === undefined) return { account: channel };
  if (names.length > 1 && name !== preferred) {
    context.warnings.push(
      `${context.files.configPath} has several Mattermost accounts (${names.join(', ')}): ${name} is used; set MM_URL and MM_TOKEN to choose another`,
    );
  }
  return { name, account: { ...channel, ...record(accounts[name]) } };
}

async function readGateway(context: Context): Promise<Partial<OpenClawConfig>> {
  const gateway = record(context.root.gateway);
  const remote = gateway?.mode === 'remote' ? record(gateway.remote) : undefined;
  const told = portOf(context.lookup(PORT_VARIABLE));
  const configured = typeof gateway?.port === 'number' ? gateway.port : undefined;
  const port = told ?? configured ?? DEFAULT_GATEWAY_PORT;
  const remoteUrl = text(remote?.url);
  const isOwn = remoteUrl !== undefined || (told === undefined && configured !== undefined);
  const scheme = record(gateway?.tls)?.enabled === true ? 'wss' : 'ws';
  const secret = remote ? remote.token : record(gateway?.auth)?.token;
  const where = remote ? 'gateway.remote.token' : 'gateway.auth.token';
  const token = await resolveValue(secret, 'OPENCLAW_GATEWAY_TOKEN', where, context);
  return {
    gatewayUrl: remoteUrl ?? `${scheme}://127.0.0.1:${port}`,
    gatewayUrlOrigin: isOwn ? context.files.configPath : told === undefined ? 'default' : PORT_VARIABLE,
    ...(token !== undefined && { gatewayToken: new Secret(token) }),
  };
}

/** The port a gateway was told by its environment, as OpenClaw reads it: alone, or behind a host. */
function portOf(value: string | undefined): number | undefined {
  const [, digits] = /^(?:[^:]*:|\[[^\]]*\]:)?(\d{1,5})$/.exec(value?.trim() ?? '') ?? [];
  const port = Number(digits);
  return port > 0 && port <= 65_535 ? port : undefined;
}

/** The value behind a reference, or `undefined` with a sentence that names the reference (never a value). */
async function resolveValue(
  value: unknown,
  variable: Unresolved['variable'],
  where: string,
  context: Context,
): Promise<string | undefined> {
  if (value === undefined) return undefined;
  const reference = parseReference(value);
  const resolved = reference && (await dereference(reference, context));
  if (resolved) return resolved;
  const what = reference ? describeReference(reference) : 'neither text nor a secret reference';
  context.unresolved.push({
    variable,
    warning: `${where} in ${context.files.configPath} is ${what} and cannot be resolved here: set ${variable}`,
  });
  return undefined;
}

async function dereference(reference: Reference, context: Context): Promise<string | undefined> {
  if (reference.kind === 'text') return fillIn(reference.template, context.lookup);
  // Running a configured command to get a secret is the gateway's business.
  if (reference.kind === 'exec') return undefined;
  const provider = record(record(record(context.root.secrets)?.providers)?.[reference.provider]);
  const path = text(provider?.path);
  if (path === undefined) return undefined;
  const content = await readIfThere(
    configuredPath(path, context.files, context.home),
    context.readFile,
    context.warnings,
  );
  if (content === undefined) return undefined;
  if (provider?.mode === 'singleValue') return content.replace(/\r?\n$/, '');
  try {
    return text(atPointer(JSON.parse(content), reference.id));
  } catch {
    return undefined;
  }
}

function describeReference(reference: Reference): string {
  if (reference.kind === 'text') return `taken from the environment (${namesIn(reference.template).join(', ')})`;
  return `a secret of the ${reference.kind} provider ${reference.provider} (${reference.id})`;
}
