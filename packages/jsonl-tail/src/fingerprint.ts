import { hash } from 'node:crypto';
import type { FileSight } from './file-sight.ts';

const NEWLINE = 0x0a;

/** Bytes of a file's head that can decide its identity. */
export const HEAD_BYTES: number = 4096;

/**
 * The part of a file's head that identifies it: its first line, or its first 4 KiB if the line is longer.
 * Undefined while the first line is incomplete and shorter: such a file cannot be told from others yet.
 */
export function firstLineOf(head: Uint8Array): Uint8Array | undefined {
  const newline = head.subarray(0, HEAD_BYTES).indexOf(NEWLINE);
  if (newline !== -1) return head.subarray(0, newline);
  return head.length >= HEAD_BYTES ? head.subarray(0, HEAD_BYTES) : undefined;
}

/**
 * What says "same file": `<device>-<inode>-<hash of the first line>`. A copy differs in the inode, a file that was
 * deleted and created again (its inode number may be reused) in the hash.
 */
export function fingerprintOf(sight: FileSight, firstLine: Uint8Array): string {
  return `${sight.dev}-${sight.ino}-${hash('sha256', firstLine, 'hex').slice(0, 16)}`;
}
