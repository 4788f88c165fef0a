import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installedPrefix, installHook } from './hook-folder.ts';
import { type InstallPaths, installPaths } from './paths.ts';

let directory: string;
let paths: InstallPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-hook-'));
  paths = installPaths({ OPENCLAW_STATE_DIR: directory }, { prefix: '/opt/live status' });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('knows the prefix again, and leaves nothing half written', () => {
  installHook(paths);
  expect(installedPrefix(paths)).toBe('/opt/live status');
  expect(readdirSync(paths.hookDir).sort()).toEqual(['HOOK.md', 'daemon-path', 'handler.js', 'package.json']);
});

it.for(['', '\n', '/opt/live st', '/opt/live status/bin/', 'bin/live-status-daemon', '/opt/bin/live-status-daemo'])(
  'does not take %j for the path of the daemon',
  (text) => {
    mkdirSync(paths.hookDir, { recursive: true });
    writeFileSync(join(paths.hookDir, 'daemon-path'), text);
    expect(installedPrefix(paths)).toBeUndefined();
  },
);
