export {
  type MattermostDrafts,
  type OpenClawConfig,
  type OpenClawReading,
  type ReadFile,
  readOpenClawConfig,
  type Unresolved,
} from './config.ts';
export { DEFAULT_GATEWAY_URL, isLoopback, webSocketUrl } from './gateway.ts';
export { findHook, type GatewayHooks, HOOK_NAME, type HookLocation, isHookEnabled } from './hook.ts';
export { findInstalledVersion } from './installed-version.ts';
export type { MattermostAccount } from './mattermost-accounts.ts';
export { OPENCLAW_SETTINGS, type OpenClawSetting } from './openclaw-settings.ts';
export { type Environment, expandHome, locateOpenClaw, type OpenClawFiles } from './paths.ts';
export { hideSecret, Secret } from './secret.ts';
export { chooseSource, type OpenClawPlaces, type SourceChoice, writesTranscripts } from './source-choice.ts';
