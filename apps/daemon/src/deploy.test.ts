import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const DEPLOY = fileURLToPath(new URL('../deploy/', import.meta.url));
const UNITS = ['live-status.service', 'live-status.user.service'] as const;
const ANALYZER = 'systemd-analyze';
const MAX_EXPOSURE = 2;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-units-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The unit with a program and user that exist here; systemd looks for both. */
function unit(name: string): string {
  const text = readFileSync(join(DEPLOY, name), 'utf8')
    .replaceAll(/[^ =]+live-status-daemon/g, '/bin/true')
    .replace(/^User=.*$/m, 'User=daemon');
  const path = join(directory, 'live-status.service');
  writeFileSync(path, text);
  return path;
}

function analyze(...args: readonly string[]): { readonly status: number | null; readonly lines: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(ANALYZER, args, { encoding: 'utf8' });
  return { status, lines: `${stdout}${stderr}`.split('\n') };
}

describe('systemd units', () => {
  it.for(UNITS)('%s is what systemd understands', (name, { skip }) => {
    if (analyze('--version').status !== 0) skip('there is no systemd-analyze');
    const { lines } = analyze('verify', unit(name));
    expect(lines.filter((line) => line.includes('live-status'))).toEqual([]);
  });

  it('the system unit exposes at most what it has to', ({ skip }) => {
    if (analyze('--version').status !== 0) skip('there is no systemd-analyze');
    const { lines } = analyze('security', '--offline=true', unit('live-status.service'));
    const exposure = lines.map((line) => /exposure level for .*: ([\d.]+)/.exec(line)?.[1]).find(Boolean);
    expect(Number(exposure)).toBeLessThanOrEqual(MAX_EXPOSURE);
  });

  it.for(UNITS)('%s keeps the old names working', (name) => {
    const text = readFileSync(join(DEPLOY, name), 'utf8');
    expect(text).toContain('Alias=status-watcher.service');
    expect(text).toContain('EnvironmentFile=-/etc/status-watcher.env');
  });

  it.for(UNITS)('%s leaves no core file', (name) => {
    expect(readFileSync(join(DEPLOY, name), 'utf8')).toMatch(/^LimitCORE=0$/m);
  });

  it('lead the daemon alike, as a service of the system or of a user', () => {
    const life = /^(Type|Notify|Watchdog|Timeout|Restart|StartLimit|KillMode|ExecStopPost)/;
    const [system, user] = UNITS.map((name) => {
      const lines = readFileSync(join(DEPLOY, name), 'utf8').replaceAll(/\S+live-status-daemon/g, 'live-status-daemon');
      return lines.split('\n').filter((line) => life.test(line));
    });
    expect(system).toContain('Type=notify');
    expect(system).toEqual(user);
  });
});
