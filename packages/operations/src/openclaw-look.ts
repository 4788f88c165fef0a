import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { TranscriptLook } from './checks/transcripts.ts';
import { codeOf } from './error-code.ts';
import { record, text } from './json-value.ts';

/** Folders under an agents folder: `<agent>/sessions`. Deeper ones are none of OpenClaw's. */
const MAX_DEPTH = 3;
const TRANSCRIPT = /\.jsonl$/;

/** Looks into a folder of transcripts: what is there, and what may be read. Never throws. */
export function lookAtSessions(directory: string): TranscriptLook {
  try {
    readdirSync(directory);
  } catch (error) {
    return { directory, problem: codeOf(error), files: 0, unreadable: [] };
  }
  const unreadable: string[] = [];
  const paths = listFiles(directory, MAX_DEPTH, unreadable);
  const transcripts = paths.filter(({ name }) => TRANSCRIPT.test(name));
  unreadable.push(...transcripts.filter(({ path }) => existsSync(path) && !isReadable(path)).map(({ path }) => path));
  return { directory, files: transcripts.length, unreadable };
}

interface Listed {
  readonly name: string;
  readonly path: string;
}

function listFiles(directory: string, depth: number, unreadable: string[]): readonly Listed[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry): readonly Listed[] => {
      const path = join(directory, entry.name);
      if (!entry.isDirectory()) return [{ name: entry.name, path }];
      return depth > 0 ? listFiles(path, depth - 1, unreadable) : [];
    });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') unreadable.push(directory);
    return [];
  }
}

/** Whether a file is there and this user may read it. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

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
    const fields = record(JSON.parse(readFileSync(manifest, 'utf8')));
    if (fields?.name === 'openclaw') return text(fields.version);
  }
  const parent = dirname(directory);
  return parent === directory ? undefined : versionAbove(parent);
}
