import { isUtf8 } from 'node:buffer';
import type { BadLineEvent, LineEvent } from './event.ts';
import type { SplitPiece } from './split-lines.ts';

/**
 * The events of the lines a chunk finished. `complete` is the chunk up to its last newline and starts at
 * `chunkOffset`: checked as a whole, which is much faster than line by line; only lines of a chunk that is not valid,
 * and the one that began before it, are checked alone.
 */
export function* toLineEvents(
  pieces: readonly SplitPiece[],
  complete: Buffer,
  chunkOffset: number,
  from: { readonly path: string; readonly fingerprint: string },
): Generator<LineEvent | BadLineEvent> {
  const isChunkUtf8 = isUtf8(complete);
  for (const piece of pieces) {
    const { startOffset, endOffset } = piece;
    const range = { path: from.path, fingerprint: from.fingerprint, startOffset, endOffset };
    if (piece.kind === 'too-long') {
      yield { type: 'bad-line', ...range, reason: 'too-long', ends: piece.ends };
    } else if ((isChunkUtf8 && startOffset >= chunkOffset) || isUtf8(piece.bytes)) {
      const { bytes } = piece;
      yield { type: 'line', ...range, bytes, text: () => bytes.toString('utf8') };
    } else {
      yield { type: 'bad-line', ...range, reason: 'invalid-utf8' };
    }
  }
}
