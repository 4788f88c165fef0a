import { existsSync, writeFileSync } from 'node:fs';
import { findInstance } from '@live-status/operations';
import { installHook } from './hook-files.ts';
import { readFolders, recordFolders, removeEmpty } from './made-folders.ts';
import { enableInConfig, isEnabledInConfig, requireUsableConfig } from './openclaw-config-file.ts';
import { type Places, programAt } from './places.ts';
import { claimPrefix, findForeign } from './prefix.ts';
import { installPrograms, removePrograms, versionOf } from './programs.ts';
import { formatReceipt, readReceipt } from './receipt.ts';
import { replaceDaemon } from './running-daemon.ts';
import { reportSettings } from './settings-report.ts';
import { runProgram, step, type Work } from './work.ts';

/**
 * Installs or upgrades. Each step can be repeated, and a run that was cut goes on where it was. What was in another
 * prefix `before` moves.
 */
export async function install(places: Places, work: Work, before: Places): Promise<void> {
  const { prefix, hookDir, receiptPath } = places;
  requireUsableConfig(places);
  claimPrefix(places, work);
  const isMoved = before.prefix !== prefix && existsSync(before.prefix);
  const last = readReceipt(isMoved ? before.receiptPath : receiptPath);
  const receipt = { ...last, version: versionOf(places) };
  if (!work.dryRun) recordFolders(places);
  step(work, `${nameWork(last?.version, receipt.version)}: ${prefix}`, () => installPrograms(places, receipt));
  step(work, `put the gateway hook into ${hookDir}`, () => installHook(places));
  if (isMoved) leave(before, work);
  if (!work.dryRun) removeEmpty(readFolders(places));
  const configSha256 = enableInConfig(places, work);
  if (configSha256 !== undefined) writeFileSync(receiptPath, formatReceipt({ ...receipt, configSha256 }));
  const settings = await reportSettings(work.env);
  for (const line of settings.lines) work.say(line);
  if (work.dryRun) return;
  if (last) replaceDaemon(places, work);
  const doctor = runProgram(programAt(prefix, 'live-status'), ['doctor'], { env: work.env });
  work.say(`\nlive-status doctor:\n${doctor.output}\n`);
  tellHowToStart(places, work, settings);
  work.say(`For agents and scripts that call live-status: add ${prefix}/bin to their PATH.`);
}

/** Removes the programs of another prefix, unless something of somebody else came to lie among them. */
function leave(before: Places, work: Work): void {
  const foreign = findForeign(before);
  if (foreign === undefined) removePrograms(before, work);
  else work.say(`! ${before.prefix} stays: it also holds ${foreign}; remove what is not needed of it by hand`);
}

function nameWork(last: string | undefined, next: string): string {
  if (last === undefined) return `install version ${next}`;
  return last === next ? `install version ${next} again` : `upgrade from version ${last} to ${next}`;
}

/** The last words about the daemon: what runs, and what starts it. */
function tellHowToStart(places: Places, { say }: Work, { complete }: { readonly complete: boolean }): void {
  const running = findInstance(places.stateDir);
  const isEnabled = isEnabledInConfig(places);
  const start = `${programAt(places.prefix, 'live-status-daemon')} start`;
  const byHand = complete ? start : `once what is missing above is set, ${start}`;
  if (running && isEnabled)
    say(`The daemon runs (pid ${running.pid}); when it does not, the gateway starts it with its own start.`);
  else if (running)
    say(`The daemon runs (pid ${running.pid}). The hook is not enabled (see above), so the gateway does not start it.`);
  else if (isEnabled) say(`The daemon starts with the gateway: openclaw gateway restart. Without that: ${byHand}`);
  else say(`The hook is not enabled (see above), so the gateway does not start the daemon. By hand: ${byHand}`);
}
