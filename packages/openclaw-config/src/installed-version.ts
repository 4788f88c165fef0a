import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { objectOf, textOf } from '@live-status/basics';

/** Version of the `openclaw` in a search path, from its package.json: nothing is run. */
export function findInstalledVersion(searchPath: string): string | undefined {
  const command = searchPath
    .split(delimiter)
    .map((folder) => join(folder, 'openclaw'))
    .find((path) => existsSync(path));
  if (command === undefined) return undefined;
  try {
    return versionAbove(dirname(realpathSync(command)));
  } catch {
    return undefined;
  }
}

function versionAbove(directory: string): string | undefined {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) {
    const fields = objectOf(JSON.parse(readFileSync(manifest, 'utf8')));
    if (fields?.name === 'openclaw') return textOf(fields.version);
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : versionAbove(parent);
}
