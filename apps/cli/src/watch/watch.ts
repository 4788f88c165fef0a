import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface, emitKeypressEvents } from 'node:readline';
import { printableLine } from '@live-status/basics';
import { type DaemonProgram, type Machine, readDaemonStatus } from '@live-status/daemon-control';
import { readSettings, type Settings } from '@live-status/settings';
import { type PostWords, renderLines } from '@live-status/status-render';
import ansi from 'ansi-escapes';
import { CommandError } from '../command-error.ts';
import { postWordsOf } from '../post-words.ts';
import { hasColors, paintBox } from '../terminal/paint.ts';
import { type FeedAddress, readFeed } from './feed.ts';
import { screenOf } from './watch-screen.ts';
import { type Act, FIRST_STATE, type Key, type WatchState, withEvent, withKey } from './watch-state.ts';

/** How often running times are drawn, and how often at most changes are. Milliseconds. */
const TICK_MS = 1_000;
const COALESCE_MS = 100;

/** What `live-status watch` needs. */
export interface WatchOptions {
  readonly machine: Machine;
  /** How to run the daemon; used when none is running. */
  readonly daemonProgram: DaemonProgram | undefined;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/**
 * Shows all work as it changes until the reader quits: on a terminal as a screen with keys, else as plain lines.
 *
 * @throws CommandError when nothing can be followed
 */
export async function watch({ machine, daemonProgram, input, output }: WatchOptions): Promise<void> {
  const stop = new AbortController();
  const quit = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, quit);
  const words = await postWordsOf(machine);
  const { address, end, isOwn } = await findFeed(machine, daemonProgram);
  try {
    const colors = hasColors(output, machine.env);
    if (output.isTTY && input.isTTY) await watchOnScreen({ address, input, output, colors, words, stop });
    else {
      if (isOwn)
        process.stderr.write('No daemon is running: following OpenClaw directly. Work appears as it changes.\n');
      await watchAsLines({ address, output, colors, words, signal: stop.signal });
    }
  } finally {
    end();
  }
}

interface Feed {
  readonly address: FeedAddress;
  readonly end: () => void;
  /** Whether no daemon is running, so that a process of our own follows. */
  readonly isOwn: boolean;
}

/** The feed of the running daemon; without one, of a process of our own that follows sessions and posts nothing. */
async function findFeed(machine: Machine, program: DaemonProgram | undefined): Promise<Feed> {
  const { sound } = await readSettings(machine.env, machine);
  // Each of these has a default.
  const settings = sound as Settings;
  const status = await readDaemonStatus(settings);
  if (status.running && status.url !== undefined) {
    if (status.health === undefined) throw new CommandError([status.problem, status.fix].filter(Boolean).join(': '));
    const token = settings.healthToken?.reveal();
    return {
      address: { url: status.url, ...(token === undefined ? {} : { token }) },
      end: () => {},
      isOwn: false,
    };
  }
  if (program === undefined) {
    throw new CommandError('no daemon is running, and live-status-daemon was not found: add it to PATH');
  }
  return followHere(machine, program);
}

async function followHere({ env }: Machine, { command, args }: DaemonProgram): Promise<Feed> {
  const token = randomBytes(16).toString('hex');
  const child = spawn(command, [...args.slice(0, -1), 'follow'], {
    env: { ...env, HEALTH_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const complaints: Buffer[] = [];
  child.stderr?.on('data', (part: Buffer) => complaints.length < 100 && complaints.push(part));
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [url] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [undefined])]);
  if (typeof url !== 'string') throw new CommandError(Buffer.concat(complaints).toString('utf8').trim());
  return { address: { url: url.replace(/\/$/, ''), token }, end: () => child.kill(), isOwn: true };
}

interface Screen {
  readonly address: FeedAddress;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly colors: boolean;
  readonly words: PostWords;
  readonly stop: AbortController;
}

async function watchOnScreen({ address, input, output, colors, words, stop }: Screen): Promise<void> {
  let state: WatchState = FIRST_STATE;
  let due: NodeJS.Timeout | undefined;
  let isSoon = false;
  const draw = (): void => {
    clearTimeout(due);
    isSoon = false;
    due = setTimeout(draw, TICK_MS);
    const { columns, rows } = output;
    const lines = screenOf(state, { columns, rows, nowMs: Date.now(), colors, words });
    output.write(ansi.cursorTo(0, 0) + lines.map((line) => line + ansi.eraseEndLine).join('\r\n'));
  };
  const drawSoon = (): void => {
    if (isSoon) return;
    isSoon = true;
    clearTimeout(due);
    due = setTimeout(draw, COALESCE_MS);
  };
  const act = (wanted: Act | undefined): void => {
    if (wanted?.type === 'quit') stop.abort();
    else if (wanted?.type === 'open')
      void import('open').then(({ default: open }) => open(wanted.url)).catch(() => undefined);
  };
  const onKey = (_text: string | undefined, key: Key): void => {
    const [next, wanted] = withKey(state, key);
    state = next;
    act(wanted);
    if (!stop.signal.aborted) draw();
  };
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on('keypress', onKey).resume();
  output.on('resize', draw);
  output.write(ansi.enterAlternativeScreen + ansi.cursorHide);
  try {
    draw();
    for await (const event of readFeed(address, stop.signal)) {
      state = withEvent(state, event);
      drawSoon();
    }
  } finally {
    clearTimeout(due);
    output.off('resize', draw);
    input.off('keypress', onKey).setRawMode(false).pause();
    output.write(ansi.cursorShow + ansi.exitAlternativeScreen);
  }
}

interface Lines {
  readonly address: FeedAddress;
  readonly output: NodeJS.WriteStream;
  readonly colors: boolean;
  readonly words: PostWords;
  readonly signal: AbortSignal;
}

/** One line for each change of a head, with the time. */
async function watchAsLines({ address, output, colors, words, signal }: Lines): Promise<void> {
  const shown = new Map<string, string>();
  for await (const event of readFeed(address, signal)) {
    if (event.type === 'lost')
      output.write(`${time()} not connected (${printableLine(event.why)}), connecting again\n`);
    if (event.type !== 'box') continue;
    const { box, boxId } = event.box;
    const headAt = (nowMs: number): string => {
      const { head } = renderLines(box, { nowMs, ...words, maxLines: 0 });
      return paintBox({ head, lines: [] }, box.state, colors).join('');
    };
    // Running times alone are no change.
    const key = headAt(box.startedAt);
    if (shown.get(boxId) === key) continue;
    shown.set(boxId, key);
    output.write(`${time()} ${headAt(Date.now())}\n`);
  }
}

function time(): string {
  return new Date().toTimeString().slice(0, 8);
}
