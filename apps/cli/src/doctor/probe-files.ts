import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@live-status/basics';

/** What a scan of `TRANSCRIPT_DIR` found. */
export interface TranscriptScan {
  readonly directory: string;
  /** Error code of the directory itself. */
  readonly problem?: string;
  /** Transcript files. */
  readonly files: number;
  /** Folders and transcripts that this user may not read. */
  readonly unreadable: readonly string[];
}

/** Folders under an agents folder: `<agent>/sessions`. Deeper ones do not belong to OpenClaw. */
const MAX_DEPTH = 3;
const TRANSCRIPT = /\.jsonl$/;

/** Counts the transcripts below a folder, and finds what cannot be read. Never throws. */
export function scanTranscripts(directory: string): TranscriptScan {
  try {
    readdirSync(directory);
  } catch (error) {
    return { directory, problem: errorCode(error) ?? 'unknown error', files: 0, unreadable: [] };
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
    if (errorCode(error) !== 'ENOENT') unreadable.push(directory);
    return [];
  }
}

/** Whether a file exists and this user may read it. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
