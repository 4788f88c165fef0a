#!/usr/bin/env node
import './v8-flags.ts';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errorCode, exitWithReader } from '@live-status/basics';
import type { Machine, Report } from '@live-status/daemon-control';
import { EXIT, type ExitCode } from '@live-status/daemon-control/exit-code';
import { keepMemoryPrivate } from '@live-status/daemon-control/keep-memory-private';
import { programVersion } from '@live-status/daemon-control/program-version';
import type { Secret } from '@live-status/openclaw-config';
import { Command, InvalidArgumentError } from 'commander';
import { maskSecrets } from './mask-secrets.ts';
import type { Host, Runtime, StopCause } from './runtime.ts';
import { findStarter } from './starter.ts';

const EXAMPLES = `
Settings come from environment variables; what they leave unset comes from OpenClaw's own openclaw.json.

Examples:
  $ live-status-daemon run
  $ MM_URL=https://chat.example.com MM_TOKEN=… live-status-daemon run
  $ TRANSCRIPT_DIR=/data/agents HEALTH_PORT=0 live-status-daemon run
  $ live-status-daemon start && live-status-daemon status
  $ live-status-daemon finalize
  $ live-status-daemon follow --port 8080

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 already running or not running.`;

const version = programVersion(fileURLToPath(new URL('..', import.meta.url)));

keepMemoryPrivate(process);
exitWithReader(process);

const machine: Machine = { env: process.env, home: homedir(), readFile: (path) => readFile(path, 'utf8') };
const starter = findStarter(process);
let hidden: readonly Secret[] = [];
const host: Host = {
  ...machine,
  pid: process.pid,
  terminal: process.stdout.isTTY === true,
  version,
  starter,
  hide: (secrets) => {
    hidden = secrets;
  },
  complain: (text) => {
    const shown = maskSecrets(text, hidden);
    starter?.send({ complaint: shown });
    process.stderr.write(`${shown}\n`);
  },
};

/** What a shell reports for a process killed by a signal: 128 plus the signal's number. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the first cause to stop. A second signal ends the process at once. Call this before anything waits: a
 * process with pid 1 ignores signals that it does not handle.
 */
function stopCause(): Promise<StopCause> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
      process.on(signal, () => {
        if (stopping) process.exit(exitCode);
        stopping = true;
        resolve({ kind: 'signal', signal });
      });
    }
    // Unhandled rejections arrive here, too. While stopping, the last edits of posts matter more than another failure.
    process.on('uncaughtException', (error) => {
      if (stopping) host.complain(describeError(error));
      stopping = true;
      resolve({ kind: 'failure', error });
    });
  });
}

const SELF_EXPLAINING: readonly string[] = ['ERR_STATE_DIR', 'ERR_LOG_FILE', 'ERR_LEDGER_VERSION'];

function describeError(error: unknown): string {
  // The messages of these errors say what to do, so a stack would only distract.
  if (error instanceof Error && SELF_EXPLAINING.includes(errorCode(error) ?? '')) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Exits explicitly: by then everything is written, and whatever is still pending must not keep the process alive. */
async function execute(
  work: (runtime: Runtime) => Promise<ExitCode>,
  { here = host, stopping }: { readonly here?: Host; readonly stopping?: Promise<StopCause> } = {},
): Promise<never> {
  try {
    const { withRuntime } = await import('./runtime.ts');
    process.exit(await withRuntime(here, work, { stopping }));
  } catch (error) {
    host.complain(describeError(error));
    // Like a wrong setting, a ledger of a newer version stays until somebody acts: service managers must not start again.
    process.exit(errorCode(error) === 'ERR_LEDGER_VERSION' ? EXIT.usage : EXIT.failed);
  }
}

interface RunOptions {
  readonly logFile?: string;
  readonly logFileBytes?: number;
}

function logFile({ logFile: path, logFileBytes: maxBytes }: RunOptions): Pick<Host, 'logFile'> {
  return path === undefined ? {} : { logFile: { path, maxBytes } };
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Must be a positive integer.');
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('Must be 0 to 65535.');
  return value;
}

/** Loads only what the command needs: `status` should not wait for everything that `run` uses. */
async function control(
  command: (control: typeof import('@live-status/daemon-control')) => Promise<Report>,
): Promise<void> {
  const { exitCode, out, err } = await command(await import('@live-status/daemon-control'));
  for (const line of out) process.stdout.write(`${line}\n`);
  for (const line of err) host.complain(line);
  process.exitCode = exitCode;
}

const self = { command: process.execPath, args: [...process.execArgv, fileURLToPath(import.meta.url), 'run'] };
const program = new Command('live-status-daemon')
  .description('Keeps one Mattermost post per piece of OpenClaw agent work up to date in place.')
  .version(version)
  .addHelpText('after', EXAMPLES)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));
program
  .command('run')
  .description('follow agent sessions in the foreground; logs go to standard output')
  .option('--log-file <path>', 'write the log to this file instead; it is rotated when full, and three files are kept')
  .option('--log-file-bytes <bytes>', 'size at which the log file is rotated (default: 10 MB)', positiveInteger)
  .action((options: RunOptions) => {
    const stopping = stopCause();
    const work = async (runtime: Runtime) => (await import('./commands.ts')).run(runtime, host, stopping);
    return execute(work, { here: { ...host, ...logFile(options) }, stopping });
  });
program
  .command('start')
  .description('run in the background, and wait until sessions are followed; the log is daemon.log in STATE_DIR')
  .action(() => control(({ startCommand }) => startCommand(machine, self, { tell: host.complain })));
program
  .command('stop')
  .description('stop the daemon of STATE_DIR, and wait until its posts are up to date')
  .action(() => control(({ stopCommand }) => stopCommand(machine)));
program
  .command('status')
  .description('show whether a daemon is running on STATE_DIR, and its health')
  .option('--json', 'print one JSON object')
  .action((options: { readonly json?: boolean }) => control(({ statusCommand }) => statusCommand(machine, options)));
program
  .command('finalize')
  .description('finish every post that was left open, while no daemon is running')
  .action(() => execute(async (runtime) => (await import('./commands.ts')).finalize(runtime)));
program
  .command('follow')
  .description('follow agent sessions and show them on a page, but post nothing; needs no Mattermost')
  .option('--port <port>', 'port of the page on this machine (default: any free one)', port)
  .action(async (options: { readonly port?: number }) => {
    const stopping = stopCause();
    const { follow } = await import('./follow.ts');
    const onListening = (url: string): void => {
      if (process.stdout.isTTY)
        process.stderr.write('Follows OpenClaw and posts nothing; Ctrl-C stops it. Its page:\n');
      process.stdout.write(`${url}/\n`);
      // Whoever started this program to read from it may be gone.
      process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    };
    try {
      process.exit(await follow(host, stopping, { port: options.port ?? 0, onListening }));
    } catch (error) {
      host.complain(describeError(error));
      process.exit(EXIT.failed);
    }
  });
void program.parseAsync();
