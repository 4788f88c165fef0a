import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { parseScenarioId, UnknownRecordingError } from '@live-status/fixtures';
import { readSettings } from '@live-status/settings';
import { DaemonFailedError } from '@live-status/stage';
import { chooseMode } from './mode.ts';
import { showConfigured } from './show-configured.ts';
import { showLocal } from './show-local.ts';
import { DEMO, showOnce, showRecordings } from './show-recordings.ts';
import { complain, say, untilInterrupted } from './terminal.ts';

const USAGE = `Usage: npm start [-- [--recording VERSION/SCENARIO] [--once]]
Shows Live Status: on the configured Mattermost, else on the OpenClaw of this machine, else on recorded sessions.
  --recording NAME  play this recording, like 2026.7.1/subagent
  --once            play it once, print the posts, and end: 0 when they are as they must be, else 1`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, recording: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const names = values.recording === undefined ? DEMO : [values.recording];
  for (const name of names) parseScenarioId(name);
  if (values.once) return stoppable((signal) => showOnce(names[0] ?? DEMO[0], signal));
  if (values.recording !== undefined) return stoppable((signal) => showRecordings(names, signal));
  const reading = await readSettings(process.env, { home: homedir(), readFile: (path) => readFile(path, 'utf8') });
  const mode = await chooseMode(reading, Date.now());
  if (mode.kind === 'configured') return showConfigured(reading);
  return stoppable((signal) =>
    mode.kind === 'local' ? showLocal(mode.agentsDir, signal) : showRecordings(names, signal),
  );
}

/** Runs until done or interrupted; an interruption counts as success. */
async function stoppable(show: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const signal = untilInterrupted();
  try {
    return await show(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  say('Stopped.');
  return 0;
}

/** Prints what went wrong and what to do. Returns the exit code. */
function report(error: unknown): number {
  if (error instanceof DaemonFailedError) {
    complain(error.message);
    complain('Correct what it names. If it names nothing, build again (npm run build) and try again.');
    return 1;
  }
  if (error instanceof UnknownRecordingError || isUsageError(error)) {
    complain(`${error.message}\n${USAGE}`);
    return 2;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main().catch(report);
