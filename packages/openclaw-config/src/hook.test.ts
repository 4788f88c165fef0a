import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHook } from './hook.ts';

describe('findHook', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'live-status-hooks-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const HOOK = '---\nname: live-status\n---\n';

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }

  function look(...extraDirs: string[]) {
    const stateDir = join(home, '.openclaw');
    const files = { stateDir, configPath: join(stateDir, 'openclaw.json') };
    return findHook({ entries: {}, packs: [], extraDirs }, files, home);
  }

  it("finds it in OpenClaw's own folder, by its folder's name or by the name it gives itself", () => {
    write('.openclaw/hooks/other/HOOK.md', '---\nname: other\n---\n');
    write('.openclaw/hooks/live-status/HOOK.md', '# no front matter');
    expect(look().directory).toBe(join(home, '.openclaw/hooks/live-status'));
    rmSync(join(home, '.openclaw/hooks/live-status'), { recursive: true });
    write('.openclaw/hooks/zz-renamed/HOOK.md', HOOK);
    expect(look().directory).toBe(join(home, '.openclaw/hooks/zz-renamed'));
  });

  it('finds it in an extra folder, where ~ is the home directory, and in a pack that names its hooks', () => {
    write('extra/status/HOOK.md', '---\nname: "live-status"\n---\n');
    expect(look('~/extra').directory).toBe(join(home, 'extra/status'));
    write('packs/pack/package.json', '{ "openclaw": { "hooks": ["./hooks/one", "./hooks/live-status"] } }');
    write('packs/pack/hooks/live-status/HOOK.md', HOOK);
    expect(look(join(home, 'packs')).directory).toBe(join(home, 'packs/pack/hooks/live-status'));
  });

  it('says where it looked when there is none, also among files that make no sense', () => {
    write('.openclaw/hooks/live-status/readme.md', '');
    write('extra/broken/package.json', '{ broken');
    write('extra/a-file', '');
    expect(look('~/extra', '~/gone')).toEqual({
      searched: ['.openclaw/hooks', 'extra', 'gone'].map((path) => join(home, path)),
      directory: undefined,
    });
  });
});
