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
import { showStory } from './show-story.ts';
import { SCENES } from './story/scenes.ts';
import { complain, say, untilInterrupted } from './terminal.ts';

const USAGE = `Usage: npm start [-- OPTIONS]
Shows Live Status: on the configured Mattermost, else on the OpenClaw of this machine, else with a small story.
  --demo            show the story, whatever is configured
  --scene N         the same, from this scene on: 1 or 2
  --recording NAME  play a recorded session of OpenClaw again and again, like 2026.7.1/subagent
  --once            play the recording once, print the posts, and end: 0 when they are as they must be, else 1`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      demo: { type: 'boolean' },
      scene: { type: 'string' },
      once: { type: 'boolean' },
      recording: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const names = values.recording === undefined ? DEMO : [values.recording];
  for (const name of names) parseScenarioId(name);
  const first = parseScene(values.scene);
  const isStory = values.demo === true || first !== undefined;
  if (isStory && (values.once || values.recording !== undefined)) {
    throw new UsageError('The story is not a recording: leave --recording and --once out, or --demo and --scene.');
  }
  if (values.once) return stoppable((signal) => showOnce(names[0] ?? DEMO[0], signal));
  if (values.recording !== undefined) return stoppable((signal) => showRecordings(names, signal));
  if (isStory) return stoppable((signal) => showStory({ first, signal }));
  const reading = await readSettings(process.env, { home: homedir(), readFile: (path) => readFile(path, 'utf8') });
  const mode = await chooseMode(reading, Date.now());
  if (mode.kind === 'configured') return showConfigured(reading);
  return stoppable((signal) => (mode.kind === 'local' ? showLocal(mode.agentsDir, signal) : showStory({ signal })));
}

/** The place of the scene in the story; `undefined`: none is named. */
function parseScene(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const scene = SCENES.findIndex((_, at) => String(at + 1) === text);
  if (scene === -1) throw new UsageError(`There is no scene ${text}. Give one from 1 to ${SCENES.length}.`);
  return scene;
}

/** What was asked for cannot be shown. */
class UsageError extends Error {}

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
  if (error instanceof UnknownRecordingError || error instanceof UsageError || isUsageError(error)) {
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
