import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { anchorOf, type MarkdownDocument, readMarkdown } from './markdown.ts';
import { listFiles, readManifest, readPackages, type WorkspacePackage } from './repository.ts';

/** Text that only means something on one machine: folders in which build machines keep checkouts, and package registries. */
const FOREIGN_TEXT = [/(?<![\w.~-])\/(work|builds|__w|home\/runner)\//, /\bregistry\.(npmjs|yarnpkg)\b/];

/** Recordings are kept as they were, and the check and its test have to spell what they look for. */
const MAY_HOLD_FOREIGN_TEXT = [/^tooling\/fixtures\/recordings\//, /^tooling\/checks\/src\/check-docs/];

/** Documents whose commands must exist, from the root of the checkout. */
const WITH_COMMANDS: readonly string[] = ['README.md', 'CONTRIBUTING.md'];

/** Documents that name the tests of what they promise, as `path/name.test.ts`: *name of the test*. */
const WITH_TESTS: readonly string[] = ['docs/architecture.md', 'docs/reliability.md', 'docs/threat-model.md'];

/** Everything wrong with the documents of a checkout, one sentence each. */
export function findDocumentProblems(root: string): string[] {
  const files = listFiles(root);
  const documents = files.filter((file) => file.endsWith('.md') && !file.includes('/recordings/'));
  return [
    ...(existsSync(join(root, 'README.md')) ? [] : ['README.md: is missing']),
    ...readPackages(root).flatMap((pkg) => readmeProblems(pkg)),
    ...documents.flatMap((file) => documentProblems(root, file)),
    ...files.flatMap((file) => foreignTextProblems(root, file)),
  ];
}

function readmeProblems({ kind, path, dir }: WorkspacePackage): string[] {
  const file = join(dir, 'README.md');
  if (!existsSync(file)) return [`${path}/README.md: is missing`];
  const { headings, fences } = readMarkdown(readFileSync(file, 'utf8'));
  const problems: string[] = [];
  if (headings[0]?.depth !== 1) problems.push('starts without a title');
  if (kind !== 'tooling' && !headings.some(({ text }) => /not for/i.test(text)))
    problems.push('has no section "What it is not for"');
  if (kind === 'packages' && !fences.some(({ language }) => language === 'ts')) problems.push('has no ```ts example');
  return problems.map((problem) => `${path}/README.md: ${problem}`);
}

function documentProblems(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const document = readMarkdown(text);
  const missing = WITH_TESTS.includes(file) ? testsNamedIn(text).filter((named) => !isTest(named, root)) : [];
  const broken = document.links.filter((link) => !resolves(link, { root, file, document }));
  const unknown = WITH_COMMANDS.includes(file)
    ? commandsOf(document).filter((command) => !isCommand(command, root))
    : [];
  return [
    ...broken.map((link) => `${file}: the link ${link} leads nowhere`),
    ...unknown.map((command) => `${file}: the command "${command}" does not exist`),
    ...missing.map(({ path, name }) => `${file}: there is no test "${name || 'of any name'}" in ${path}`),
  ];
}

/** A test that a document names; `name` is empty where it names the whole file. */
interface NamedTest {
  readonly path: string;
  readonly name: string;
}

/** A name in italics belongs to the file before it, and so do further ones after commas. */
function testsNamedIn(text: string): NamedTest[] {
  return [...text.matchAll(/`(\w[\w./-]*\.test\.ts)`((?::|,| and)? \*[^*\n]+\*)*/g)].flatMap(([whole, path = '']) => {
    const names = [...whole.matchAll(/\*([^*]+)\*/g)].map(([, name = '']) => name);
    return names.length === 0 ? [{ path, name: '' }] : names.map((name) => ({ path, name }));
  });
}

/**
 * Whether a file ends with this path, below `packages`, `apps` or `tooling`, and has a test of this name. `…` stands for
 * the rest of a name, and for what a name takes from its data.
 */
function isTest({ path, name }: NamedTest, root: string): boolean {
  const files = listFiles(root).filter((file) => file === path || file.endsWith(`/${path}`));
  const parts = name.split('…').map((part) => part.trim());
  return files.some((file) => hasInOrder(readFileSync(join(root, file), 'utf8'), parts));
}

function hasInOrder(text: string, parts: readonly string[]): boolean {
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'"));
  return new RegExp(escaped.join('[^\\n]*')).test(text);
}

function resolves(
  link: string,
  { root, file, document }: { root: string; file: string; document: MarkdownDocument },
): boolean {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return true;
  const [path = '', fragment] = link.split('#', 2);
  const target = path ? join(root, dirname(file), decodeURI(path)) : undefined;
  if (target && (relative(root, target).startsWith('..') || !existsSync(target))) return false;
  if (!fragment || (target && !target.endsWith('.md'))) return true;
  const { headings } = target ? readMarkdown(readFileSync(target, 'utf8')) : document;
  return headings.some(({ text }) => anchorOf(text) === fragment);
}

/** The lines of shell blocks that call npm, node or a script of the repository. */
function commandsOf({ fences }: MarkdownDocument): string[] {
  const shell = fences.filter(({ language }) => /^(sh|bash|console)$/.test(language));
  const lines = shell.flatMap(({ text }) => text.split('\n')).map((line) => line.replace(/^\$ /, '').trim());
  return lines.filter((line) => /^(npm |node |\.\/)/.test(line));
}

function isCommand(command: string, root: string): boolean {
  const [program = '', ...args] = command.split(/\s+/);
  if (program === 'npm') {
    const script = args[0] === 'run' ? args[1] : args[0];
    return (
      /^(install|i|config|ping|login)$/.test(script ?? '') || readManifest(root).scripts?.[script ?? ''] !== undefined
    );
  }
  const file = program === 'node' ? args.find((arg) => !arg.startsWith('-')) : program;
  // The build makes dist/x.js of src/x.ts.
  return file !== undefined && existsSync(join(root, file.replace(/\/dist\/(.*)\.js$/, '/src/$1.ts')));
}

function foreignTextProblems(root: string, file: string): string[] {
  if (MAY_HOLD_FOREIGN_TEXT.some((pattern) => pattern.test(file))) return [];
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const found = FOREIGN_TEXT.map((pattern) => pattern.exec(line)?.[0]).find((text) => text !== undefined);
    return found ? [`${file}:${index + 1}: says "${found}", which means nothing outside one machine`] : [];
  });
}
