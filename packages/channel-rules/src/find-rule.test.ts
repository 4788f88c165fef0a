import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksForPlace, findRule, type Work } from './find-rule.ts';
import { type KeyedRule, readRules } from './read-rules.ts';

const defaults = { style: 'list', notify: ['waiting'] } as const;
const unset = { show: 'full', arguments: true, style: 'list', notify: ['waiting'], finished: 'keep' } as const;
const ID = 'pifrs41xzjgn7yhkkj4ysqd1ih';

function rulesOf(file: object): readonly KeyedRule[] {
  const reading = readRules(JSON.stringify(file));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.rules;
}

const find = (file: object, work: Partial<Work>): ReturnType<typeof findRule> =>
  findRule(rulesOf(file), { kinds: ['channel'], channelId: 'c', name: 'main/ops', ...work }, defaults);

describe('findRule', () => {
  it('is what the settings say where there is no rule', () => {
    expect(find({}, {})).toEqual({ rule: unset, keys: [], isCertain: true });
    expect(find({ cron: { show: 'off' }, '@ada': { show: 'off' } }, {})).toEqual({
      rule: unset,
      keys: [],
      isCertain: true,
    });
  });

  it('merges field by field, and the more specific one wins, in whatever order they are written', () => {
    const file = {
      [ID]: { finished: 'compact' },
      'main/ops': { show: 'full', finished: 'delete' },
      channel: { show: 'quiet', style: 'card' },
      '*': { show: 'off', notify: 'off', arguments: false },
    };
    expect(find(file, { channelId: ID })).toEqual({
      rule: { show: 'full', arguments: false, style: 'card', notify: [], finished: 'compact' },
      keys: ['*', 'channel', 'main/ops', ID],
      isCertain: true,
    });
  });

  it('meets background work by its kind and by the channel that shows it', () => {
    const file = { cron: { show: 'quiet' }, channel: { show: 'off' }, 'main/ops': { finished: 'delete' } };
    expect(find(file, { kinds: ['cron'] }).rule).toEqual({ ...unset, show: 'quiet', finished: 'delete' });
  });

  it('meets direct messages by the person', () => {
    expect(find({ '@ada': { arguments: false } }, { kinds: ['direct'], name: '@ada' }).rule.arguments).toBe(false);
    expect(find({ '@ada': { arguments: false } }, { kinds: ['direct'], name: '@bob' }).rule.arguments).toBe(true);
  });

  it('is the strictest that may be meant while a name is not known', () => {
    const file = {
      '*': { notify: ['waiting', 'all'] },
      'main/a': { arguments: false, notify: ['errors'] },
      'main/b': { show: 'off' },
      '@ada': { finished: 'delete', style: 'card' },
    };
    const found = find(file, { name: undefined });
    expect(found).toEqual({
      rule: { show: 'off', arguments: false, style: 'list', notify: ['errors'], finished: 'delete' },
      keys: ['*'],
      isCertain: false,
    });
    expect(find(file, { name: null }).isCertain).toBe(true);
  });

  it('asks for a place only where it may matter', () => {
    const work = { kinds: ['channel'], channelId: 'c', name: undefined };
    expect(asksForPlace(rulesOf({ '*': { show: 'off' }, cron: {}, [ID]: {} }), work)).toBe(false);
    expect(asksForPlace(rulesOf({ '@ada': {} }), work)).toBe(true);
    expect(asksForPlace(rulesOf({ direct: {} }), { ...work, kinds: ['direct', 'channel'] })).toBe(true);
    expect(asksForPlace(rulesOf({ [ID]: {} }), { ...work, channelId: undefined })).toBe(true);
  });

  it('never shows more than the rule that turns out to be the right one', () => {
    const rule = fc.record(
      {
        show: fc.constantFrom('full', 'quiet', 'off'),
        arguments: fc.boolean(),
        notify: fc.oneof(fc.constant('off'), fc.subarray(['waiting', 'errors', 'all'])),
        finished: fc.constantFrom('keep', 'compact', 'delete'),
      },
      { requiredKeys: [] },
    );
    const keys = fc.constantFrom('*', 'channel', 'direct', 'main/a', 'main/b', '@ada', ID);
    const works = fc.record({
      kinds: fc.constantFrom(['channel'], ['direct']),
      channelId: fc.constantFrom(ID, 'c'),
      name: fc.constantFrom('main/a', 'main/b', '@ada', null),
    });
    const hidden = fc.record({ kinds: fc.boolean(), channelId: fc.boolean(), name: fc.boolean() });
    const SHOWN = ['full', 'quiet', 'off'];
    fc.assert(
      fc.property(fc.dictionary(keys, rule), works, hidden, (file, work, hide) => {
        const rules = rulesOf(file);
        const right = findRule(rules, work, defaults).rule;
        const known = {
          kinds: hide.kinds ? ['channel', 'direct', 'cron'] : work.kinds,
          channelId: hide.channelId ? undefined : work.channelId,
          name: hide.name ? undefined : work.name,
        };
        const { rule: found, isCertain } = findRule(rules, known, defaults);
        if (isCertain) expect(found).toEqual(right);
        expect(SHOWN.indexOf(found.show)).toBeGreaterThanOrEqual(SHOWN.indexOf(right.show));
        if (!right.arguments) expect(found.arguments).toBe(false);
        const allowed = right.notify.includes('all') ? [...right.notify, 'errors'] : right.notify;
        for (const kind of found.notify) expect(allowed).toContain(kind);
      }),
    );
  });
});
