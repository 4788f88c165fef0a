import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { styleText } from 'node:util';
import { printableLine } from '@live-status/basics';
import type { LogLevel, Machine, Report } from '@live-status/daemon-control';
import { EXIT } from '@live-status/daemon-control/exit-code';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from './command-error.ts';
import type { Paint } from './doctor/report.ts';
import { EXAMPLES, EXIT_CODES } from './help.ts';
import type { LogsOptions } from './logs.ts';
import { markTexts, readMessage } from './message.ts';
import type { Place } from './post-commands.ts';
import type { ReplayOptions } from './replay/replay.ts';
import type { Server } from './server.ts';
import { version } from './version.ts';

const { env } = process;
const output = {
  out: (line: string) => process.stdout.write(`${line}\n`),
  err: (line: string) => process.stderr.write(`${line}\n`),
};
/** Colours for a terminal; none with `NO_COLOR`, or where the output goes elsewhere. */
const paint: Paint = (color, text) => styleText(color, text, { stream: process.stdout });
function machine(): Machine {
  return { env, home: homedir(), readFile: (path) => readFile(path, 'utf8') };
}

/** Loaded only by commands that post: the client of Mattermost takes most of the start-up time. */
const posting = (): Promise<typeof import('./post-commands.ts')> => import('./post-commands.ts');

/** What a command of v1 was asked for. */
interface Answer {
  readonly postId: string;
  /** What it prints without `--json`. */
  readonly text?: string;
}

interface JsonOption {
  readonly json?: boolean;
}

/** Runs a command that talks to Mattermost. Standard output has its answer and nothing else. */
async function post(name: string, { json }: JsonOption, act: (server: Server) => Promise<Answer>): Promise<void> {
  warnDeprecated(name);
  await attempt(json, async () => {
    const { withServer } = await import('./server.ts');
    const { postId, text } = await withServer(env, machine(), act);
    if (json) output.out(JSON.stringify({ ok: true, id: postId }));
    else if (text !== undefined) output.out(text);
  });
}

async function attempt(json: boolean | undefined, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    for (const line of error.message.split('\n')) output.err(printableLine(line));
    if (json) output.out(JSON.stringify({ ok: false, error: error.message }));
    process.exitCode = error.exitCode;
  }
}

async function control(name: string, act: () => Promise<Report>): Promise<void> {
  warnDeprecated(name);
  const report = await act();
  writeReport(report);
  process.exitCode = report.exitCode;
}

async function startWatcher(): Promise<Report> {
  const { findDaemonProgram } = await import('./daemon-program.ts');
  const program = findDaemonProgram(env);
  if (program)
    return (await import('@live-status/daemon-control')).startCommand(machine(), program, { tell: output.err });
  const fix = 'build or install @live-status/daemon beside this program, or add live-status-daemon to PATH';
  return { exitCode: EXIT.failed, out: [], err: [`not started: the daemon was not found: ${fix}`] };
}

async function stopWatcher(): Promise<Report> {
  return (await import('@live-status/daemon-control')).stopCommand(machine());
}

/** Runs the command that the arguments name. Each command loads what it needs: scripts call these often. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  await createProgram().parseAsync(markTexts(args));
}

function createProgram(): Command {
  const program = new Command('live-status')
    .description(
      'Checks an installation of Live Status. Also manual status posts and control of the daemon (deprecated).',
    )
    .option('-V, --version', 'output the version number')
    .on('option:version', () => {
      output.out(version());
      process.exit(EXIT.done);
    })
    .addHelpText('after', `\n${EXAMPLES.all}\n\n${EXIT_CODES}`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

  program
    .command('create')
    .description('post TEXT and print the id of the post (deprecated)')
    .argument('<text...>', 'message; - reads it from standard input')
    .option(
      '--channel <channel>',
      'channel id, team/name, ~name or @user (default: the channel of --reply-to, else DEFAULT_CHANNEL)',
    )
    .option('--reply-to <post>', 'id of a post in the thread to reply in')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\n${EXAMPLES.create}`)
    .action((words: string[], options: Place & JsonOption) =>
      post('create', options, async (server) => {
        const { createPost } = await posting();
        const postId = await createPost(server, await readMessage(words, process.stdin), options);
        return { postId, text: postId };
      }),
    );
  program
    .command('update')
    .description('replace the message of POST with TEXT (deprecated)')
    .argument('<post>', 'id printed by create')
    .argument('<text...>', 'message; - reads it from standard input')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\n${EXAMPLES.update}`)
    .action((postId: string, words: string[], options: JsonOption) =>
      post('update', options, async (server) => {
        const { updatePost } = await posting();
        await updatePost(server, postId, await readMessage(words, process.stdin));
        return { postId };
      }),
    );
  program
    .command('complete')
    .description('set the final message of POST; without TEXT, append a line [DONE] (deprecated)')
    .argument('<post>', 'id printed by create')
    .argument('[text...]', 'message; - reads it from standard input')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\n${EXAMPLES.complete}`)
    .action((postId: string, words: string[], options: JsonOption) =>
      post('complete', options, async (server) => {
        const message = words.length === 0 ? undefined : await readMessage(words, process.stdin);
        const { completePost } = await posting();
        await completePost(server, postId, message);
        return { postId };
      }),
    );
  program
    .command('delete')
    .description('delete POST (deprecated)')
    .argument('<post>', 'id printed by create')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\n${EXAMPLES.delete}`)
    .action((postId: string, options: JsonOption) =>
      post('delete', options, async (server) => {
        const { deletePost } = await posting();
        await deletePost(server, postId);
        return { postId };
      }),
    );
  program
    .command('start-watcher')
    .description('start the daemon in the background (deprecated: live-status-daemon start)')
    .action(() => control('start-watcher', startWatcher));
  program
    .command('stop-watcher')
    .description('stop the daemon (deprecated: live-status-daemon stop)')
    .action(() => control('stop-watcher', stopWatcher));
  program
    .command('doctor')
    .description('check everything Live Status needs, and suggest fixes')
    .option('--json', 'print one JSON object')
    .option('--verbose', 'show everything, not only what matters')
    .action(async (options: JsonOption & { readonly verbose?: boolean }) => {
      const [{ doctor }, { findDaemonProgram }] = await Promise.all([
        import('./doctor/doctor.ts'),
        import('./daemon-program.ts'),
      ]);
      const report = await doctor({ machine: machine(), daemonProgram: findDaemonProgram(env), paint, ...options });
      writeReport(report);
      process.exitCode = report.exitCode;
    });
  program
    .command('watch')
    .description('show all work as it changes, from the running daemon, or straight from OpenClaw without one')
    .addHelpText('after', `\n${EXAMPLES.watch}`)
    .action(() =>
      attempt(false, async () => {
        const [{ watch }, { findDaemonProgram }] = await Promise.all([
          import('./watch/watch.ts'),
          import('./daemon-program.ts'),
        ]);
        const { stdin: input, stdout } = process;
        await watch({ machine: machine(), daemonProgram: findDaemonProgram(env), input, output: stdout });
      }),
    );
  program
    .command('replay')
    .description('show what the posts of a recorded session would have looked like')
    .argument('<path>', 'a transcript, a folder of transcripts, or a log of gateway frames')
    .addOption(
      new Option('--speed <factor>', 'how many times faster than it happened, on a terminal')
        .default(10)
        .argParser(positiveNumber),
    )
    .option('--final', 'only how each post ended', false)
    .addOption(
      new Option('--format <format>', 'what to write').choices(['terminal', 'markdown', 'html']).default('terminal'),
    )
    .addOption(
      new Option('--style <style>', 'style of the posts in Markdown')
        .choices(['list', 'fence', 'card'])
        .default('list'),
    )
    .addHelpText('after', `\n${EXAMPLES.replay}`)
    .action((path: string, options: ReplayOptions) =>
      attempt(false, async () => {
        const [{ replay }, { postWordsOf }] = await Promise.all([
          import('./replay/replay.ts'),
          import('./post-words.ts'),
        ]);
        await replay(path, options, { stream: process.stdout, env, words: await postWordsOf(machine()) });
      }),
    );
  program
    .command('logs')
    .description('show the log of the daemon')
    .option('-f, --follow', 'keep showing what is written')
    .option('-n, --lines <number>', 'how many lines of the past (default: 50)', wholeNumber)
    .addOption(new Option('--level <level>', 'the least important level to show').choices(LEVELS))
    .option('--json', 'print the lines as they are in the file')
    .addHelpText('after', `\n${EXAMPLES.logs}`)
    .action(async (options: LogsOptions) => {
      const { showLogs } = await import('./logs.ts');
      process.exitCode = await showLogs(machine(), options, { ...output, paint });
    });
  return program;
}

/** Those of the log, which is not loaded for other commands. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const satisfies readonly LogLevel[];

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number.');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Must be a number above 0.');
  return value;
}

/** Warns on standard error that a command of v1 is deprecated. Standard output stays as it was. */
function warnDeprecated(command: string): void {
  if (env.LIVE_STATUS_NO_DEPRECATION === '1') return;
  const why = 'Live Status follows agents by itself, so this call can be removed';
  output.err(`live-status ${command} is deprecated: ${why} (LIVE_STATUS_NO_DEPRECATION=1 silences this)`);
}

/** Writes the output of a control command. */
function writeReport({ out, err }: Report): void {
  for (const line of out) output.out(line);
  for (const line of err) output.err(line);
}
