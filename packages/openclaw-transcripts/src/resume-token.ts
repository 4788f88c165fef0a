import type { ResumeToken } from '@live-status/session-state';
import { objectOf, parseObject, textOf } from '@live-status/transcript-parser';

/** Where a run begins in a transcript: all that is needed to read it again after a restart. */
export interface RunPlace {
  readonly sessionKey: string;
  /** Absolute path of the transcript when the run began. */
  readonly path: string;
  /** Identity of its content (see `jsonl-tail`). */
  readonly fingerprint: string;
  /** Bytes from the start of the file; the start of a line. */
  readonly startOffset: number;
}

/** The token from which a later process reads the place back. Ledgers keep it: old forms have to stay readable. */
export function toResumeToken({ sessionKey, path, fingerprint, startOffset }: RunPlace): ResumeToken {
  return JSON.stringify({ sessionKey, from: { path, fingerprint, startOffset } });
}

/** The places in the tokens that this source made; those of other sources are left out. */
export function placesIn(tokens: readonly ResumeToken[]): RunPlace[] {
  return tokens.flatMap((token) => readPlace(token) ?? []);
}

function readPlace(token: ResumeToken): RunPlace | undefined {
  const raw = parseObject(token);
  const sessionKey = textOf(raw?.sessionKey);
  const from = objectOf(raw?.from);
  const path = textOf(from?.path);
  const fingerprint = textOf(from?.fingerprint);
  const startOffset = from?.startOffset;
  if (sessionKey === undefined || path === undefined || fingerprint === undefined) return undefined;
  return typeof startOffset === 'number' ? { sessionKey, path, fingerprint, startOffset } : undefined;
}
