import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Setting } from '../../../packages/settings/src/table.ts';
import { findSettingsProblems, hookNames, readmeRows, readSettingsDocuments } from './check-settings.ts';
import { repositoryRoot } from './repository.ts';

const FILES = ['README.md', 'apps/gateway-hook/handler.js', 'docs/openclaw-versions.md'];

describe('findSettingsProblems', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'check-settings-'));
    for (const file of FILES) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      cpSync(join(repositoryRoot, file), join(root, file));
    }
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function replace(file: string, before: string, after: string): void {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).toContain(before);
    writeFileSync(join(root, file), text.replace(before, after));
  }

  it('finds nothing in the repository as it is', () => {
    expect(findSettingsProblems(repositoryRoot)).toEqual([]);
  });

  it.for([
    ['README.md', '| `THROTTLE_MS` | 500 |', '| `THROTTLE_MS` | 600 |'],
    ['README.md', '| `STATUS_STYLE` |', '| `STATUS_STILE` |'],
    ['apps/gateway-hook/handler.js', '  THROTTLE_MS\n', ''],
    ['docs/openclaw-versions.md', '| `session.store` | sessions |', '| `session.store` | gateway |'],
    ['apps/gateway-hook/handler.js', '  STATE_DIR\n', '  STATE_DIR\n  OPENAI_API_KEY\n'],
  ] as const)('finds %s with %j changed to %j, and knows the right text', ([file, before, after]) => {
    replace(file, before, after);
    expect(findSettingsProblems(root)).toEqual([expect.stringContaining(`${file}: differs`)]);
    for (const document of readSettingsDocuments(root)) writeFileSync(join(root, document.file), document.wanted ?? '');
    expect(findSettingsProblems(root)).toEqual([]);
  });

  it('says when the place for the settings is gone', () => {
    for (const file of FILES) writeFileSync(join(root, file), 'something else');
    expect(findSettingsProblems(root)).toEqual(FILES.map((file) => expect.stringContaining(`${file}: the place`)));
  });
});

describe('the parts made from the table', () => {
  const about = 'what it is';
  const table: Record<string, Setting> = {
    A_MS: { field: 'a', type: 'integer', unit: 'ms', min: 1, max: 9, default: '5', about },
    B: { field: 'b', type: 'choice', choices: ['x', 'y'], default: 'x', about },
    C: { field: 'c', type: 'secret', alias: 'OLD_C', openclaw: { field: 'c', path: 'some.path' }, about },
    D: { field: 'd', type: 'path', openclawFolder: 'folder', about },
    E: { field: 'e', type: 'channel', optional: true, about },
  };

  it('are rows with default, values and meaning', () => {
    expect(readmeRows(table).trim().split('\n')).toEqual([
      '| `A_MS` | 5 | 1 to 9 | what it is |',
      '| `B` | `x` | `x`, `y` | what it is |',
      '| `C` | `OLD_C`, else `some.path` | a token | what it is |',
      "| `D` | `folder` in OpenClaw's directory | a path | what it is |",
      '| `E` | none | a channel id, `team/channel-name` or `@user` | what it is |',
    ]);
  });

  it('are names with their aliases', () => {
    expect(hookNames(table).trim().split(/\s+/)).toEqual(['A_MS', 'B', 'C', 'OLD_C', 'D', 'E']);
  });
});
