import type { FileHandle } from 'node:fs/promises';
import type { PrefixCheck } from './prefix-marks.ts';

/** Up to `lengthBytes` bytes at an offset; fewer at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(lengthBytes);
  let filled = 0;
  while (filled < lengthBytes) {
    const { bytesRead } = await handle.read(buffer, filled, lengthBytes - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** A part of a file: `[fromOffset, endOffset)`, read in pieces of `readBytes`. */
export interface FilePart {
  readonly fromOffset: number;
  readonly endOffset: number;
  readonly readBytes: number;
}

/** Feeds a check with a part of a file. False when the file ended before that part did. */
export async function feedCheck(check: PrefixCheck, handle: FileHandle, part: FilePart): Promise<boolean> {
  for (let offset = part.fromOffset; offset < part.endOffset; ) {
    const bytes = await readAt(handle, offset, Math.min(part.readBytes, part.endOffset - offset));
    if (bytes.length === 0) return false;
    check.feed(bytes);
    offset += bytes.length;
  }
  return true;
}
