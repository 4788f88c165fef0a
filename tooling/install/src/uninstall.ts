import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findInstance } from '@live-status/operations';
import { removeHook } from './hook-files.ts';
import { readFolders, removeEmpty } from './made-folders.ts';
import { disableInConfig } from './openclaw-config-file.ts';
import type { Places } from './places.ts';
import { claimPrefix } from './prefix.ts';
import { removePrograms } from './programs.ts';
import { readReceipt } from './receipt.ts';
import { type Ended, runProgram, step, type Work } from './work.ts';

/** Files of the state directory; whatever else lies there is not ours. */
const STATE_FILES = /^(ledger[.-]|daemon[.-]|gateway-device[.-]|instance-id$)/;

/** Removes what {@link install} brought; the state only with `purge`. The backup of openclaw.json stays. */
export function uninstall(places: Places, work: Work, { purge }: { readonly purge: boolean }): void {
  const { prefix, hookDir, receiptPath, stateDir, openclawDir } = places;
  claimPrefix(places, work);
  const isThere = [prefix, hookDir].some((path) => existsSync(path));
  if (!isThere) work.say(`there is no Live Status in ${openclawDir}; looking for what an earlier run left`);
  const receipt = readReceipt(receiptPath);
  const folders = readFolders(places);
  stopDaemon(places, work);
  disableInConfig(places, receipt?.configSha256, work);
  // The hook knows where the programs are, so it goes after them: a run that is cut finds both again.
  removePrograms(places, work);
  if (existsSync(hookDir)) step(work, `remove ${hookDir}`, () => removeHook(places));
  if (purge) removeState(stateDir, work);
  if (!work.dryRun) removeEmpty([...folders, join(openclawDir, 'live-status')]);
  if (!purge && existsSync(stateDir)) work.say(`the state stays in ${stateDir}; --purge removes it, too`);
  if (existsSync(places.backupPath)) work.say(`the backup of openclaw.json stays: ${places.backupPath}`);
}

/**
 * No post may stay active for ever: a daemon ends its posts when it stops; those of a dead one are ended for it. The
 * program is that of the checkout, since the installed one may be gone while its daemon still runs.
 */
function stopDaemon({ checkout, stateDir }: Places, work: Work): void {
  const program = join(checkout, 'apps', 'daemon', 'dist', 'main.js');
  const daemon = (command: string): Ended => runProgram(process.execPath, [program, command], { env: work.env });
  if (findInstance(stateDir)) step(work, 'stop the daemon', () => work.say(daemon('stop').output));
  else if (existsSync(join(stateDir, 'ledger.json'))) {
    step(work, 'end the posts that an earlier daemon left open', () => {
      if (daemon('finalize').exitCode !== 0) work.say('! some of them could not be brought to their end');
    });
  }
}

function removeState(stateDir: string, work: Work): void {
  if (!existsSync(stateDir)) return;
  step(work, `remove the state in ${stateDir}`, () => {
    const ours = readdirSync(stateDir).filter((file) => STATE_FILES.test(file));
    for (const file of ours) rmSync(join(stateDir, file), { recursive: true });
    removeEmpty([stateDir]);
  });
}
