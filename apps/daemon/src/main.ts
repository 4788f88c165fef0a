#!/usr/bin/env node
import './young-generation.ts';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  EXIT,
  type ExitCode,
  type Report,
  startCommand,
  statusCommand,
  stopCommand,
} from '@live-status/daemon-control';
import { StateDirError } from '@live-status/instance-lock';
import { Command, InvalidArgumentError } from 'commander';
import { finalize } from './finalize.ts';
import { LogFileError } from './log-file.ts';
import { run } from './run.ts';
import { type Host, machine, type Runtime, withRuntime } from './runtime.ts';
import { type StopCause, stopCause } from './stop-cause.ts';

const EXAMPLES = `
Configuration comes from environment variables, and what they leave open from OpenClaw's own openclaw.json.

Examples:
  $ live-status-daemon run
  $ MM_URL=https://chat.example.com MM_TOKEN=… live-status-daemon run
  $ TRANSCRIPT_DIR=/data/agents HEALTH_PORT=0 live-status-daemon run
  $ live-status-daemon start && live-status-daemon status
  $ live-status-daemon finalize

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 already running or not running.`;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const host: Host = {
  env: process.env,
  pid: process.pid,
  terminal: process.stdout.isTTY === true,
  version,
  ready: tellStarter,
  complain: (text) => process.stderr.write(`${text}\n`),
};

/** `start` waits for this word; a daemon started otherwise has nobody to tell. */
function tellStarter(): void {
  process.send?.('ready', undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}

function describeError(error: unknown): string {
  if (error instanceof StateDirError || error instanceof LogFileError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Exits explicitly: by then all is written, and nothing that still waits may keep the process. */
async function execute(
  work: (runtime: Runtime) => Promise<ExitCode>,
  { here = host, stopping }: { readonly here?: Host; readonly stopping?: Promise<StopCause> } = {},
): Promise<never> {
  try {
    process.exit(await withRuntime(here, work, { stopping }));
  } catch (error) {
    host.complain(describeError(error));
    process.exit(EXIT.failed);
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

async function control(command: Promise<Report>): Promise<void> {
  const { exitCode, out, err } = await command;
  for (const line of out) process.stdout.write(`${line}\n`);
  for (const line of err) host.complain(line);
  process.exitCode = exitCode;
}

const here = { ...machine(), env: process.env };
const self = { command: process.execPath, args: [...process.execArgv, fileURLToPath(import.meta.url), 'run'] };
const program = new Command('live-status-daemon')
  .description('Keeps one Mattermost post per piece of OpenClaw agent work up to date in place.')
  .version(version)
  .addHelpText('after', EXAMPLES)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));
program
  .command('run')
  .description('follow agent sessions in the foreground; logs go to standard output')
  .option('--log-file <path>', 'log there; a full file is set aside, three are kept')
  .option('--log-file-bytes <bytes>', 'size of a full one (default: 10 MB)', positiveInteger)
  .action((options: RunOptions) => {
    const stopping = stopCause((error) => host.complain(describeError(error)));
    return execute((runtime) => run(runtime, host, stopping), { here: { ...host, ...logFile(options) }, stopping });
  });
program
  .command('start')
  .description('run in the background, wait until sessions are followed; the log is daemon.log in STATE_DIR')
  .action(() => control(startCommand(here, self)));
program
  .command('stop')
  .description('stop the daemon of STATE_DIR and wait until its posts are up to date')
  .action(() => control(stopCommand(here)));
program
  .command('status')
  .description('show whether a daemon runs on STATE_DIR, and how it is')
  .option('--json', 'as one JSON object')
  .action((options: { readonly json?: boolean }) => control(statusCommand(here, options)));
program
  .command('finalize')
  .description('without a daemon: bring every post it left open to its end')
  .action(() => execute(finalize));
await program.parseAsync();
