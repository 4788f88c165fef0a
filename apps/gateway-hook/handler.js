// @ts-check
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const MAX_OUTPUT_CHARS = 2_000;

/** Every setting of the daemon. Made from the table of settings: node tooling/checks/src/write-settings.ts */
const SETTINGS = `
  MM_TOKEN
  MATTERMOST_BOT_TOKEN
  MM_URL
  MATTERMOST_URL
  DEFAULT_CHANNEL
  DEFAULT_CHANNEL_KINDS
  BOARD_CHANNEL
  SOURCE
  TRANSCRIPT_DIR
  SESSIONS_JSON
  OPENCLAW_GATEWAY_URL
  OPENCLAW_GATEWAY_TOKEN
  OPENCLAW_GATEWAY_PASSWORD
  THROTTLE_MS
  MAX_UPDATES_PER_S
  REDIS_URL
  STATUS_STYLE
  STATUS_LANGUAGE
  NOTIFY
  CHANNEL_RULES
  TOOL_LABELS_FILE
  MAX_STATUS_LINES
  MAX_MESSAGE_CHARS
  MAX_ACTIVE_SESSIONS
  MAX_SESSION_DURATION_S
  POST_DELAY_MS
  QUIET_DELAY_MS
  SETTLE_MS
  OWED_TIMEOUT_S
  IDLE_TIMEOUT_S
  GATEWAY_GRACE_S
  HEARTBEAT_S
  HEALTH_PORT
  HEALTH_HOST
  HEALTH_TOKEN
  LOG_LEVEL
  STATE_DIR
  PID_FILE
  CIRCUIT_BREAKER_THRESHOLD
  CIRCUIT_BREAKER_COOLDOWN_S
  SHUTDOWN_TIMEOUT_S
`;
/** What the daemon needs besides to find OpenClaw, and what every program needs. */
const OTHERS = `
  OPENCLAW_HOME OPENCLAW_STATE_DIR OPENCLAW_CONFIG_PATH OPENCLAW_PROFILE OPENCLAW_GATEWAY_PORT
  PATH HOME USER LOGNAME LANG LC_ALL LC_CTYPE TZ TMPDIR SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS
  NODE_USE_SYSTEM_CA HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
`;
/** Of NODE_OPTIONS only which authorities are trusted: memory limits and preloaded modules are meant for the gateway. */
const TRUST_OPTION = /^--use-(?:system|openssl|bundled)-ca$/;
/** What the daemon gets of the gateway's environment. No model API keys. */
const ALLOWED = new Set(`${SETTINGS} ${OTHERS}`.trim().split(/\s+/));

/**
 * Starts the daemon with the gateway. Returns at once and never throws; the result is one line in the gateway's log.
 * The daemon's `start` checks the instance lock, so a second start, a stale pid file or a reused pid does no harm.
 *
 * @param {any} event `{ type, action, context: { cfg } }` of OpenClaw
 */
// biome-ignore lint/style/noDefaultExport: what OpenClaw loads
export default async function liveStatus(event) {
  try {
    if (event?.type !== 'gateway') return;
    if (event.action === 'startup') start(event.context?.cfg, process.env);
    if (event.action === 'shutdown' && hasDaemon(process.env))
      say('the daemon keeps running, to show how interrupted work ended; live-status-daemon stop stops it');
  } catch (error) {
    say(`not started: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Whether a daemon keeps its lock in the state directory: none does where Live Status was removed, or could not start.
 * @param {NodeJS.ProcessEnv} env
 */
function hasDaemon(env) {
  const stateDir = env.STATE_DIR ? expandHome(env.STATE_DIR, homedir()) : join(openclawDirectory(env), 'live-status');
  return existsSync(stateDir) && readdirSync(stateDir).some((name) => /^daemon-.*\.lock$/.test(name));
}

/**
 * @param {unknown} config openclaw.json as the gateway understands it
 * @param {NodeJS.ProcessEnv} env
 */
function start(config, env) {
  const program = locateDaemon(env);
  if (!existsSync(program)) {
    say(`not started: ${program} does not exist; run install.sh of Live Status again, or set LIVE_STATUS_DAEMON`);
    return;
  }
  const [command, args] = /\.[cm]?[jt]s$/.test(program) ? [process.execPath, [program]] : [program, []];
  const child = spawn(command, [...args, 'start'], {
    cwd: dirname(program),
    // Not in the gateway's process group: a signal to the gateway is not meant for the daemon.
    detached: true,
    env: { ...credentials(config, env), ...pick(settings(config, env)) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(0, MAX_OUTPUT_CHARS);
    });
    // The gateway may exit while the daemon is still starting.
    /** @type {import('node:net').Socket} */ (stream).unref();
  }
  child.on('error', ({ message }) => {
    output = `not started: ${program} cannot be run (${message}); run install.sh again`;
  });
  child.on('close', (code) => say(oneLine(output) || `start ended with exit code ${code}`));
  child.unref();
}

/**
 * A program, or a script for the gateway's own Node.
 * @param {NodeJS.ProcessEnv} env
 */
function locateDaemon(env) {
  if (env.LIVE_STATUS_DAEMON) return resolve(env.LIVE_STATUS_DAEMON);
  const installed = readText(join(HERE, 'daemon-path')).trim();
  if (installed) return installed;
  const checkout = join(HERE, '..', 'daemon', 'dist', 'main.js');
  const standard = join(openclawDirectory(env), 'live-status', 'app', 'bin', 'live-status-daemon');
  return existsSync(checkout) ? checkout : standard;
}

/**
 * What only the gateway knows: values from its environment or a secret store. What openclaw.json contains is left to the
 * daemon, which reads it again after a change.
 *
 * @param {any} config
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string>}
 */
function credentials(config, env) {
  const account = mattermostAccount(config?.channels?.mattermost);
  const found = {
    MM_TOKEN: textOf(account?.botToken, env),
    MM_URL: textOf(account?.baseUrl, env),
    ...gatewaySecrets(config, env),
  };
  const path = env.OPENCLAW_CONFIG_PATH;
  const file = readText(path ? expandHome(path, openclawHome(env)) : join(openclawDirectory(env), 'openclaw.json'));
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== '' && !file.includes(text)));
}

/**
 * What the gateway's own configuration says it asks for; empty for secrets kept elsewhere.
 *
 * @param {any} config
 * @param {NodeJS.ProcessEnv} env
 */
function gatewaySecrets(config, env) {
  const auth = config?.gateway?.auth;
  return {
    OPENCLAW_GATEWAY_TOKEN: textOf(auth?.token, env),
    OPENCLAW_GATEWAY_PASSWORD: textOf(auth?.password, env),
  };
}

/**
 * A gateway with a secret in its configuration expects that one; the one in its environment may be outdated.
 *
 * @param {any} config
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function settings(config, env) {
  if (env.OPENCLAW_GATEWAY_URL) return env;
  /** @type {Record<string, string>} */
  const configured = gatewaySecrets(config, env);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !configured[name]));
}

/**
 * The account `defaultAccount` (`default`), else the first enabled one by name that has a token; its fields override
 * those of the channel.
 * @param {any} channel
 */
function mattermostAccount(channel) {
  if (!channel || channel.enabled === false) return undefined;
  const accounts = channel.accounts ?? {};
  const names = Object.keys(accounts).filter((name) => accounts[name]?.enabled !== false);
  const preferred = channel.defaultAccount ?? 'default';
  if (channel.botToken !== undefined && !names.includes(preferred)) return channel;
  names.sort((a, b) => a.localeCompare(b));
  const hasToken = (/** @type {string} */ name) => (accounts[name]?.botToken ?? channel.botToken ?? '') !== '';
  const name = names.includes(preferred) ? preferred : (names.find(hasToken) ?? names[0]);
  return name === undefined ? channel : { ...channel, ...accounts[name] };
}

/**
 * Text, or the variable that `$NAME`, `${NAME}` or `{ source: 'env', id }` stand for; empty for secrets kept elsewhere.
 * @param {any} value
 * @param {NodeJS.ProcessEnv} env
 */
function textOf(value, env) {
  if (value?.source === 'env') return env[value.id] ?? '';
  if (typeof value !== 'string') return '';
  const name = /^\$\{?([A-Z_][A-Z0-9_]*)\}?$/.exec(value)?.[1];
  return name === undefined ? value : (env[name] ?? '');
}

/** @param {NodeJS.ProcessEnv} env */
function pick(env) {
  const options = (env.NODE_OPTIONS ?? '').split(/\s+/).filter((option) => TRUST_OPTION.test(option));
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name, text]) => ALLOWED.has(name) && text !== '')),
    ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
  };
}

/** @param {NodeJS.ProcessEnv} env */
function openclawDirectory(env) {
  const home = openclawHome(env);
  return env.OPENCLAW_STATE_DIR ? expandHome(env.OPENCLAW_STATE_DIR, home) : join(home, '.openclaw');
}

/** @param {NodeJS.ProcessEnv} env */
function openclawHome(env) {
  return env.OPENCLAW_HOME ? expandHome(env.OPENCLAW_HOME, homedir()) : homedir();
}

/**
 * As the daemon and OpenClaw do it: service managers do not expand a leading `~`.
 * @param {string} path
 * @param {string} home
 */
function expandHome(path, home) {
  return resolve(path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path);
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} text */
function oneLine(text) {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join('; ');
}

/** @param {string} line */
function say(line) {
  // biome-ignore lint/suspicious/noConsole: the gateway's log
  console.log(`[live-status] ${line}`);
}
