import { join } from 'node:path';

/** What a gateway under test talks to. */
export interface GatewayPeers {
  readonly modelUrl: string;
  readonly mattermostUrl: string;
  readonly botToken: string;
  readonly port: number;
  /** Its shared token. */
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

/** An `openclaw.json` of OpenClaw 2026.9 without channels: nothing in it goes beyond loopback. */
export function baseConfig({ modelUrl, port, token, stateDir }: GatewayPeers): object {
  return {
    gateway: { mode: 'local', port, bind: 'loopback', auth: { mode: 'token', token } },
    logging: { file: join(stateDir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    models: {
      mode: 'replace',
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
  };
}

/** What is added once the plugin is there: OpenClaw looks on the internet for a configured plugin that is missing. */
export function mattermostConfig({ mattermostUrl, botToken }: GatewayPeers): object {
  return {
    channels: {
      mattermost: {
        enabled: true,
        botToken,
        baseUrl: mattermostUrl,
        chatmode: 'onmessage',
        dmPolicy: 'open',
        allowFrom: ['*'],
        groupPolicy: 'open',
        network: { dangerouslyAllowPrivateNetwork: true },
      },
    },
  };
}
