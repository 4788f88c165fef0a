import { existsSync } from 'node:fs';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bot, Simulator, User } from '@live-status/simulators/mattermost';
import { isGatewayVersion } from './openclaw.ts';

/** What a configuration can be about. */
export interface SetUpPeers {
  readonly simulator: Simulator;
  readonly person: User;
  /** Another bot, of the account `ops`. */
  readonly ops: Bot;
  /** OpenClaw's own directory. */
  readonly stateDir: string;
}

/** Where a person writes, and to which account's bot. */
export interface Place {
  readonly account: 'default' | 'ops';
  readonly isDirect: boolean;
}

/** A way to configure OpenClaw that Live Status must understand without a setting of its own. */
export interface SetUp {
  readonly name: string;
  /** Versions of OpenClaw that it is played beside. Default: all. */
  readonly isFor?: (version: string) => boolean;
  /** What is different in `openclaw.json`; `undefined` removes a key. */
  readonly config: (peers: SetUpPeers) => ConfigPatch;
  /** Added to the environment of the gateway and of Live Status, which its hook passes on. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>;
  /** Other files that belong to it. */
  readonly prepare?: (peers: SetUpPeers) => Promise<void>;
  /** Each gets a turn with tools. Default: a channel. */
  readonly places?: readonly Place[];
}

/** A part of `openclaw.json`. */
export interface ConfigPatch {
  readonly [key: string]: unknown;
}

const PASSWORD = 'a-password-of-a-test-with-36-letters';
const CHANNEL: Place = { account: 'default', isDirect: false };
const DIRECT: Place = { account: 'default', isDirect: true };
const byPassword = (password?: string): ConfigPatch => ({
  gateway: { auth: { mode: 'password', token: undefined, password } },
});

/** Every set-up that is played beside a version of OpenClaw. */
export function setUpsOf(version: string): SetUp[] {
  return SET_UPS.filter(({ isFor = () => true }) => isFor(version));
}

const SET_UPS: readonly SetUp[] = [
  {
    name: 'gateway by password, in the configuration',
    isFor: isGatewayVersion,
    config: () => byPassword(PASSWORD),
  },
  {
    name: 'gateway by password, in the environment',
    isFor: isGatewayVersion,
    config: () => byPassword(),
    env: { OPENCLAW_GATEWAY_PASSWORD: PASSWORD },
  },
  {
    name: 'gateway by password, in .env',
    isFor: isGatewayVersion,
    config: () => byPassword(),
    prepare: ({ stateDir }) => writeFile(join(stateDir, '.env'), `OPENCLAW_GATEWAY_PASSWORD=${PASSWORD}\n`),
  },
  {
    name: 'gateway with its own certificate',
    isFor: isGatewayVersion,
    config: () => ({ gateway: { tls: { enabled: true, autoGenerate: true } } }),
  },
  {
    name: 'gateway with its own certificate, kept elsewhere, and by password',
    isFor: isGatewayVersion,
    config: ({ stateDir }) => {
      const [certPath, keyPath] = ['own.crt', 'own.key'].map((file) => join(stateDir, 'certificates', file));
      return {
        gateway: { ...(byPassword(PASSWORD).gateway as object), tls: { enabled: true, certPath, keyPath } },
      };
    },
  },
  {
    name: 'gateway on every address',
    isFor: isGatewayVersion,
    config: () => ({ gateway: { bind: 'lan', controlUi: { enabled: false } } }),
  },
  {
    name: 'two Mattermost accounts',
    config: ({ simulator, ops }) => ({
      channels: {
        mattermost: {
          botToken: undefined,
          baseUrl: undefined,
          accounts: {
            default: { name: 'Default', botToken: simulator.bot.token, baseUrl: simulator.url },
            ops: { name: 'Ops', botToken: ops.token, baseUrl: simulator.url },
          },
        },
      },
    }),
    places: [
      { account: 'ops', isDirect: false },
      CHANNEL,
      { account: 'ops', isDirect: true },
      DIRECT,
      { account: 'ops', isDirect: true },
    ],
  },
  {
    name: 'nothing special, in a direct message',
    isFor: (version) => !isGatewayVersion(version),
    config: () => ({}),
    places: [DIRECT],
  },
  {
    name: 'a person known by name',
    config: ({ person }) => ({
      session: { dmScope: 'per-channel-peer', identityLinks: { alice: [`mattermost:${person.id}`] } },
    }),
    places: [DIRECT],
  },
  {
    name: 'sessions stored elsewhere',
    isFor: (version) => !isGatewayVersion(version),
    config: ({ stateDir }) => ({ session: { store: join(stateDir, '..', 'data', '{agentId}', 'store.json') } }),
    prepare: async ({ stateDir }) => {
      await mkdir(join(stateDir, '..', 'data'), { recursive: true });
    },
  },
  {
    name: 'folders that are links',
    isFor: (version) => !isGatewayVersion(version),
    config: () => ({}),
    prepare: async ({ stateDir }) => {
      const sessions = join(stateDir, 'agents', 'main', 'sessions');
      const moved = join(stateDir, '..', 'moved-sessions');
      await mkdir(sessions, { recursive: true });
      await rename(sessions, moved);
      await symlink(moved, sessions);
      const earlierName = join(stateDir, 'agents', 'earlier-name');
      if (!existsSync(earlierName)) await symlink('main', earlierName);
    },
  },
];

/** A configuration with a part of it changed. */
export function patched(config: ConfigPatch, patch: ConfigPatch): ConfigPatch {
  const changed = Object.entries(patch).map(([key, value]) => {
    const before = config[key];
    return [key, isPart(before) && isPart(value) ? patched(before, value) : value] as const;
  });
  return { ...config, ...Object.fromEntries(changed) };
}

function isPart(value: unknown): value is ConfigPatch {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
