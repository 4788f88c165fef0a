import type { OpenClawConfig } from '../openclaw-config.ts';
import { type CheckResult, ok, warn } from './check.ts';

const SETTING = 'channels.mattermost.streaming';
/** Measured on @openclaw/mattermost 2026.7.1: without a setting the mode is `partial`, and drafts show tool calls. */
const FIRST_DEFAULT_ON = [2026, 7];

/** Whether OpenClaw shows its own progress post, so that people would see two. */
export function checkDrafts(openclaw: OpenClawConfig | undefined, version: string | undefined): CheckResult {
  const name = 'OpenClaw drafts';
  if (!openclaw?.hasMattermost) return ok(name, 'no OpenClaw with Mattermost is configured here');
  const { mode, toolProgress } = openclaw.drafts ?? {};
  if (mode === 'off') return ok(name, `off (${SETTING})`);
  if (mode !== 'progress' && toolProgress === false) return ok(name, 'without tool calls');
  if (mode === undefined && !isDefaultOn(version)) return ok(name, `${SETTING} is not set`);
  const found = mode === undefined ? `${SETTING} is not set, which means "partial"` : `${SETTING} is "${mode}"`;
  return warn(name, `${found}: a second post shows progress`, `set ${SETTING} to { "mode": "off" } in openclaw.json`);
}

function isDefaultOn(version: string | undefined): boolean {
  if (version === undefined) return true;
  const [year = 0, month = 0] = version.split('.').map(Number);
  const [firstYear = 0, firstMonth = 0] = FIRST_DEFAULT_ON;
  return year > firstYear || (year === firstYear && month >= firstMonth);
}
