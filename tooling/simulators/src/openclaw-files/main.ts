import { parseArgs } from 'node:util';
import { parseScenarioId, readRecording } from '@live-status/fixtures';
import { createReplay } from './replay.ts';

const USAGE = `Usage: node src/openclaw-files/main.ts <version>/<scenario> --dir DIR [--speed N] [--now] [--rewrite-paths]
Plays a recording into DIR/main/sessions.
  --speed N         times real speed, or "Infinity" (default 1)
  --now             rewrite recorded times to now, so that the replay looks live
  --rewrite-paths   let sessions.json name DIR instead of the recorded directory`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string' },
    speed: { type: 'string', default: '1' },
    now: { type: 'boolean', default: false },
    'rewrite-paths': { type: 'boolean', default: false },
  },
});
const [name] = positionals;
if (name === undefined || values.dir === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const { version, scenario } = parseScenarioId(name);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
  const replay = createReplay(readRecording(version, scenario), values.dir, {
    speed: Number(values.speed),
    signal: stop.signal,
    shiftTimes: values.now,
    rewritePaths: values['rewrite-paths'],
  });
  try {
    await replay.play();
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await replay.close();
  }
}
