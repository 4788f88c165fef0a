import { describe, expect, it } from 'vitest';
import { isAllowed, readLicencesFile } from './check-licences.ts';

describe('isAllowed', () => {
  it.for(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-only)', 'MIT AND ISC', 'GPL-2.0-only OR (MIT AND BSD-3-Clause)'])(
    'allows %s',
    (expression) => expect(isAllowed(expression)).toBe(true),
  );

  it.for(['GPL-3.0-only', 'AGPL-3.0-or-later', 'MIT AND GPL-3.0-only', 'SSPL-1.0', 'UNLICENSED', 'Unknown', '', 'mit'])(
    'does not allow "%s"',
    (expression) => expect(isAllowed(expression)).toBe(false),
  );
});

describe('readLicencesFile', () => {
  const rule = '-'.repeat(80);

  it('reads name, version and licence of each package, and nothing of the texts', () => {
    const text = `${rule}\n@a/one 1.0.0 (MIT)\n\nCopyright (c) somebody\nsee other 2.0.0 (GPL)\n\n${rule}\ntwo 2.1.0-rc.1 (MIT OR (ISC AND X))\n\ntext\n`;
    expect(readLicencesFile(text)).toEqual([
      { name: '@a/one', version: '1.0.0', licence: 'MIT' },
      { name: 'two', version: '2.1.0-rc.1', licence: 'MIT OR (ISC AND X)' },
    ]);
  });

  it('does not take an empty list for one without problems', () => {
    expect(() => readLicencesFile('something else\n')).toThrow(/lists nothing/);
  });
});
