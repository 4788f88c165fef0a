import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPackages, type WorkspacePackage } from './repository.ts';

/** A package as it would be published. */
export interface Archive {
  readonly pkg: WorkspacePackage;
  /** Path of the `.tgz`. */
  readonly file: string;
}

/**
 * Packs everything that can be published and hands over the archives, which are gone afterwards. Needs the build.
 *
 * @param use is also given a folder for its own files, which goes with the archives
 * @throws {Error} when a package cannot be packed
 */
export async function withArchives<T>(
  root: string,
  use: (archives: readonly Archive[], folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'live-status-packed-'));
  try {
    const archives: Archive[] = [];
    for (const pkg of readPackages(root).filter(({ manifest }) => !manifest.private)) {
      const file = join(folder, `${pkg.path.replace('/', '-')}.tgz`);
      await promisify(execFile)('pnpm', ['pack', '--out', file], { cwd: pkg.dir });
      archives.push({ pkg, file });
    }
    return await use(archives, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
