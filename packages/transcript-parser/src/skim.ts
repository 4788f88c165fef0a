import { compact, toId } from '@live-status/basics';
import { hasMoreValues } from './count-values.ts';
import type { ToolResultEntry } from './entry.ts';
import { parseObject, timeOf } from './json.ts';
import { hasFailed } from './meaning.ts';
import { type ParsedEntry, parseEntry } from './parse-entry.ts';
import { toolDetails } from './tool-shapes.ts';

/** Shorter lines are parsed right away, because skimming them would save nothing. Bytes. */
export const SKIM_FROM_BYTES: number = 1024;
/** Shorter lines cannot have too many values to be parsed. */
const COUNT_FROM_BYTES = 1024 * 1024;
/** Values of one line: the largest that was seen has some hundred. */
const MAX_VALUES = 250_000;
const HEAD_BYTES = 512;
const TAIL_BYTES = 80;
const DETAILS_BYTES = 2048;
const CLOSING_BRACKET = 0x5d;

/** Ids and names of ASCII characters: the bytes are read as Latin-1. */
const HEAD =
  /^\{"type":"message","id":"([ !#-[\]-~]+)","parentId":(?:"([ !#-[\]-~]+)"|null),"timestamp":"([ !#-[\]-~]+)","message":\{"role":"toolResult","toolCallId":"([ !#-[\]-~]+)","toolName":"([ !#-[\]-~]+)","content":\[/;
const TAIL = /,"isError":false,"timestamp":\d+\}\}\s*$/;
/** Inside a JSON string every quote is escaped, so these bytes can only be a field. */
const DETAILS = '],"details":{';
const BULK = /,"(?:aggregated|diff|patch|tail|sessions)":/;
/** The fields of `details` that are used. */
const USED = ['status', 'exitCode', 'durationMs', 'childSessionKey', 'sessionId', 'error'].map((name) =>
  Buffer.from(`,"${name}":`),
);

/**
 * Reads one line of a transcript given as bytes. Large results of successful tools are not parsed: ids, status and
 * duration are at both ends of the line, and the output between them is not used.
 */
export function readEntry(bytes: Uint8Array): ParsedEntry {
  if (bytes.length >= SKIM_FROM_BYTES) {
    const entry = skimToolResult(bytes);
    if (entry !== undefined) return { ok: true, entry };
  }
  if (bytes.length >= COUNT_FROM_BYTES && hasMoreValues(bytes, MAX_VALUES))
    return { ok: false, reason: 'too many values' };
  return parseEntry(utf8.decode(bytes));
}

const utf8 = new TextDecoder();

/**
 * Reads a successful tool result of any size without its text; `undefined` when only parsing the line can tell. The two
 * ends of a line are enough if they hold the fields that are used.
 */
export function skimToolResult(bytes: Uint8Array): ToolResultEntry | undefined {
  const line = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES));
  if (head === null) return undefined;
  const tail = TAIL.exec(line.toString('latin1', line.length - TAIL_BYTES));
  if (tail === null) return undefined;
  const details = skimDetails(line, line.length - tail[0].length);
  if (details === undefined) return undefined;
  const [, id = '', parentId, timestamp, callId = '', tool = ''] = head;
  const entry: ToolResultEntry = {
    kind: 'tool-result',
    id: toId(id),
    parentId: parentId === undefined ? null : toId(parentId),
    ...compact({ recordedAt: timeOf(timestamp) }),
    callId: toId(callId),
    tool,
    isError: false,
    ...details,
  };
  return hasFailed(entry) ? undefined : entry;
}

/** Reads `details` up to its first large field, unless a field that is used follows it. */
function skimDetails(line: Buffer, end: number): ReturnType<typeof toolDetails> | undefined {
  const found = line.indexOf(DETAILS);
  if (found === -1) return line[end - 1] === CLOSING_BRACKET ? {} : undefined;
  if (line.indexOf(DETAILS, found + 1) !== -1) return undefined;
  const start = found + DETAILS.length - 1;
  const body = line.toString('latin1', start, Math.min(end, start + DETAILS_BYTES));
  const bulk = BULK.exec(body);
  if (bulk !== null && USED.some((field) => line.indexOf(field, start + bulk.index) !== -1)) return undefined;
  const details = parseObject(bulk === null ? body : `${body.slice(0, bulk.index)}}`);
  return details === undefined ? undefined : toolDetails(details);
}
