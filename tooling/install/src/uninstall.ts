import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeHook, removeIfEmpty } from './hook-files.ts';
import { disableInConfig } from './openclaw-config-file.ts';
import { type Places, programAt } from './places.ts';
import { claimPrefix, removePrograms } from './programs.ts';
import { readReceipt } from './receipt.ts';
import { runProgram, step, type Work } from './work.ts';

/** Files of the state directory; whatever else lies there is not ours. */
const STATE_FILES = /^(ledger[.-]|daemon[.-]|gateway-device[.-]|instance-id$)/;
const NOT_RUNNING = 3;

/** Removes what {@link install} brought; the state only with `purge`. The backup of openclaw.json stays. */
export function uninstall(places: Places, work: Work, { purge }: { readonly purge: boolean }): void {
  const { hookDir, receiptPath, stateDir, openclawDir } = places;
  claimPrefix(places, work);
  const receipt = readReceipt(receiptPath);
  stopDaemon(places, work);
  disableInConfig(places, receipt?.configSha256, work);
  // The hook knows where the programs are, so it goes after them: a run that is cut finds both again.
  removePrograms(places, work);
  if (existsSync(hookDir)) step(work, `remove ${hookDir}`, () => removeHook(places));
  if (purge) removeState(stateDir, work);
  if (!work.dryRun) removeIfEmpty(join(openclawDir, 'live-status'));
  if (!purge && existsSync(stateDir)) work.say(`the state stays in ${stateDir}; --purge removes it, too`);
  if (existsSync(places.backupPath)) work.say(`the backup of openclaw.json stays: ${places.backupPath}`);
}

/** No post may stay active for ever: a daemon ends its posts when it stops; those of a dead one are ended for it. */
function stopDaemon({ prefix, stateDir }: Places, work: Work): void {
  const daemon = programAt(prefix, 'live-status-daemon');
  if (!existsSync(daemon)) return;
  step(work, 'stop the daemon', () => {
    const { exitCode, output } = runProgram(daemon, ['stop'], { env: work.env });
    if (exitCode !== NOT_RUNNING) work.say(output);
    const left = exitCode === NOT_RUNNING && existsSync(join(stateDir, 'ledger.json'));
    if (left && runProgram(daemon, ['finalize'], { env: work.env }).exitCode !== 0) {
      work.say('! posts that an earlier daemon left open could not be brought to their end');
    }
  });
}

function removeState(stateDir: string, work: Work): void {
  if (!existsSync(stateDir)) return;
  step(work, `remove the state in ${stateDir}`, () => {
    const ours = readdirSync(stateDir).filter((file) => STATE_FILES.test(file));
    for (const file of ours) rmSync(join(stateDir, file), { recursive: true });
    removeIfEmpty(stateDir);
  });
}
