import { join } from 'node:path';
import type { OpenClaw } from './openclaw.ts';

/** What a gateway under test talks to. */
export interface GatewayPeers {
  readonly modelUrl: string;
  readonly mattermostUrl: string;
  readonly botToken: string;
  readonly port: number;
  /** The gateway's shared token. */
  readonly token: string;
  /** Where it works and logs: its own directory, not the machine's. */
  readonly stateDir: string;
  /** Agents besides the one that answers everywhere else, by the channels they answer in. */
  readonly agentsIn: ReadonlyMap<string, AgentName>;
}

/** An agent with a configuration of its own. */
export type AgentName = keyof typeof AGENTS;

/** `gated` asks a person before it runs a command; `fallback` has a second model. */
const AGENTS = {
  gated: { tools: { exec: { mode: 'ask' } } },
  fallback: { model: { primary: 'mock/mock-1', fallbacks: ['second/mock-2'] } },
} as const;

const MODEL = {
  id: 'mock-1',
  name: 'Mock',
  reasoning: false,
  input: ['text'],
  cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 1 },
  contextWindow: 200_000,
  maxTokens: 8_192,
};

/**
 * The `openclaw.json` of a gateway under test, without its Mattermost plugin: nothing in it is about Live Status, and
 * nothing goes beyond loopback.
 */
export function baseConfig({ plugin }: OpenClaw, peers: GatewayPeers): object {
  const { modelUrl, port, token, stateDir, agentsIn } = peers;
  const provider = { baseUrl: modelUrl, apiKey: 'key-of-a-test', api: 'openai-completions' };
  const isShared = agentsIn.size > 0;
  return {
    gateway: { mode: 'local', port, bind: 'loopback', auth: { mode: 'token', token } },
    logging: { file: join(stateDir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    models: {
      mode: 'replace',
      ...(plugin === 'linked' && { pricing: { enabled: false } }),
      providers: {
        mock: { ...provider, models: [MODEL] },
        ...(isShared && { second: { ...provider, models: [{ ...MODEL, id: 'mock-2', name: 'Second' }] } }),
      },
    },
    agents: {
      defaults: {
        model: { primary: 'mock/mock-1' },
        workspace: join(stateDir, 'workspace'),
        heartbeat: { every: '0m' },
      },
      ...(isShared && { entries: { main: { default: true }, ...AGENTS } }),
    },
    ...(isShared && {
      bindings: [...agentsIn].map(([id, agentId]) => ({
        match: { channel: 'mattermost', peer: { kind: 'channel', id } },
        agentId,
      })),
    }),
    tools: { exec: { security: 'full', ask: 'off' } },
    ...(plugin !== 'installed' && { commands: { text: true, useAccessGroups: false } }),
  };
}

/** What is added for the plugin. Since it is a package of its own, its settings are stricter. */
export function pluginConfig(
  { plugin, pluginDir }: OpenClaw,
  { mattermostUrl, botToken }: Pick<GatewayPeers, 'mattermostUrl' | 'botToken'>,
): object {
  const plugins = {
    ...(plugin === 'linked' && { load: { paths: [pluginDir] } }),
    allow: ['mattermost'],
    entries: { mattermost: { enabled: true } },
  };
  return {
    // OpenClaw notes a plugin that it installed itself.
    ...(plugin !== 'installed' && { plugins }),
    channels: {
      mattermost: {
        enabled: true,
        botToken,
        baseUrl: mattermostUrl,
        chatmode: 'onmessage',
        dmPolicy: 'open',
        allowFrom: ['*'],
        groupPolicy: 'open',
        ...(plugin === 'bundled'
          ? { allowPrivateNetwork: true }
          : { network: { dangerouslyAllowPrivateNetwork: true } }),
      },
    },
  };
}
