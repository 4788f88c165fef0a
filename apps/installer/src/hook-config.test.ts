import fc from 'fast-check';
import json5 from 'json5';
import { describe, expect, it } from 'vitest';
import { disableHook, enableHook, noteOnOtherHooks } from './hook-config.ts';

const ENABLED = { enabled: true, entries: { 'live-status': { enabled: true } } };

function enable(text: string): string {
  const result = enableHook(text);
  return result.kind === 'changed' ? result.text : expect.fail(`${text}: ${JSON.stringify(result)}`);
}

const FILES = [
  '{}',
  '{ }\n',
  '{\n}\n',
  '{"gateway":{"port":1}}',
  '{ "gateway": { "port": 1 } }\n',
  '{\n  "gateway": { "port": 1 }\n}\n',
  '{\n  "gateway": { "port": 1 },\n}\n',
  "// mine\n{\n  // the port\n  gateway: { port: 1, }, // trailing\n  channels: { mattermost: { botToken: 'x' } } /* end */\n}\n",
  '{\n  hooks: {\n    enabled: true, // webhooks\n    token: "t",\n  },\n  z: 1\n}\n',
  '{\n\t"hooks": {\n\t\t"internal": {\n\t\t\t"entries": { "other": { "enabled": true } },\n\t\t\t"enabled": true\n\t\t}\n\t}\n}\n',
  '{ hooks: { internal: {} } }',
  '{ hooks: { internal: { entries: { other: {} } } } }',
  '{\r\n  "gateway": 1\r\n}\r\n',
];

describe('enableHook', () => {
  it.for(FILES)('adds the hook to %j and takes nothing away', (text) => {
    const before = json5.parse(text);
    const after = json5.parse(enable(text));
    expect(after).toMatchObject(before);
    expect(after.hooks.internal).toMatchObject(ENABLED);
    for (const line of text.split('\n').filter((each) => each.includes('//'))) expect(enable(text)).toContain(line);
  });

  it.for(FILES)('keeps strict JSON strict: %j', (text) => {
    if (isStrict(text)) expect(isStrict(enable(text))).toBe(true);
  });

  it('changes nothing when the hook is enabled', () => {
    for (const text of FILES) expect(enableHook(enable(text))).toEqual({ kind: 'already' });
  });

  it.for([
    ['{ hooks: true }', /^hooks in it is not an object/],
    ['{ hooks: { internal: { entries: [] } } }', /^hooks\.internal\.entries/],
    ['[]', /^it is not an object/],
    ['{ "a": ', /^it is not an object/],
    ['', /^it is not an object/],
  ] as const)('cannot insert anything into %j and says why', ([text, why]) => {
    expect(enableHook(text)).toEqual({ kind: 'unusable', why: expect.stringMatching(why) });
  });

  it.for([
    ['{ hooks: { internal: { enabled: false } } }', /hooks\.internal\.enabled is false/],
    ['{ hooks: { internal: { enabled: true, entries: { "live-status": { enabled: false } } } } }', /entry live-status/],
  ] as const)('leaves switched off what somebody switched off: %j', ([text, why]) => {
    expect(enableHook(text)).toEqual({ kind: 'off', why: expect.stringMatching(why) });
  });

  it('writes like the file it is in', () => {
    expect(enable('{\n  "a": 1 // one\n}\n')).toBe(`{
  "a": 1, // one
  "hooks": {
    "internal": {
      "enabled": true,
      "entries": {
        "live-status": {
          "enabled": true
        }
      }
    }
  }
}
`);
  });
});

describe('disableHook', () => {
  it.for(FILES)('gives back %j', (text) => {
    const expected = /^\{\s+\}\s*$/.test(text) ? text.replace(/\{\s+\}/, '{}') : text;
    expect(disableHook(enable(text), text)).toBe(expected);
  });

  it('keeps what was added meanwhile', () => {
    const enabled = enable('{ "a": 1 }');
    const edited = JSON.stringify({ ...json5.parse(enabled), meta: { version: 2 } });
    expect(JSON.parse(disableHook(edited, '{ "a": 1 }'))).toEqual({ a: 1, meta: { version: 2 } });
    const other = json5.parse(enabled);
    other.hooks.internal.entries.mine = { enabled: true };
    const kept = json5.parse(disableHook(JSON.stringify(other), '{ "a": 1 }'));
    expect(kept.hooks.internal).toEqual({ enabled: true, entries: { mine: { enabled: true } } });
  });

  it('removes only the entry when the original is not known', () => {
    expect(json5.parse(disableHook(enable('{}'), undefined))).toEqual({
      hooks: { internal: { enabled: true, entries: {} } },
    });
  });

  it('undoes enableHook for any configuration', () => {
    const config = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(config, fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        fc.pre(!Object.hasOwn(value, 'hooks') && !text.includes('__proto__'));
        expect(json5.parse(enable(text))).toEqual({ ...JSON.parse(text), hooks: { internal: ENABLED } });
        expect(disableHook(enable(text), text)).toBe(text);
      }),
    );
  });
});

function isStrict(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('noteOnOtherHooks', () => {
  const BROAD = '{ hooks: { internal: { enabled: true } } }';
  const NAMED = '{ hooks: { internal: { enabled: true, entries: { other: {} } } } }';

  it.for([
    ['{}', '2026.3.28', /also loads the hooks it brings along/],
    ['{}', '2026.7.35', /also loads the hooks it brings along/],
    ['{}', undefined, /up to 2026\.7, OpenClaw then also loads/],
    ['{ hooks: { internal: { entries: { other: {} } } } }', '2026.7.35', /also loads/],
    ['{}', '2026.8.1', undefined],
    ['{}', '2026.9.6', undefined],
    ['{ hooks: { internal: { entries: { other: {} } } } }', '2026.9.6', undefined],
    [BROAD, '2026.7.35', undefined],
    [BROAD, '2026.9.6', /loads only the hooks that are named/],
    [BROAD, undefined, /from 2026\.8 on, OpenClaw then loads only/],
    ['{ hooks: { internal: { enabled: true, entries: {} } } }', '2026.8.1', /loads only the hooks that are named/],
    ['{ hooks: { internal: { enabled: true, load: { extraDirs: ["/hooks"] } } } }', '2026.9.6', undefined],
    [NAMED, '2026.9.6', undefined],
    [NAMED, '2026.3.28', undefined],
    [NAMED, undefined, undefined],
  ] as const)('says of %s with OpenClaw %s: %s', ([text, version, note]) => {
    const said = noteOnOtherHooks(text, enable(text), version);
    if (note) expect(said).toMatch(note);
    else expect(said).toBeUndefined();
  });
});
