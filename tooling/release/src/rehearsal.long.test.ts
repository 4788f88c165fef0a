import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { npmCli } from '../../checks/src/install-packed.ts';
import { runProgram } from '../../checks/src/program.ts';
import { repositoryRoot } from '../../checks/src/repository.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TIMEOUT_MS = 900_000;

/** Why nothing can be rehearsed here; `undefined` when it can. */
async function findObstacle(signal: AbortSignal): Promise<string | undefined> {
  const options = { cwd: repositoryRoot, signal, timeoutMs: 60_000 };
  if ((await runProgram('git', ['rev-parse', 'HEAD'], options)).exitCode !== 0) return 'this is no checkout of git';
  const npm = await runProgram(process.execPath, [npmCli(), 'view', 'verdaccio', 'name', '--fetch-retries=0'], options);
  return npm.exitCode === 0 ? undefined : 'npm cannot reach its registry';
}

it(
  'rehearses two releases, an upgrade and a downgrade of what is committed, on Node 24',
  async ({ signal, skip }) => {
    const obstacle = await findObstacle(signal);
    if (obstacle !== undefined) return skip(obstacle);
    const args = ['--conditions=@live-status/source', MAIN, '--quick'];
    const { exitCode, output } = await runProgram(process.execPath, args, {
      cwd: repositoryRoot,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/^ok {3}Node 24\.\S+: upgrade from .* transcripts/m);
    expect(output).toMatch(/\n\d+ passed, 0 failed(, \d+ skipped)?$/);
  },
  TIMEOUT_MS,
);
