import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProblem, readRules } from './read-rules.ts';

const problemsOf = (text: string, kinds: readonly string[] = []): readonly string[] => {
  const reading = readRules(text, { kinds });
  return reading.ok ? [] : reading.problems.map(describeProblem);
};

describe('readRules', () => {
  it('reads rules for everything, kinds, channels of OpenClaw, places and ids', () => {
    const reading = readRules(`{
      "$schema": "./channel-rules.schema.json",
      "*": { "notify": ["waiting"] },
      "cron": { "show": "quiet" },
      "telegram": {},
      "Main/Customers": { "arguments": false, "finished": "compact" },
      "@Ada": { "style": "card", "notify": "off" },
      "pifrs41xzjgn7yhkkj4ysqd1ih": { "show": "off", "finished": "delete" }
    }`);
    expect(reading).toEqual({
      ok: true,
      rules: [
        { line: 3, key: { for: 'all' }, rule: { notify: ['waiting'] } },
        { line: 4, key: { for: 'kind', kind: 'cron' }, rule: { show: 'quiet' } },
        { line: 5, key: { for: 'kind', kind: 'telegram' }, rule: {} },
        { line: 6, key: { for: 'name', name: 'main/customers' }, rule: { arguments: false, finished: 'compact' } },
        { line: 7, key: { for: 'name', name: '@ada' }, rule: { style: 'card', notify: 'off' } },
        {
          line: 8,
          key: { for: 'id', channelId: 'pifrs41xzjgn7yhkkj4ysqd1ih' },
          rule: { show: 'off', finished: 'delete' },
        },
      ],
    });
  });

  it('takes comments, a comma too many and a byte order mark: people write this file', () => {
    expect(readRules('\uFEFF{ // who reads along\n "cron": { "show": "off", },\n}').ok).toBe(true);
    expect(readRules('{}')).toEqual({ ok: true, rules: [] });
  });

  it('lists everything that is wrong, with its line, its value and its fix', () => {
    const text = `{
  "$schema": 1,
  "crn": { "show": "quiet" },
  "customers": { "arguments": false },
  "all": {},
  "main/customers/x": {},
  "cron": { "shwo": "quiet", "show": "quite", "colour": "red" },
  "main/ops": { "arguments": "false", "notify": "waiting", "finished": "archive", "style": null },
  "direct": "off",
  "hook": ["off"],
  "cli": { "show": "off", "show": "full", "notify": ["errors", "everything"] },
  "MAIN/OPS": {}
}`;
    expect(problemsOf(text)).toEqual([
      'line 2: "$schema" is 1; write the path of the schema, or remove it',
      'line 3: "crn" is nothing that a rule can be for; did you mean "cron"? A channel of Mattermost is written with its team: "team/crn"',
      'line 4: "customers" is nothing that a rule can be for; for a channel of Mattermost write "team/customers" with its team; for a person "@customers"; for another channel of OpenClaw add customers to DEFAULT_CHANNEL_KINDS',
      'line 5: "all" is nothing that a rule can be for; for everything write "*"',
      'line 6: "main/customers/x" is nothing that a rule can be for; write "*", a kind of work (cron, hook, cli, direct, channel), another channel of OpenClaw (telegram, ...), team/name as in the address of a channel, a channel id, or @user',
      'line 7: "cron" has the field "shwo", which there is not; did you mean "show"?',
      'line 7: "cron" has "show": "quite"; did you mean "quiet"?',
      'line 7: "cron" has the field "colour", which there is not; use show, arguments, style, notify, finished',
      'line 8: "main/ops" has "arguments": "false"; write true or false, without quotes',
      'line 8: "main/ops" has "notify": "waiting"; write a list of "waiting", "errors", "all"; or "off"',
      'line 8: "main/ops" has "finished": "archive"; write "keep", "compact", "delete"',
      'line 8: "main/ops" has "style": null; write "list", "fence", "card"',
      'line 9: "direct" is "off"; write an object such as { "show": "quiet" }',
      'line 10: "hook" is a list; write an object such as { "show": "quiet" }',
      'line 11: "cli" has "show" twice; remove one of them',
      'line 11: "cli" has "notify": ["errors","everything"]; write a list of "waiting", "errors", "all"; or "off"',
      'line 12: "MAIN/OPS" has a rule in line 8 already; write both as one',
    ]);
  });

  it.for([
    ['', /^the file is empty; write /],
    [' \n', /^the file is empty; write /],
    ['[]', /^line 1: the file holds a list, not an object; write /],
    ['null', /^line 1: the file holds null, not an object; write /],
    ['{\n "cron": {\n  "show" "off" }\n}', /^line 3: it is not JSON \(.+\); correct its quotes, commas and brackets$/],
    ['{"cron": {}', /^line 1: it is not JSON \(.+\); correct its quotes, commas and brackets$/],
    ["{'cron': {}}", /^line 1: it is not JSON/],
  ] as const)('says what is wrong with the whole file: %j', ([text, expected]) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('knows channels of plugins by their mention in DEFAULT_CHANNEL_KINDS', () => {
    expect(problemsOf('{"pager": {}}')).toHaveLength(1);
    expect(problemsOf('{"pager": {}}', ['pager'])).toEqual([]);
  });

  it.for(['__proto__', 'constructor', 'toString'])('takes %s for neither a key nor a field that is there', (name) => {
    expect(problemsOf(`{"${name}": {}}`)).toHaveLength(1);
    expect(problemsOf(`{"cron": {"${name}": {"show": "off"}}}`)).toHaveLength(1);
  });

  it('never throws, whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(fc.property(text, (input) => typeof readRules(input).ok === 'boolean'));
  });
});
