import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopyOnWrite, Pages } from './pages.ts';

type Step = readonly ['put' | 'edit' | 'delete' | 'keep', string, number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('put', 'put', 'edit', 'delete', 'keep' as const),
  fc.nat(120).map((n) => `key-${n}`),
  fc.nat(),
);

function take(records: CopyOnWrite<{ n: number }>, model: Map<string, number>, [what, key, n]: Step): void {
  if (what === 'put') {
    records.put(key, { n });
    model.set(key, n);
  } else if (what === 'edit') {
    const record = records.edit(key);
    expect(record?.n).toBe(model.get(key));
    if (record === undefined) return;
    record.n = n;
    model.set(key, n);
  } else if (what === 'delete') {
    records.delete(key);
    model.delete(key);
  }
}

describe('Pages, edited copy by copy', () => {
  it('are a map in the order of insertion, and no edit reaches an earlier copy', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        let pages = new Pages<{ n: number }>();
        let records = new CopyOnWrite(pages);
        const model = new Map<string, number>();
        const kept: { pages: Pages<{ n: number }>; was: string }[] = [];
        for (const one of steps) {
          take(records, model, one);
          if (one[0] !== 'keep') continue;
          pages = records.result();
          kept.push({ pages, was: JSON.stringify([...model]) });
          records = new CopyOnWrite(pages);
        }
        pages = records.result();
        expect([...pages.keys()]).toEqual([...model.keys()]);
        expect([...records.values()]).toEqual([...pages.values()]);
        for (const [key, n] of model) expect(pages.get(key)).toEqual({ n });
        expect(pages.size).toBe(model.size);
        for (const { pages: before, was } of kept) {
          expect(JSON.stringify([...before.keys()].map((key) => [key, before.get(key)?.n]))).toBe(was);
        }
      }),
    );
  });

  it('share all pages but the one that was changed', () => {
    const first = new CopyOnWrite(new Pages<{ n: number }>());
    for (let n = 0; n < 100; n += 1) first.put(`key-${n}`, { n });
    const before = first.result();
    const second = new CopyOnWrite(before);
    const record = second.edit('key-50');
    if (record !== undefined) record.n = -1;
    const after = second.result();
    expect(after.pages.length).toBeGreaterThan(3);
    expect(after.pages.filter((page, i) => page !== before.pages[i])).toHaveLength(1);
    expect(before.get('key-50')).toEqual({ n: 50 });
    expect(new CopyOnWrite(after).result()).toBe(after);
  });
});
