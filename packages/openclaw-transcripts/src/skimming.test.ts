import { listScenarios, readRecording } from '@live-status/fixtures';
import { hasFailed, parseEntry, readEntry, type TranscriptEntry } from '@live-status/transcript-parser';
import { expect, it } from 'vitest';

const lines = listScenarios().flatMap(({ version, scenario }) => {
  const { finalFiles } = readRecording(version, scenario);
  return [...finalFiles].flatMap(([name, bytes]) =>
    name.includes('.jsonl') && !name.includes('.trajectory') ? bytes.toString().trimEnd().split('\n') : [],
  );
});

/** A result with so much output that it is skimmed. */
function blownUp(line: string): string {
  return line.replace(/"content":\[\{"type":"text","text":"/, (found) => found + 'é\\"],'.repeat(1_000));
}

function withoutOutput(entry: TranscriptEntry): object {
  if (entry.kind !== 'tool-result' || hasFailed(entry)) return entry;
  const { text: _, ...rest } = entry;
  return rest;
}

it('a recorded line, and one with more output, says as bytes what it says as text, but for what a tool that worked put out', () => {
  const results = lines.filter((line) => line.includes('"role":"toolResult"'));
  expect(results.length).toBeGreaterThan(100);
  for (const line of [...lines, ...results.map(blownUp)]) {
    const read = readEntry(Buffer.from(line));
    const parsed = parseEntry(line);
    if (!read.ok || !parsed.ok) throw new Error(line);
    expect(withoutOutput(read.entry)).toEqual(withoutOutput(parsed.entry));
  }
});
