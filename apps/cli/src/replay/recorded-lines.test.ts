import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRecordedLines } from './recorded-lines.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'live-status-recorded-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function linesOf(content: string, maxLineBytes?: number): Promise<[string, number][]> {
  const path = join(dir, 'recording.jsonl');
  writeFileSync(path, content);
  const lines: [string, number][] = [];
  for await (const { startOffset, text } of readRecordedLines(path, maxLineBytes)) lines.push([text, startOffset]);
  return lines;
}

it('gives lines with where they start, without line ends and empty lines', async () => {
  expect(await linesOf('é\n\nb\r\nlast')).toEqual([
    ['é', 0],
    ['b', 4],
    ['last', 7],
  ]);
  expect(await linesOf('')).toEqual([]);
});

it('passes over lines that are too long, wherever they are', async () => {
  const long = 'x'.repeat(200_000);
  expect(await linesOf(`${long}\na\n${long}\nb\n${long}`, 100_000)).toEqual([
    ['a', 200_001],
    ['b', 400_004],
  ]);
  expect(await linesOf(`${'x'.repeat(70_000)}\n`, 70_000)).toHaveLength(1);
  expect(await linesOf(`${'x'.repeat(70_001)}\n`, 70_000)).toHaveLength(0);
});
