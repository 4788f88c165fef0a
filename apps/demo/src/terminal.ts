/** Prints one line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one line about a failure on stderr. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

const HOW_TO_GO_ON = [
  'For real: set MM_URL and MM_TOKEN (a bot token), or configure Mattermost in',
  '~/.openclaw/openclaw.json, and run npm start again. Ctrl-C stops everything.',
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

/** A signal that aborts when the process is asked to end. */
export function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  return stop.signal;
}
