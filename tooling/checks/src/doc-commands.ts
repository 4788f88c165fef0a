import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMarkdown } from './markdown.ts';
import { readManifest } from './repository.ts';

/**
 * Programs that a test cannot run: no root, no service manager, no container engine, no registry, no OpenClaw, and not
 * itself. As shell functions they stand in for what a document says, not for what its commands call in turn. Their
 * arguments go to the file in `DOC_CALLS`: programs and arguments end with NUL, calls with a line end.
 */
export const STAND_INS = ['npm', 'git', 'sudo', 'systemctl', 'launchctl', 'docker', 'kubectl', 'openclaw'] as const;

/** Commands of OpenClaw 2026.7.1 that documents may name. */
const OPENCLAW_COMMANDS: readonly string[] = ['gateway restart', 'hooks enable live-status', 'devices approve'];

/** What a document may tell people to remove as root. */
const OF_V4: readonly string[] = ['/etc/systemd/system/status-watcher.service'];

/** One bash script of all `sh` blocks of documents, in their order, as somebody would type them into one terminal. */
export function scriptOf(documents: readonly string[], { root }: { readonly root: string }): string {
  const stand = STAND_INS.map((name) => `${name}() { { printf '%s\\0' ${name} "$@"; echo; } >> "$DOC_CALLS"; }`);
  const blocks = documents.flatMap((file) =>
    readMarkdown(readFileSync(join(root, file), 'utf8'))
      .fences.filter(({ language }) => language === 'sh')
      .map(({ text }, index) => `echo ${mark(file, index + 1)}\necho ${mark(file, index + 1)} >&2\n${text}`),
  );
  return ['set -euo pipefail', ...stand, ...blocks, ''].join('\n');
}

/** What a block printed, standard output or standard error. */
export function outputOf(output: string, file: string, block: number): string {
  const [, after = ''] = output.split(`${mark(file, block)}\n`);
  return after.split(/^=== .* ===$/m, 1)[0] ?? '';
}

function mark(file: string, block: number): string {
  return `=== ${file} ${block} ===`;
}

/** Calls of the stand-ins, each a program with its arguments. */
export function readCalls(text: string): readonly (readonly string[])[] {
  return text
    .split('\0\n')
    .filter((call) => call !== '')
    .map((call) => call.split('\0'));
}

/** What is wrong with a call, as far as that can be told without making it. */
export function callProblem([program, ...args]: readonly string[], root: string): string | undefined {
  const missing = (file: string | undefined): string | undefined =>
    file !== undefined && existsSync(join(root, file)) ? undefined : `there is no file ${file}`;
  switch (program) {
    case 'npm': {
      const script = args[0] === 'run' ? args[1] : args[0];
      return readManifest(root).scripts?.[script ?? ''] === undefined ? `there is no script ${script}` : undefined;
    }
    case 'git':
      return args.join(' ') === 'pull' ? undefined : 'it is not known what this does';
    case 'sudo':
      if (args[0] === 'rm') return OF_V4.includes(args[1] ?? '') ? undefined : 'it removes something else';
      return args[0] === 'cp' ? missing(args[1]) : callProblem(args, root);
    case 'systemctl':
      return args.at(-1)?.replace('*', '') && /live-status|status-watcher/.test(args.at(-1) ?? '')
        ? missing('apps/daemon/deploy/live-status.service')
        : 'it names another unit';
    case 'launchctl':
      return /live-status/.test(args.at(-1) ?? '')
        ? missing('apps/daemon/deploy/live-status.plist')
        : 'it names another agent';
    case 'docker':
      return args[0] === 'run' ? runProblem(args, root) : missing(args[args.indexOf('-f') + 1]);
    case 'kubectl':
      return missing(args[args.indexOf('-f') + 1]);
    case 'openclaw':
      return OPENCLAW_COMMANDS.includes(args.join(' ')) ? undefined : 'OpenClaw has no such command';
    default:
      return 'it is not a stand-in';
  }
}

/** Mounts must be where the image looks, variables must be settings of the daemon. */
function runProblem(args: readonly string[], root: string): string | undefined {
  const dockerfile = readFileSync(join(root, 'apps/daemon/deploy/Dockerfile'), 'utf8');
  const settings = readFileSync(join(root, 'README.md'), 'utf8');
  const valuesOf = (option: string): string[] =>
    args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
  const mounts = valuesOf('-v').map((mount) => mount.split(':')[1] ?? '');
  const variables = valuesOf('-e').map((variable) => variable.split('=', 1)[0] ?? '');
  const lost = [
    ...mounts.filter((path) => !dockerfile.includes(`=${path}`)),
    ...variables.filter((name) => !settings.includes(`| \`${name}\` |`)),
  ];
  return lost.length === 0 ? undefined : `the image knows nothing of ${lost.join(', ')}`;
}
