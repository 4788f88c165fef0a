import { readFile } from 'node:fs/promises';
import { KINDS, readRules, ruleFileSchema, ruleSchema } from '@live-status/channel-rules';
import { toJsonSchema } from '@valibot/to-json-schema';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const FILE = new URL('../channel-rules.schema.json', import.meta.url);

describe('the schema of channel rules', () => {
  it('is made from what the daemon checks', async () => {
    const { title, description, ...schema } = JSON.parse(await readFile(FILE, 'utf8'));
    expect(schema).toEqual(toJsonSchema(ruleFileSchema, { definitions: { rule: ruleSchema } }));
    expect(title).toBe('Channel rules of Live Status');
    for (const kind of KINDS) expect(description).toContain(kind);
  });

  it('takes the same rules as the daemon, and no others', async () => {
    const validate = new Ajv().compile(JSON.parse(await readFile(FILE, 'utf8')));
    const value = fc.oneof(
      fc.constantFrom('full', 'quiet', 'off', 'list', 'fence', 'card', 'keep', 'compact', 'delete', '', 'on'),
      fc.boolean(),
      fc.constant(null),
      fc.subarray(['waiting', 'errors', 'all', 'off']),
    );
    const field = fc.constantFrom('show', 'arguments', 'style', 'notify', 'finished', 'finish');
    const key = fc.constantFrom('*', 'cron', 'telegram', 'main/customers', '@ada', 'pifrs41xzjgn7yhkkj4ysqd1ih');
    const rule = fc.oneof(fc.dictionary(field, value, { maxKeys: 2 }), fc.constantFrom('off', null, []));
    fc.assert(
      fc.property(fc.dictionary(key, rule, { maxKeys: 3 }), (file) => {
        expect(validate(file)).toBe(readRules(JSON.stringify(file)).ok);
      }),
      { numRuns: 500 },
    );
    expect(validate({ $schema: './channel-rules.schema.json' })).toBe(true);
    expect(validate([])).toBe(false);
  });
});
