import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@live-status/resilience';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RememberedCount } from './remembered-count.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-count-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('reads what was written last, also after a restart', async () => {
  const path = join(directory, 'daemons');
  const count = new RememberedCount(path, silentLog);
  expect(count.read()).toBe(undefined);
  for (const each of [2, 30, 3]) count.write(each);
  await vi.waitFor(() => expect(new RememberedCount(path, silentLog).read()).toBe(3));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it.for(['', '0', '-1', '1.5', '1e9', 'three', '12345678'])('takes "%s" for nothing', (text) => {
  const path = join(directory, 'daemons');
  writeFileSync(path, text);
  expect(new RememberedCount(path, silentLog).read()).toBe(undefined);
});

it('goes on where it cannot be written', async () => {
  const failures: unknown[] = [];
  const log = { ...silentLog, debug: (fields: object) => failures.push(fields) };
  new RememberedCount(join(directory, 'none', 'daemons'), log).write(3);
  await vi.waitFor(() => expect(failures).toHaveLength(1));
});
