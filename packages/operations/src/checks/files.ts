import type { Settings } from '../settings.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether the files that settings name can be read. Nothing about those that are not set. */
export function checkFiles(
  { sessionsJson, toolLabelsFile }: Partial<Settings>,
  isReadable: (path: string) => boolean,
): readonly CheckResult[] {
  const results: CheckResult[] = [];
  if (sessionsJson !== undefined) results.push(checkSessionsJson(sessionsJson, isReadable));
  if (toolLabelsFile !== undefined) results.push(checkLabels(toolLabelsFile, isReadable));
  return results;
}

/** The daemon looks for catalogs beside the transcripts when this one is not there. */
function checkSessionsJson(path: string, isReadable: (path: string) => boolean): CheckResult {
  if (isReadable(path)) return ok('SESSIONS_JSON', path);
  const cure = 'unset it: every sessions.json beside transcripts is found, also without it';
  return warn('SESSIONS_JSON', `${path} cannot be read`, cure);
}

function checkLabels(path: string, isReadable: (path: string) => boolean): CheckResult {
  if (isReadable(path)) return ok('TOOL_LABELS_FILE', path);
  return fail('TOOL_LABELS_FILE', `${path} cannot be read, so no daemon starts`, 'correct the path, or unset it');
}
