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
}

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
export function baseConfig({ plugin }: OpenClaw, { modelUrl, port, token, stateDir }: GatewayPeers): object {
  return {
    gateway: { mode: 'local', port, bind: 'loopback', auth: { mode: 'token', token } },
    logging: { file: join(stateDir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    models: {
      mode: 'replace',
      ...(plugin === 'linked' && { pricing: { enabled: false } }),
      providers: { mock: { baseUrl: modelUrl, apiKey: 'key-of-a-test', api: 'openai-completions', models: [MODEL] } },
    },
    agents: {
      defaults: {
        model: { primary: 'mock/mock-1' },
        workspace: join(stateDir, 'workspace'),
        heartbeat: { every: '0m' },
      },
    },
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
