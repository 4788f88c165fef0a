import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { importsOf } from './imports.ts';
import { readMarkdown } from './markdown.ts';
import { isTestFile, readPackages, type WorkspacePackage } from './repository.ts';

/**
 * What the oldest supported Node lacks, and what to write instead. Node runs sources and examples as they are, with
 * their types stripped; the build and vitest translate syntax, so these would work there and nowhere else.
 */
const MISSING_SYNTAX: ReadonlyMap<string, string> = new Map([
  ['using', 'close in `finally`, or defer to a LifecycleScope'],
  ['await using', 'close in `finally`, or defer to a LifecycleScope'],
]);
const MISSING_GLOBALS: ReadonlyMap<string, string> = new Map([
  ['DisposableStack', 'use a LifecycleScope'],
  ['AsyncDisposableStack', 'use a LifecycleScope'],
  ['SuppressedError', 'use an AggregateError'],
]);

/** What Node 22 could not run, in sources that are not for tests alone and in examples of READMEs, one sentence each. */
export function findOldestNodeProblems(root: string): string[] {
  return readPackages(root).flatMap((pkg) => [
    ...runnableFiles(pkg).flatMap((file) =>
      missingIn(file, readFileSync(join(pkg.dir, file), 'utf8')).map((found) => `${pkg.path}/${file}${found}`),
    ),
    ...examplesOf(pkg).flatMap((example) =>
      missingIn('example.ts', example).map((found) => `${pkg.path}/README.md${found}`),
    ),
  ]);
}

/** Sources that Node may be given: what a package exports, programs, which nobody imports, and all that those import. */
function runnableFiles({ dir, manifest }: WorkspacePackage): string[] {
  const files = globSync('src/**/*.{ts,mts}', { cwd: dir }).sort();
  const imports = new Map(files.map((file) => [file, relativeImports(dir, file)]));
  const imported = new Set([...imports.values()].flat());
  const exported = JSON.stringify(manifest.exports ?? {});
  const isEntry = (file: string): boolean => exported.includes(`"./${file}"`) || !imported.has(file);
  const runnable = new Set(files.filter((file) => !isTestFile(file) && isEntry(file)));
  // A set hands out what is added on the way.
  for (const file of runnable) for (const target of imports.get(file) ?? []) runnable.add(target);
  return [...runnable];
}

function relativeImports(dir: string, file: string): string[] {
  const specifiers = importsOf(file, readFileSync(join(dir, file), 'utf8'));
  const files = specifiers.filter((specifier) => /^\..*\.m?ts$/.test(specifier));
  return files.map((specifier) => join(file, '..', specifier));
}

function examplesOf({ dir }: WorkspacePackage): string[] {
  const [readme] = globSync('README.md', { cwd: dir });
  if (readme === undefined) return [];
  const { fences } = readMarkdown(readFileSync(join(dir, readme), 'utf8'));
  return fences.filter(({ language }) => language === 'ts').map(({ text }) => text);
}

/** Each thing of the lists that a source uses, as the end of a sentence that its path begins. */
function missingIn(file: string, source: string): string[] {
  const found = new Map<string, string>();
  const note = (list: ReadonlyMap<string, string>, name: string, offset: number): void => {
    const instead = list.get(name);
    if (instead === undefined || found.has(name)) return;
    const line = source.slice(0, offset).split('\n').length;
    found.set(name, `:${line}: \`${name}\` does not run on Node 22: ${instead}`);
  };
  new Visitor({
    VariableDeclaration: ({ kind, start }) => note(MISSING_SYNTAX, kind, start),
    Identifier: ({ name, start }) => note(MISSING_GLOBALS, name, start),
  }).visit(parseSync(file, source).program);
  return [...found.values()];
}
