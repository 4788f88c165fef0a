import { ACCOUNT_CHECKS } from './accounts.ts';
import { CHANNEL_RULES_CHECKS } from './channel-rules.ts';
import type { Check } from './check.ts';
import { DAEMON_CHECKS } from './daemon.ts';
import { GATEWAY_CHECKS } from './gateway.ts';
import { INSTALLATION_CHECKS } from './installation.ts';
import { MATTERMOST_CHECKS } from './mattermost.ts';
import { OPENCLAW_CHECKS } from './openclaw.ts';
import { OPENCLAW_SETTINGS_CHECKS } from './openclaw-settings.ts';
import { REDIS_CHECKS } from './redis.ts';
import { SETTINGS_CHECKS } from './settings.ts';
import { STATE_CHECKS } from './state.ts';

/** Everything the doctor checks. */
export const CHECKS: readonly Check[] = [
  ...INSTALLATION_CHECKS,
  ...SETTINGS_CHECKS,
  ...CHANNEL_RULES_CHECKS,
  ...OPENCLAW_CHECKS,
  ...OPENCLAW_SETTINGS_CHECKS,
  ...GATEWAY_CHECKS,
  ...MATTERMOST_CHECKS,
  ...ACCOUNT_CHECKS,
  ...REDIS_CHECKS,
  ...STATE_CHECKS,
  ...DAEMON_CHECKS,
];
