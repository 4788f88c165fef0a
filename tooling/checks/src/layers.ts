/** What the sources of a package or app may import besides their own files. */
export interface Layer {
  /** Folder names under `packages/`; `any` for apps, which compose them. */
  readonly packages: readonly string[] | 'any';
  /** npm packages; `any` for apps, which choose their own. */
  readonly libraries: readonly string[] | 'any';
  /** No IO: not even `node:` modules. */
  readonly pure?: true;
  /** Folder names under `tooling/`, for a private app that is only ever run from a checkout. Default: none. */
  readonly tooling?: readonly string[];
}

/**
 * What each package and app may import. Data flows one way, so imports do too: a package may use those that the data
 * passed before it; an app may use packages and never another app; nothing that is published or installed uses tooling.
 * Tests may import whatever their package.json declares.
 */
export const layers: Readonly<Record<string, Layer>> = {
  'packages/jsonl-tail': { packages: ['basics', 'resilience'], libraries: ['chokidar'] },
  'packages/transcript-parser': { packages: ['basics'], libraries: [], pure: true },
  'packages/redaction': { packages: [], libraries: ['@secretlint/secretlint-rule-preset-recommend'], pure: true },
  'packages/session-state': { packages: ['redaction'], libraries: [], pure: true },
  'packages/run-tracker': { packages: ['session-state', 'resilience', 'transcript-parser'], libraries: [] },
  'packages/openclaw-transcripts': {
    packages: ['instance-lock', 'jsonl-tail', 'transcript-parser', 'session-state', 'resilience', 'run-tracker'],
    libraries: [],
  },
  'packages/openclaw-gateway': {
    packages: ['session-state', 'resilience', 'transcript-parser', 'run-tracker'],
    libraries: ['@openclaw/gateway-client'],
  },
  'packages/status-render': { packages: ['session-state'], libraries: [], pure: true },
  'packages/resilience': { packages: [], libraries: ['cockatiel'] },
  'packages/shared-budget': { packages: ['resilience'], libraries: ['@redis/client'] },
  'packages/mm-poster': {
    packages: ['basics', 'resilience'],
    libraries: ['@mattermost/client', '@mattermost/types', 'undici'],
  },
  'packages/basics': { packages: [], libraries: [], pure: true },
  'packages/openclaw-config': { packages: ['basics', 'transcript-parser'], libraries: ['json5'] },
  'packages/settings': { packages: ['openclaw-config', 'mm-poster'], libraries: ['fastest-levenshtein'] },
  'packages/channel-rules': {
    packages: ['basics', 'mm-poster'],
    libraries: ['@humanwhocodes/momoa', 'fastest-levenshtein', 'valibot'],
  },
  'packages/instance-lock': { packages: ['basics'], libraries: [] },
  'packages/daemon-control': { packages: ['basics', 'openclaw-config', 'settings', 'instance-lock'], libraries: [] },
  'apps/daemon': { packages: 'any', libraries: 'any' },
  'apps/cli': { packages: 'any', libraries: 'any' },
  'apps/gateway-hook': { packages: [], libraries: [] },
  'apps/installer': { packages: 'any', libraries: 'any' },
  // Only run from a checkout: it shows recordings in the Mattermost simulator.
  'apps/demo': { packages: 'any', libraries: 'any', tooling: ['fixtures', 'simulators', 'stage'] },
};
