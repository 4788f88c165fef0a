/** Prints one line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one line about a failure on stderr. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Shows the story, whatever is configured. */
export const DEMO_COMMAND = 'npm start -- --demo';
/** Installs Live Status beside OpenClaw. */
export const INSTALL = 'bash install.sh';

const HOW_TO_GO_ON = [
  `To see your own agents in your own Mattermost, install it beside OpenClaw: ${INSTALL}`,
  'Ctrl-C stops everything.',
];

/** Says what is shown, where to look, and how to go on. */
export function introduce(what: string, places: readonly (readonly [string, string])[]): void {
  const width = Math.max(...places.map(([name]) => name.length));
  say(what);
  say();
  for (const [name, value] of places) say(`  ${name.padEnd(width)}  ${value}`);
  say();
  for (const line of HOW_TO_GO_ON) say(`  ${line}`);
  say();
}

/** Resolves when `signal` aborts, at once if it already has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A signal that aborts when the process is asked to end. */
export function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  return stop.signal;
}
