import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from './deadlines.ts';

describe('Deadlines', () => {
  it('always have the earliest first, of equal ones that of the lowest order', () => {
    const change = fc.tuple(fc.nat(30), fc.option(fc.nat(20), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200, size: 'max' }), (changes) => {
        const items = Array.from({ length: 31 }, (_, order) => ({ order }));
        const deadlines = new Deadlines<{ order: number }>();
        const model = new Map<number, number>();
        for (const [order, at] of changes) {
          deadlines.set(items[order] ?? { order }, at);
          if (at === undefined) model.delete(order);
          else model.set(order, at);
          const [first] = [...model].sort(([a, atA], [b, atB]) => atA - atB || a - b);
          expect(deadlines.first()).toEqual(first && expect.objectContaining({ item: items[first[0]], at: first[1] }));
          expect(deadlines.size).toBe(model.size);
        }
        for (const [order, item] of items.entries()) expect(deadlines.of(item)).toBe(model.get(order));
      }),
    );
  });
});
