import type { ResumeToken } from '@live-status/session-state';
import { compact, type Delivery, type JsonObject, objectOf, parseObject, textOf } from '@live-status/transcript-parser';

/** Where a run begins in a transcript: all that is needed to read it again after a restart. */
export interface RunPlace {
  readonly sessionKey: string;
  /** Absolute path of the transcript when the run began. */
  readonly path: string;
  /** Identity of its content (see `jsonl-tail`). */
  readonly fingerprint: string;
  /** Bytes from the start of the file; the start of a line. */
  readonly startOffset: number;
  /** The direct message that began it, and where it came from: what was certain then may not be found out again. */
  readonly direct?: ResumedDirect;
}

/** Whose direct message a run answers. */
export interface ResumedDirect {
  readonly entryId: string;
  readonly delivery: Delivery;
}

/** The token from which a later process reads the place back. Ledgers keep it: old forms have to stay readable. */
export function toResumeToken({ sessionKey, path, fingerprint, startOffset, direct }: RunPlace): ResumeToken {
  return JSON.stringify({ sessionKey, from: { path, fingerprint, startOffset }, direct });
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
  if (typeof startOffset !== 'number') return undefined;
  return compact({ sessionKey, path, fingerprint, startOffset, direct: readDirect(objectOf(raw?.direct)) });
}

function readDirect(raw: JsonObject | undefined): ResumedDirect | undefined {
  const entryId = textOf(raw?.entryId);
  const { accountId, channel, threadId, to } = objectOf(raw?.delivery) ?? {};
  if (entryId === undefined) return undefined;
  const texts = { accountId: textOf(accountId), channel: textOf(channel), threadId: textOf(threadId), to: textOf(to) };
  return { entryId, delivery: compact(texts) };
}
