import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMarkdown } from './markdown.ts';
import { readPackages, type WorkspacePackage } from './repository.ts';

const TIMEOUT_MS = 20_000;

/** Runs every ```ts block of the READMEs of packages and apps; what fails or does not end within 20 s is a problem. */
export async function findExampleProblems(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const pkg of readPackages(root)) problems.push(...(await exampleProblems(pkg)));
  return problems;
}

async function exampleProblems({ path, dir }: WorkspacePackage): Promise<string[]> {
  const readme = join(dir, 'README.md');
  if (!existsSync(readme)) return [];
  const examples = readMarkdown(readFileSync(readme, 'utf8')).fences.filter(({ language }) => language === 'ts');
  // Inside the package, so that it and its dependencies resolve by name; a folder that git ignores.
  const folder = join(dir, '.examples', String(process.pid));
  mkdirSync(folder, { recursive: true });
  try {
    const problems: string[] = [];
    for (const [index, { text }] of examples.entries()) {
      const file = join(folder, `example-${index + 1}.ts`);
      writeFileSync(file, text);
      const output = await runToEnd(file, dir);
      if (output !== undefined) problems.push(`${path}/README.md: example ${index + 1} fails\n${output}`);
    }
    return problems;
  } finally {
    rmSync(join(dir, '.examples'), { recursive: true, force: true });
  }
}

/** The end of the output if the program fails. */
function runToEnd(file: string, cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const args = ['--conditions=@live-status/source', '--disable-warning=ExperimentalWarning', file];
    execFile(process.execPath, args, { cwd, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const late = error?.killed ? `did not end within ${TIMEOUT_MS / 1000} s` : '';
      resolve(error ? [stdout, stderr, late].filter(Boolean).join('\n').slice(-4000) : undefined);
    });
  });
}
