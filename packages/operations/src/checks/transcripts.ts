import { type CheckResult, fail, ok, warn } from './check.ts';

/** What a look into `TRANSCRIPT_DIR` gave. */
export interface TranscriptLook {
  readonly directory: string;
  /** Error code of the directory itself. */
  readonly problem?: string;
  /** Transcript files. */
  readonly files: number;
  /** Folders and transcripts that this user may not read. */
  readonly unreadable: readonly string[];
}

/** Whether transcripts are there and can be read. */
export function checkTranscripts({ directory, problem, files, unreadable }: TranscriptLook): CheckResult {
  const name = 'transcripts';
  if (problem === 'ENOENT') {
    const cure = 'start OpenClaw once, or set TRANSCRIPT_DIR to its agents folder; the daemon waits for it';
    return warn(name, `${directory} does not exist`, cure);
  }
  if (problem !== undefined) {
    return fail(name, `${directory} cannot be read (${problem})`, 'run Live Status as the user that runs OpenClaw');
  }
  const [first] = unreadable;
  if (first !== undefined) {
    const found = `${unreadable.length} of ${directory} cannot be read, ${first} for one`;
    return fail(name, found, 'run Live Status as the user that runs OpenClaw');
  }
  return ok(name, `${files} in ${directory}`);
}
