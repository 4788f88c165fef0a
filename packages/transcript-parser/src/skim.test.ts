import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasFailed, parseEntry, readEntry, type TranscriptEntry } from './index.ts';
import { SKIM_FROM_BYTES, skimToolResult } from './skim.ts';

const fields = fc.record(
  {
    status: fc.constantFrom('completed', 'running', 'error', 'failed'),
    exitCode: fc.constantFrom(0, 3, null),
    durationMs: fc.nat(),
    childSessionKey: fc.constantFrom('agent:main:subagent:x'),
    sessionId: fc.constantFrom('brisk-wharf'),
    aggregated: fc.string(),
    cwd: fc.string(),
    error: fc.string(),
    sessions: fc.array(fc.record({ status: fc.string(), details: fc.record({ status: fc.string() }) })),
    exitSignal: fc.constantFrom(null, 'SIGTERM'),
    tail: fc.string(),
    patch: fc.string({ minLength: 2_000, maxLength: 2_100 }),
  },
  { requiredKeys: [] },
);
/** In any order: fields that are used stand before and behind the bulky ones. */
const details = fields.chain((all) => {
  const entries = Object.entries(all);
  const whole = { minLength: entries.length, maxLength: entries.length };
  return fc.shuffledSubarray(entries, whole).map((shuffled) => Object.fromEntries(shuffled));
});
/** Output that reads like the rest of its line. */
const hostile = fc
  .tuple(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      '],"details":{"status":"error"},"isError":true}',
      ',"isError":true,"timestamp":1}}',
      ',"aggregated":"',
      '"}],"details":{"exitCode":1},',
      '\\',
    ),
  )
  .map(([before, after]) => before + after);
/** Lengths that put lines on both sides of the threshold. */
const filling = fc.nat({ max: 1_200 }).map((length) => 'é"x\\'.repeat(length / 4));
const parentId = fc.constantFrom(null, 'aabbccde');

const line = fc
  .record({ hostile, filling, details: fc.option(details, { nil: undefined }), isError: fc.boolean(), parentId })
  .map((parts) => {
    const text = parts.hostile + parts.filling + parts.hostile;
    const message = {
      ...{ role: 'toolResult', toolCallId: 'call_1', toolName: 'exec', content: [{ type: 'text', text }] },
      ...(parts.details === undefined ? {} : { details: parts.details }),
      ...{ isError: parts.isError, timestamp: 1 },
    };
    const ids = { id: 'aabbccdd', parentId: parts.parentId, timestamp: '2026-11-22T06:53:00.956Z' };
    return JSON.stringify({ type: 'message', ...ids, message });
  });

function parsed(raw: string): TranscriptEntry {
  const result = parseEntry(raw);
  if (!result.ok) throw new Error(result.reason);
  return result.entry;
}

function withoutText(entry: TranscriptEntry): object {
  if (entry.kind !== 'tool-result') return entry;
  const { text: _, ...rest } = entry;
  return rest;
}

describe('skimming', () => {
  it('says of a tool result of any size what a full parse says, but for its text, or nothing', () => {
    fc.assert(
      fc.property(line, (raw) => {
        const skimmed = skimToolResult(Buffer.from(raw));
        if (skimmed === undefined) return;
        const whole = parsed(raw);
        expect(skimmed).toEqual(withoutText(whole));
        expect(whole.kind === 'tool-result' && hasFailed(whole)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves no failure without its text', () => {
    fc.assert(
      fc.property(line, (raw) => {
        const read = readEntry(Buffer.from(raw));
        const whole = parsed(raw);
        if (whole.kind === 'tool-result' && hasFailed(whole)) expect(read).toEqual({ ok: true, entry: whole });
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads ids of any characters as a full parse does', () => {
    const text = 'x'.repeat(2_000);
    for (const id of ['é', '日本', '\u0085', 'a'.repeat(300)]) {
      const message = { role: 'toolResult', toolCallId: id, toolName: id, content: [{ type: 'text', text }] };
      const entry = { type: 'message', id, parentId: id, timestamp: '2026-11-22T06:53:00.956Z', message };
      const raw = JSON.stringify({ ...entry, message: { ...message, isError: false, timestamp: 1 } });
      const read = readEntry(Buffer.from(raw));
      expect(read.ok && withoutText(read.entry)).toEqual(withoutText(parsed(raw)));
    }
  });

  it('does not parse a line that is nothing but a great number of values', () => {
    const line = (content: string): Buffer =>
      Buffer.from(`{"type":"message","message":{"role":"assistant","content":${content}}}`);
    const values = ['{}', '[]', '0', 'null', '""', '{"a":1}'].map((one) =>
      line(`[${`${one},`.repeat(600_000)}${one}]`),
    );
    const nested = line('['.repeat(3_000_000));
    const startedAt = performance.now();
    expect([...values, nested].map((bytes) => readEntry(bytes))).toEqual(
      Array.from({ length: values.length + 1 }, () => ({ ok: false, reason: 'too many values' })),
    );
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const text = JSON.stringify('{"a":[1,2,{}],"b":"\\\\"[{,"}'.repeat(400_000));
    const read = readEntry(line(`[{"type":"text","text":${text}}]`));
    expect(read.ok && read.entry.kind).toBe('assistant');
  });

  it('begins at its threshold: shorter lines are parsed whole', () => {
    const sized = (bytes: number): Buffer => {
      const result = { role: 'toolResult', toolCallId: 'c', toolName: 'read', content: [{ type: 'text', text: '#' }] };
      const ids = { id: 'a', parentId: null, timestamp: '2026-11-22T06:53:00.956Z' };
      const raw = JSON.stringify({ type: 'message', ...ids, message: { ...result, isError: false, timestamp: 1 } });
      return Buffer.from(raw.replace('#', 'x'.repeat(bytes - raw.length + 1)));
    };
    const hasText = (bytes: number): boolean => {
      const read = readEntry(sized(bytes));
      return read.ok && 'text' in read.entry;
    };
    expect([SKIM_FROM_BYTES - 1, SKIM_FROM_BYTES, 100_000].map(hasText)).toEqual([true, false, false]);
  });
});
