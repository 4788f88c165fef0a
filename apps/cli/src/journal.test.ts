import { expect, it } from 'vitest';
import { findJournal } from './journal.ts';

const RUN = 'node\0main.js\0run\0';
const LOGGED = 'node\0main.js\0run\0--log-file\0/s/daemon.log\0';
const SYSTEM = '0::/system.slice/live-status.service\n';
const USER = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/live-status.service\n';
const GATEWAY = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service\n';
const TERMINAL = '0::/user.slice/user-1000.slice/session-3.scope\n';

it.for([
  ['a system unit', RUN, SYSTEM, 'journalctl -u live-status.service -f'],
  ['a user unit', RUN, USER, 'journalctl --user -u live-status.service -f'],
  ['a daemon with a log file in the unit of the gateway', LOGGED, GATEWAY, undefined],
  ['a terminal', RUN, TERMINAL, undefined],
  ['a container', RUN, '0::/\n', undefined],
] as const)('knows %s', ([, cmdline, cgroup, expected]) => {
  expect(findJournal(7, (path) => (path.endsWith('cmdline') ? cmdline : cgroup))).toBe(expected);
});

it('knows nothing where there is no /proc', () => {
  const none = (): never => {
    throw new Error('ENOENT');
  };
  expect(findJournal(7, none)).toBeUndefined();
});
