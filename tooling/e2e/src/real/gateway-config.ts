import { join } from 'node:path';
import type { OpenClaw } from './install-openclaw.ts';

/** What a gateway under test talks to. */
export interface GatewayPeers {
  readonly modelUrl: string;
  readonly mattermostUrl: string;
  readonly botToken: string;
  readonly port: number;
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

/** The `openclaw.json` of a gateway under test: nothing in it is about Live Status, and nothing goes beyond loopback. */
export function gatewayConfig(openclaw: OpenClaw, peers: GatewayPeers): object {
  const { pluginDir } = openclaw;
  // Since the plugin is a package of its own, its settings are stricter and these keys exist.
  const isSplit = pluginDir !== undefined;
  return {
    gateway: { mode: 'local', port: peers.port, bind: 'loopback', auth: { mode: 'token', token: 'token-of-a-test' } },
    logging: { file: join(peers.stateDir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    models: {
      mode: 'replace',
      ...(isSplit && { pricing: { enabled: false } }),
      providers: {
        mock: { baseUrl: peers.modelUrl, apiKey: 'key-of-a-test', api: 'openai-completions', models: [MODEL] },
      },
    },
    agents: {
      defaults: {
        model: { primary: 'mock/mock-1' },
        workspace: join(peers.stateDir, 'workspace'),
        heartbeat: { every: '0m' },
      },
    },
    tools: { exec: { security: 'full', ask: 'off' } },
    commands: { text: true, useAccessGroups: false },
    plugins: {
      ...(isSplit && { load: { paths: [pluginDir] } }),
      allow: ['mattermost'],
      entries: { mattermost: { enabled: true } },
    },
    channels: {
      mattermost: {
        enabled: true,
        botToken: peers.botToken,
        baseUrl: peers.mattermostUrl,
        chatmode: 'onmessage',
        dmPolicy: 'open',
        allowFrom: ['*'],
        groupPolicy: 'open',
        ...(isSplit ? { network: { dangerouslyAllowPrivateNetwork: true } } : { allowPrivateNetwork: true }),
      },
    },
  };
}
