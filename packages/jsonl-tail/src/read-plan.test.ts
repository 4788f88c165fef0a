import { describe, expect, it } from 'vitest';
import type { FileStat } from './file-system.ts';
import { type KnownFile, planRead, type ReadPlan, SHRINK_HOLD_MS } from './read-plan.ts';

const stat: FileStat = { dev: 1n, ino: 2n, sizeBytes: 100, mtimeNs: 5n };
const known: KnownFile = { stat, position: 100, settled: true };

interface Row {
  readonly title: string;
  readonly known?: Partial<KnownFile>;
  readonly seen?: Partial<FileStat>;
  readonly nowMs?: number;
  readonly plan: ReadPlan;
}

const rows: readonly Row[] = [
  { title: 'nothing changed', plan: 'nothing' },
  { title: 'nothing seems to have changed, right after a change', known: { settled: false }, plan: 'check-tail' },
  { title: 'it grew', seen: { sizeBytes: 101, mtimeNs: 6n }, plan: 'read' },
  { title: 'it grew within the step of a timestamp', seen: { sizeBytes: 101 }, plan: 'read' },
  { title: 'it was written without growing', seen: { mtimeNs: 6n }, plan: 'verify' },
  { title: 'it shrank just now', seen: { sizeBytes: 0, mtimeNs: 6n }, plan: 'hold' },
  {
    title: 'it is short for less than the hold',
    known: { shrunkAtMs: 1 },
    seen: { sizeBytes: 0 },
    nowMs: SHRINK_HOLD_MS,
    plan: 'hold',
  },
  {
    title: 'it stayed short',
    known: { shrunkAtMs: 0 },
    seen: { sizeBytes: 99 },
    nowMs: SHRINK_HOLD_MS,
    plan: 'rewind',
  },
  { title: 'it shrank and is as long again', known: { shrunkAtMs: 0 }, nowMs: 1, plan: 'verify' },
  { title: 'it shrank and is longer', known: { shrunkAtMs: 0 }, seen: { sizeBytes: 101 }, nowMs: 1, plan: 'verify' },
  { title: 'another inode', seen: { ino: 3n }, plan: 'replaced' },
  { title: 'the same inode on another device', seen: { dev: 3n }, plan: 'replaced' },
];

describe('planRead', () => {
  it.for(rows)('$title: $plan', (row) => {
    expect(planRead({ ...known, ...row.known }, { ...stat, ...row.seen }, row.nowMs ?? 0)).toBe(row.plan);
  });
});
