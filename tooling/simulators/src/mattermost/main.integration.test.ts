import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('runs by itself, says where, and ends on SIGTERM also while a page is open', async () => {
  const main = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))]);
  const exited = once(main, 'exit');
  const [line] = (await once(createInterface(main.stdout), 'line')) as [string];
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
  expect(await (await fetch(`${url}/api/v4/system/ping`)).json()).toEqual({ status: 'OK' });
  const events = await fetch(`${url}/sim/events`);
  expect(events.headers.get('content-type')).toBe('text/event-stream');
  const drained = events.text().catch(() => '');
  main.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await drained).toContain('event: state');
});
