import { describe, expect, it } from 'vitest';
import type { Check, Installation } from './check.ts';
import { runCheck } from './doctor.ts';
import { type Finding, fail, next, ok, warn } from './finding.ts';
import { describeFindings, toJson } from './report.ts';

const NODE = ok({ id: 'installation.node', name: 'Node' }, 'v24.21.0', 'Node 24.21.0');
const SERVER = ok({ id: 'mattermost.server', name: 'server' }, 'https://chat.example.com answers', 'chat.example.com');
const TOKEN = fail({ id: 'mattermost.token', name: 'token' }, 'the server does not accept it', 'set MM_TOKEN');
const SILENT = warn({ id: 'mattermost.silent-posts', name: 'silent posts' }, 'not supported', 'upgrade Mattermost');
const DAEMON = next({ id: 'daemon.running', name: 'daemon' }, 'not running yet', 'restart the gateway');

describe('describeFindings', () => {
  it('gives one line to a group without problems, and shows each problem with its fix', () => {
    expect(describeFindings([SERVER, SILENT, TOKEN, NODE])).toEqual([
      '✓ Installation  Node 24.21.0',
      '✗ Mattermost    chat.example.com',
      '  ! silent posts  not supported',
      '                  -> upgrade Mattermost',
      '  ✗ token         the server does not accept it',
      '                  -> set MM_TOKEN',
      '',
      '2 ok, 1 warning, 1 failed',
      'Next: set MM_TOKEN',
    ]);
  });

  it('lets nothing that a server said control the terminal or begin a line of its own', () => {
    const said = 'a\u001b[2Jb\u001b]0;title\u0007\n✓ all is well\u009b';
    const finding = { ...fail({ id: 'mattermost.token', name: said }, said, said), brief: said, details: [said] };
    const lines = describeFindings([finding, { ...DAEMON, fix: said }], { verbose: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('shows everything with verbose', () => {
    const findings = [{ ...NODE, details: ['one', 'two'] }, SERVER];
    expect(describeFindings(findings)).toHaveLength(4);
    expect(describeFindings(findings, { verbose: true })).toEqual([
      '✓ Installation  Node 24.21.0',
      '  ✓ Node  v24.21.0',
      '          one',
      '          two',
      '✓ Mattermost    chat.example.com',
      '  ✓ server  https://chat.example.com answers',
      '',
      '2 ok, 0 warnings, 0 failed',
    ]);
  });

  it('ends with the next step of an installation, unless something must be repaired first', () => {
    expect(describeFindings([NODE, DAEMON]).slice(-2)).toEqual([
      '1 ok, 0 warnings, 0 failed',
      'Next: restart the gateway',
    ]);
    expect(describeFindings([TOKEN, DAEMON]).at(-1)).toBe('Next: set MM_TOKEN');
    expect(describeFindings([NODE, SILENT]).at(-1)).toBe('1 ok, 1 warning, 0 failed');
  });

  it('names the cause before what follows from it, and says which setting "it" is', () => {
    const daemon = fail({ id: 'daemon.running', name: 'daemon' }, 'not running', 'start it');
    const setting = fail({ id: 'settings.problem', name: 'setting' }, 'MM_TOKEN is not set', 'set it');
    const openclaw = fail({ id: 'openclaw.sessions', name: 'sessions' }, 'there is no OpenClaw', 'set OpenClaw up');
    expect(describeFindings([setting, openclaw, TOKEN, daemon]).at(-1)).toBe('Next: set OpenClaw up');
    expect(describeFindings([setting, TOKEN, daemon]).at(-1)).toBe('Next: MM_TOKEN is not set: set it');
    expect(describeFindings([NODE, daemon]).at(-1)).toBe('Next: start it');
    const address = { ...setting, found: 'MM_URL is not set' };
    expect(describeFindings([setting, address, daemon]).at(-1)).toBe(
      'Next: connect OpenClaw to Mattermost (channels.mattermost in openclaw.json), or set MM_URL and MM_TOKEN',
    );
  });

  it('paints marks, titles and arrows, and no other text', () => {
    const lines = describeFindings([SERVER, TOKEN], { paint: (color, text) => `<${color}|${text}>` });
    expect(lines.slice(0, 3)).toEqual([
      '<red|✗> <bold|Mattermost  >  chat.example.com',
      '  <red|✗> token  the server does not accept it',
      '           <dim|->> set MM_TOKEN',
    ]);
  });
});

describe('toJson', () => {
  it('has an id and a group for each check, and is not ok if one failed', () => {
    expect(JSON.parse(toJson([NODE, TOKEN]))).toEqual({
      ok: false,
      next: 'set MM_TOKEN',
      checks: [
        { id: 'installation.node', group: 'installation', name: 'Node', state: 'ok', found: 'v24.21.0' },
        {
          id: 'mattermost.token',
          group: 'mattermost',
          name: 'token',
          state: 'fail',
          found: 'the server does not accept it',
          fix: 'set MM_TOKEN',
        },
      ],
    });
    expect(JSON.parse(toJson([NODE, SILENT, DAEMON]))).toMatchObject({ ok: true, next: 'restart the gateway' });
  });
});

describe('runCheck', () => {
  const check = (run: () => Promise<readonly Finding[]>): Check => ({ id: 'gateway.login', name: 'login', run });
  const installation = {} as Installation;

  it('makes a finding of a check that throws, and of one that takes too long', async () => {
    const broken = await runCheck(
      check(() => Promise.reject(new Error('no such file'))),
      installation,
    );
    expect(broken).toMatchObject([{ id: 'gateway.login', state: 'fail', found: 'could not be checked: no such file' }]);
    const hanging = await runCheck(
      check(() => new Promise(() => undefined)),
      installation,
      1,
    );
    expect(hanging).toMatchObject([{ state: 'fail', found: 'could not be checked: it takes longer than 0.001 s' }]);
  });
});
