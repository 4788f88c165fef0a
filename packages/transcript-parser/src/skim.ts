import type { ToolResultEntry } from './entry.ts';
import { compact, parseObject, timeOf } from './json.ts';
import { hasFailed } from './meaning.ts';
import { type ParsedEntry, parseEntry, toolDetails } from './parse-entry.ts';

/** Lines shorter than this are parsed at once: there is nothing to win. Bytes. */
export const SKIM_FROM_BYTES: number = 1024;
const HEAD_BYTES = 512;
const TAIL_BYTES = 80;
const DETAILS_BYTES = 2048;
const CLOSING_BRACKET = 0x5d;

const HEAD =
  /^\{"type":"message","id":"([^"\\]+)","parentId":(?:"([^"\\]+)"|null),"timestamp":"([^"\\]+)","message":\{"role":"toolResult","toolCallId":"([^"\\]+)","toolName":"([^"\\]+)","content":\[/;
const TAIL = /,"isError":false,"timestamp":\d+\}\}\s*$/;
/** Inside a JSON string every quote is escaped: these bytes can only be a field. */
const DETAILS = '],"details":{';
const BULK = /,"(?:aggregated|diff|patch|tail|sessions)":/;
/** The fields of `details` that are used. */
const USED = ['status', 'exitCode', 'durationMs', 'childSessionKey', 'error'].map((name) => Buffer.from(`,"${name}":`));

/**
 * Reads one line of a transcript given as bytes. Big results of tools that worked are not parsed: ids, status and
 * duration stand at both ends of the line, the output between them is of no use here.
 */
export function readEntry(bytes: Uint8Array): ParsedEntry {
  if (bytes.length >= SKIM_FROM_BYTES) {
    const entry = skimToolResult(bytes);
    if (entry !== undefined) return { ok: true, entry };
  }
  return parseEntry(utf8.decode(bytes));
}

const utf8 = new TextDecoder();

/**
 * The entry of a successful tool result of any size, without its text; `undefined` when the line must be parsed to know.
 * Both ends of a line are enough where what is used stands there.
 */
export function skimToolResult(bytes: Uint8Array): ToolResultEntry | undefined {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES));
  if (head === null) return undefined;
  const tail = TAIL.exec(line.toString('latin1', line.length - TAIL_BYTES));
  if (tail === null) return undefined;
  const details = skimDetails(line, line.length - tail[0].length);
  if (details === undefined) return undefined;
  const [, id = '', parentId, timestamp, callId = '', tool = ''] = head;
  const entry: ToolResultEntry = {
    kind: 'tool-result',
    id,
    parentId: parentId ?? null,
    ...compact({ recordedAt: timeOf(timestamp) }),
    callId,
    tool,
    isError: false,
    ...details,
  };
  return hasFailed(entry) ? undefined : entry;
}

/** `details` up to its first bulky field, unless something that is used stands behind it. */
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
