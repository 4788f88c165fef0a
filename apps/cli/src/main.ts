#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { EXIT, type Machine, type Report, startCommand, stopCommand } from '@live-status/daemon-control';
import { Command } from 'commander';
import { CommandError } from './command-error.ts';
import { findDaemonProgram } from './daemon-program.ts';
import { doctor } from './doctor/doctor.ts';
import { EXAMPLES, EXIT_CODES } from './help.ts';
import { markTexts, readMessage } from './message.ts';
import { type Output, warnDeprecated, writeReport } from './output.ts';
import { completePost, createPost, deletePost, type Place, updatePost } from './post-commands.ts';
import { type Server, withServer } from './server.ts';

const { env } = process;
const output: Output = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
};
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

function machine(): Machine {
  return { env, home: homedir(), readFile: (path) => readFile(path, 'utf8') };
}

/** What a command of v1 was asked for. */
interface Answer {
  readonly postId: string;
  /** What it prints without `--json`. */
  readonly text?: string;
}

interface JsonOption {
  readonly json?: boolean;
}

/** Runs a command that talks to Mattermost; on standard output is its answer and nothing else. */
async function post(name: string, { json }: JsonOption, act: (server: Server) => Promise<Answer>): Promise<void> {
  warnDeprecated(name, { output, env });
  await attempt(json, async () => {
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
    output.err(error.message);
    if (json) output.out(JSON.stringify({ ok: false, error: error.message }));
    process.exitCode = error.exitCode;
  }
}

async function control(name: string, act: () => Promise<Report>): Promise<void> {
  warnDeprecated(name, { output, env });
  const report = await act();
  writeReport(report, output);
  process.exitCode = report.exitCode;
}

async function startWatcher(): Promise<Report> {
  const program = findDaemonProgram(env);
  if (program) return startCommand(machine(), program);
  const fix = 'build or install @live-status/daemon beside this program, or put live-status-daemon into PATH';
  return { exitCode: EXIT.failed, out: [], err: [`not started: there is no daemon: ${fix}`] };
}

const program = new Command('live-status')
  .description('Status posts in Mattermost by hand (deprecated), control of the daemon, and a doctor.')
  .version(version)
  .addHelpText('after', `\n${EXAMPLES.all}\n\n${EXIT_CODES}`)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

program
  .command('create')
  .description('post TEXT and print the id of the post (deprecated)')
  .argument('<text...>', 'message; - reads it from standard input')
  .option(
    '--channel <channel>',
    'channel id, team/name, ~name or @user; default: that of --reply-to, else DEFAULT_CHANNEL',
  )
  .option('--reply-to <post>', 'id of a post in the thread to answer in')
  .option('--json', 'print one JSON object')
  .addHelpText('after', `\n${EXAMPLES.create}`)
  .action((words: string[], options: Place & JsonOption) =>
    post('create', options, async (server) => {
      const postId = await createPost(server, await readMessage(words, process.stdin), options);
      return { postId, text: postId };
    }),
  );
program
  .command('update')
  .description('replace the message of POST by TEXT (deprecated)')
  .argument('<post>', 'id that create printed')
  .argument('<text...>', 'message; - reads it from standard input')
  .option('--json', 'print one JSON object')
  .addHelpText('after', `\n${EXAMPLES.update}`)
  .action((postId: string, words: string[], options: JsonOption) =>
    post('update', options, async (server) => {
      await updatePost(server, postId, await readMessage(words, process.stdin));
      return { postId };
    }),
  );
program
  .command('complete')
  .description('give POST its last message; without TEXT a last line [DONE] (deprecated)')
  .argument('<post>', 'id that create printed')
  .argument('[text...]', 'message; - reads it from standard input')
  .option('--json', 'print one JSON object')
  .addHelpText('after', `\n${EXAMPLES.complete}`)
  .action((postId: string, words: string[], options: JsonOption) =>
    post('complete', options, async (server) => {
      const message = words.length === 0 ? undefined : await readMessage(words, process.stdin);
      await completePost(server, postId, message);
      return { postId };
    }),
  );
program
  .command('delete')
  .description('delete POST (deprecated)')
  .argument('<post>', 'id that create printed')
  .option('--json', 'print one JSON object')
  .addHelpText('after', `\n${EXAMPLES.delete}`)
  .action((postId: string, options: JsonOption) =>
    post('delete', options, async (server) => {
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
  .action(() => control('stop-watcher', () => stopCommand(machine())));
program
  .command('doctor')
  .description('check everything Live Status needs, and say what helps')
  .option('--json', 'print one JSON object')
  .action(async (options: JsonOption) => {
    const report = await doctor({ machine: machine(), daemonProgram: findDaemonProgram(env), ...options });
    writeReport(report, output);
    process.exitCode = report.exitCode;
  });
await program.parseAsync(markTexts(process.argv));
