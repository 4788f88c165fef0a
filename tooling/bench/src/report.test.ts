import { expect, it } from 'vitest';
import { type Report, summarize, toMarkdown, withGeneratedPart } from './report.ts';

const report: Report = {
  machine: {
    at: '2026-11-30 12:00',
    cpu: 'A CPU',
    cores: 2,
    memoryGb: 8,
    system: 'Linux 6',
    node: '24.0.0',
    v8: '13',
    peers: { split2: '4.2.0' },
  },
  quick: false,
  results: [
    {
      benchmark: 'fold',
      description: 'folds a transcript',
      loadBefore: 0.1,
      loadAfter: 1,
      seconds: 5,
      figures: [{ what: 'rate', subject: 'live-status', unit: 'MB/s', samples: [3, 1, 2000] }],
    },
  ],
};

it('names the machine, and gives median and range of each figure', () => {
  expect(toMarkdown(report).split('\n')).toEqual([
    'Measured 2026-11-30 12:00 UTC on 2 × A CPU, 8 GB, Linux 6, Node 24.0.0; peers split2 4.2.0.',
    ...['', '### fold', '', 'Folds a transcript. Load 0.1 → 1, 5 s.', ''],
    '| what | of | median | range | p99 | samples |',
    '|---|---|---|---|---|---|',
    '| rate | live-status | 3 MB/s | 1 – 2 000 | – | 3 |',
  ]);
});

it('gives the 99th percentile only where there are enough samples', () => {
  expect(summarize([2, 1, 3])).toEqual({ median: 2, min: 1, max: 3, p99: undefined });
  expect(summarize(Array.from({ length: 200 }, (_, i) => i + 1))).toEqual({ median: 100, min: 1, max: 200, p99: 198 });
});

it('replaces only the part between the markers', () => {
  const [start, end] = ['<!-- bench: made by "npm run bench -- --docs" -->', '<!-- bench: end -->'];
  expect(withGeneratedPart(`# A\n${start}\nold\n${end}\nrest\n`, 'new')).toBe(`# A\n${start}\nnew\n${end}\nrest\n`);
  expect(() => withGeneratedPart('# A\n', 'new')).toThrow(/has no lines/);
});
