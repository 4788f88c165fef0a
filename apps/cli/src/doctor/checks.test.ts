import { readSettings, type SettingsReading } from '@live-status/settings';
import { describe, expect, it } from 'vitest';
import { checkDaemon } from './daemon.ts';
import type { Finding } from './finding.ts';
import { checkGateway } from './gateway.ts';
import { checkBuild, checkNode } from './installation.ts';
import { checkDrafts, checkHook, checkOpenClawConfig, checkOpenClawStore, checkTranscripts } from './openclaw.ts';
import { checkFiles, checkPostWords, checkSettings } from './settings.ts';
import { checkSpace, checkStateDir } from './state.ts';

const CONFIG = '/home/op/.openclaw/openclaw.json';
const TRANSCRIPTS = { source: 'jsonl', why: 'no session database' } as const;
const GATEWAY = { source: 'gateway', why: 'a session database is newer than the transcripts' } as const;
const FILES = { stateDir: '/home/op/.openclaw', configPath: CONFIG };

function read(env: Record<string, string>, config?: object): Promise<SettingsReading> {
  const readFile = async (path: string): Promise<string> => {
    if (config && path === CONFIG) return JSON.stringify(config);
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  return readSettings(env, { home: '/home/op', readFile });
}

async function openclaw(mattermost: object, rest: object = {}) {
  const channel = { botToken: 'tok', baseUrl: 'https://chat.example.com', ...mattermost };
  return (await read({}, { channels: { mattermost: channel }, ...rest })).sound.openclaw;
}

const NEW = { isStartedByGateway: false, hasRun: false };
const states = (results: readonly Finding[]) => results.map(({ state }) => state);

describe('every finding that is not ok', () => {
  it('comes with a fix', async () => {
    const results = [
      checkNode('v20.1.0'),
      checkBuild(undefined),
      ...checkSettings(await read({ THROTTLE_MS: '1', MM_TOKN: 'x' })),
      checkOpenClawConfig(await read({}), FILES, false),
      checkOpenClawStore({ choice: TRANSCRIPTS, files: 0 }, 'auto'),
      checkOpenClawStore({ choice: GATEWAY, files: 0 }, 'jsonl'),
      await checkGateway({ gatewayUrl: 'ws://127.0.0.1:1' }),
      checkHook(undefined, { searched: ['/h'], directory: undefined }),
      checkTranscripts({ directory: '/d', problem: 'EACCES', files: 0, unreadable: [] }),
      checkStateDir('/s', 'EROFS'),
      ...checkDaemon({ running: false }, NEW),
    ];
    const bad = results.filter(({ state }) => state !== 'ok');
    expect(bad.length).toBeGreaterThan(8);
    expect(bad.filter(({ fix }) => !fix)).toEqual([]);
  });
});

describe('checkNode', () => {
  it.for([
    ['v22.21.1', 'fail'],
    ['v22.22.0', 'ok'],
    ['v23.11.0', 'fail'],
    ['v24.0.0', 'ok'],
    ['v25.1.0', 'fail'],
    ['v26.0.0', 'ok'],
    ['v28.3.0', 'ok'],
    ['nonsense', 'fail'],
  ] as const)('takes %s for %s', ([version, state]) => {
    expect(checkNode(version).state).toBe(state);
  });
});

describe('checkSettings', () => {
  it('shows every variable once with its origin, and no secret', async () => {
    const config = { channels: { mattermost: { baseUrl: 'https://chat.example.com' } } };
    const results = checkSettings(await read({ MM_TOKEN: 'tok-secret', THROTTLE_MS: '700' }, config));
    const found = results.flatMap(({ details = [] }) => details);
    expect(found).toContain('MM_TOKEN = *** (environment)');
    expect(found).toContain(`MM_URL = https://chat.example.com (${CONFIG})`);
    expect(found).toContain('THROTTLE_MS = 700 (environment)');
    expect(found.join(' ')).toContain('IDLE_TIMEOUT_S = 60');
    expect(found.join(' ')).not.toContain('tok-secret');
    expect(states(results)).not.toContain('fail');
  });

  it('lists problems with their fix instead of the broken value', async () => {
    const results = checkSettings(await read({ MM_TOKEN: 'x', MM_URL: 'https://chat.example.com', HEALTH_PORT: 'a' }));
    expect(results.filter(({ state }) => state !== 'ok')).toEqual([
      {
        id: 'settings.problem',
        name: 'setting',
        state: 'fail',
        found: 'HEALTH_PORT is a',
        fix: 'must be a port (0 is off) from 0 to 65535',
      },
    ]);
  });
});

describe('checkOpenClawConfig', () => {
  it('tells a good file from a broken one and from none', async () => {
    const check = async (config: object | undefined, exists: boolean) =>
      checkOpenClawConfig(await read({}, config), FILES, exists).state;
    expect([await check({}, true), await check(undefined, true), await check(undefined, false)]).toEqual([
      'ok',
      'fail',
      'warn',
    ]);
  });
});

describe('checkOpenClawStore', () => {
  it.for([
    ['transcripts', { choice: TRANSCRIPTS, files: 1 }, 'ok'],
    ['a database', { choice: GATEWAY, files: 1 }, 'ok'],
    ['nothing yet', { version: '2026.7.1', choice: TRANSCRIPTS, files: 0 }, 'warn'],
    ['transcripts of before an upgrade', { version: '2026.9.6', choice: TRANSCRIPTS, files: 1 }, 'ok'],
  ] as const)('knows %s', ([, store, state]) => {
    expect(checkOpenClawStore(store, 'auto').state).toBe(state);
  });

  it('says why the gateway is followed', () => {
    expect(checkOpenClawStore({ choice: GATEWAY, files: 1 }, 'auto').found).toContain('a session database is newer');
  });

  it.for([
    ['transcripts where there is a database', { choice: GATEWAY, files: 0 }, 'jsonl', 'fail'],
    ['the gateway where there are transcripts', { choice: TRANSCRIPTS, files: 1 }, 'gateway', 'warn'],
    ['the gateway after an upgrade', { choice: TRANSCRIPTS, files: 1, version: '2026.9.6' }, 'gateway', 'ok'],
    ['the gateway where there is nothing yet', { choice: TRANSCRIPTS, files: 0 }, 'gateway', 'ok'],
  ] as const)('judges a SOURCE of %s', ([, store, source, state]) => {
    expect(checkOpenClawStore(store, source)).toMatchObject({ state, found: expect.stringMatching(/SOURCE/) });
  });
});

describe('checkTranscripts', () => {
  const probed = { directory: '/d', files: 3, unreadable: [] };
  it.for([
    ['readable ones', probed, 'ok'],
    ['a folder that comes with the first run', { ...probed, problem: 'ENOENT' }, 'warn'],
    ['a folder of another user', { ...probed, problem: 'EACCES' }, 'fail'],
    ['files of another user', { ...probed, unreadable: ['/d/a.jsonl'] }, 'fail'],
  ] as const)('knows %s', ([, found, state]) => {
    expect(checkTranscripts(found).state).toBe(state);
  });
});

describe('checkFiles', () => {
  it('takes a missing catalog lightly and missing labels seriously', () => {
    const settings = { sessionsJson: '/s.json', toolLabelsFile: '/l.json' };
    expect(states(checkFiles(settings, () => true))).toEqual(['ok', 'ok']);
    expect(states(checkFiles(settings, () => false))).toEqual(['warn', 'fail']);
    expect(checkFiles({}, () => false)).toEqual([]);
  });
});

describe('checkPostWords', () => {
  const files: Readonly<Record<string, string>> = {
    '/de.json': '{ "extends": "de" }',
    '/odd.json': '{ "words": { "head": { "thinkign": "Hm" } } }',
    '/broken.json': '{ "locale": 7, "reasons": { "billing": "" } }',
    '/labels.json': '{ "read": 7 }',
  };
  const readFile = async (path: string): Promise<string> => files[path] ?? Promise.reject(new Error('ENOENT'));

  it('reports everything that keeps the daemon from starting, and what has no effect', async () => {
    expect(await checkPostWords({}, readFile)).toEqual([]);
    expect(await checkPostWords({ statusLanguage: 'ja' }, readFile)).toEqual([]);
    expect(await checkPostWords({ statusLanguage: '/de.json' }, readFile)).toEqual([]);
    const odd = await checkPostWords({ statusLanguage: '/odd.json' }, readFile);
    expect(odd).toMatchObject([{ state: 'warn', name: 'STATUS_LANGUAGE', fix: 'correct the name, or remove it' }]);
    const broken = await checkPostWords({ statusLanguage: '/broken.json', toolLabelsFile: '/labels.json' }, readFile);
    expect(broken).toMatchObject([
      {
        state: 'fail',
        name: 'STATUS_LANGUAGE',
        found: '/broken.json: locale is 7: it must be a language tag such as pl or pt-BR',
        fix: 'correct the file, or unset STATUS_LANGUAGE: the daemon does not start',
      },
      { state: 'fail', found: expect.stringContaining('reasons.billing is "": it must be a text') },
      { state: 'fail', name: 'TOOL_LABELS_FILE', found: expect.stringContaining('/labels.json') },
    ]);
    expect(await checkPostWords({ statusLanguage: '/gone.json' }, readFile)).toMatchObject([{ state: 'fail' }]);
  });
});

describe('checkDrafts', () => {
  it.for([
    ['off', { streaming: 'off' }, 'ok'],
    ['off, as an object', { streaming: { mode: 'off' } }, 'ok'],
    ['off, as a boolean', { streaming: false }, 'ok'],
    ['on', { streaming: { mode: 'progress' } }, 'warn'],
    ['on, as a boolean', { streaming: true }, 'warn'],
    ['on for the answer only', { streaming: { mode: 'partial', preview: { toolProgress: false } } }, 'ok'],
    ['on by default', {}, 'warn'],
  ] as const)('knows drafts that are %s', async ([, account, state]) => {
    expect(checkDrafts(await openclaw(account), '2026.7.1').state).toBe(state);
  });

  it('names the setting', async () => {
    const { found, fix } = checkDrafts(await openclaw({ streaming: 'partial' }), undefined);
    expect([found, fix].every((text) => text?.includes('channels.mattermost.streaming'))).toBe(true);
  });

  it('has nothing to say without Mattermost, and of versions without drafts', async () => {
    expect(checkDrafts(undefined, '2026.7.1').state).toBe('ok');
    expect(checkDrafts(await openclaw({}), '2026.3.28').state).toBe('ok');
  });
});

describe('checkHook', () => {
  it.for([
    ['enabled with all hooks', { enabled: true }, true, 'ok'],
    ['enabled by its entry', { entries: { 'live-status': { enabled: true } } }, true, 'ok'],
    ['disabled by its entry', { enabled: true, entries: { 'live-status': { enabled: false } } }, true, 'warn'],
    ['disabled with all hooks', { enabled: false, entries: { 'live-status': { enabled: true } } }, true, 'warn'],
    ['enabled by an entry that does not say so', { entries: { 'live-status': {} } }, true, 'ok'],
    ['loaded with an extra folder', { load: { extraDirs: ['/x'] } }, true, 'ok'],
    ['loaded with its pack', { installs: { pack: { hooks: ['live-status'] } } }, true, 'ok'],
    ['loaded with a pack that names no hooks', { installs: { pack: {} } }, true, 'ok'],
    ['beside another pack', { installs: { pack: { hooks: ['other'] } } }, true, 'warn'],
    ['beside another entry', { entries: { other: { enabled: true } } }, true, 'warn'],
    ['not configured', {}, true, 'warn'],
    ['not installed', { enabled: true }, false, 'warn'],
  ] as const)('knows a hook that is %s', async ([, internal, installed, state]) => {
    const config = await openclaw({}, { hooks: { internal } });
    const directory = installed ? '/h/live-status' : undefined;
    expect(checkHook(config?.hooks, { searched: ['/h'], directory }).state).toBe(state);
  });
});

describe('checkSpace', () => {
  it('warns before the disk is full', () => {
    expect(states(checkSpace('/s', 1e9))).toEqual(['ok']);
    expect(checkSpace('/s', 1_500_000)).toMatchObject([
      { state: 'warn', found: 'only 1 MB are free on the disk of /s' },
    ]);
    expect(checkSpace('/s', 4_096)).toMatchObject([{ state: 'fail', fix: 'free some space on the disk of /s' }]);
    expect(checkSpace('/s', undefined)).toEqual([]);
  });
});

describe('checkDaemon', () => {
  const health = {
    status: 'failing',
    pid: 7,
    version: '1.2.3',
    uptimeS: 5,
    sources: [],
    boxes: { active: 0, waiting: 0, posted: 0 },
    poster: { breaker: { state: 'open' }, queue: 0, creates: 0, edits: 0, retries: 0 },
    reasons: [
      { level: 'failing' as const, what: 'no server', fix: 'start it' },
      { level: 'degraded' as const, what: 'slow' },
    ],
  } as const;

  it('passes on what the daemon says about itself', () => {
    const status = {
      running: true,
      pid: 7,
      uptimeS: 5,
      health: { ...health, sources: [], reasons: [...health.reasons] },
    };
    expect(states(checkDaemon(status as Parameters<typeof checkDaemon>[0], NEW))).toEqual(['ok', 'fail', 'warn']);
  });

  it.for([
    ['that the gateway will start', { isStartedByGateway: true, hasRun: false }, 'next', 'openclaw gateway restart'],
    ['that nobody starts', NEW, 'fail', 'live-status-daemon start'],
    ['that ran before', { isStartedByGateway: true, hasRun: true }, 'fail', 'live-status logs'],
  ] as const)('knows a daemon %s', ([, history, state, fix]) => {
    expect(checkDaemon({ running: false }, history)).toMatchObject([{ state, fix: expect.stringContaining(fix) }]);
  });

  it('says why it knows nothing', () => {
    const status = { running: true, pid: 7, uptimeS: 5, problem: 'the port does not answer' } as const;
    const found = 'runs with pid 7; the port does not answer';
    expect(checkDaemon({ ...status, fix: 'take another' }, NEW)).toEqual([
      { id: 'daemon.running', name: 'daemon', state: 'warn', found, fix: 'take another' },
    ]);
  });

  it('takes a daemon that was asked not to say how it is for a sound one', () => {
    const [result] = checkDaemon({ running: true, pid: 7, uptimeS: 5, problem: 'HEALTH_PORT is 0' }, NEW);
    expect(result).toMatchObject({ state: 'ok', found: 'runs with pid 7; HEALTH_PORT is 0' });
  });
});

it('names the version of Live Status beside its daemon', () => {
  const found = checkBuild({ command: '/opt/live-status/bin/live-status-daemon', args: [] });
  expect(found).toMatchObject({
    found: expect.stringMatching(/^\d+\.\d+\.\d+.*, \/opt\/live-status\/bin\/live-status-daemon$/),
  });
});
