import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { copyPrograms } from './copy-programs.ts';
import { binDirOf, type Places, programAt } from './places.ts';
import { formatReceipt, type Receipt } from './receipt.ts';
import { step, type Work } from './work.ts';

/** The programs, and the folder of the prefix each lies in: side by side, as the CLI looks for the daemon. */
const PROGRAMS = [
  { name: 'live-status-daemon', folder: 'daemon' },
  { name: 'live-status', folder: 'cli' },
] as const;

/** Version of the checkout. */
export function versionOf({ checkout }: Places): string {
  const { version } = JSON.parse(readFileSync(join(checkout, 'apps', 'daemon', 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return version;
}

/**
 * Puts the built programs with all they import into the prefix. They are completed beside it and appear in one rename:
 * a run that is cut leaves the version before.
 */
export function installPrograms(places: Places, receipt: Receipt): void {
  const { checkout, prefix, nextPrefix, lastPrefix } = places;
  for (const path of [nextPrefix, lastPrefix]) rmSync(path, { recursive: true, force: true });
  mkdirSync(binDirOf(nextPrefix), { recursive: true, mode: 0o700 });
  copyPrograms(
    PROGRAMS.map(({ folder }) => ({ source: join(checkout, 'apps', folder), target: join(nextPrefix, folder) })),
    {
      shared: join(nextPrefix, 'modules'),
    },
  );
  const node = ownNode(places);
  for (const { name, folder } of PROGRAMS) {
    writeFileSync(programAt(nextPrefix, name), launcher(folder, node), { mode: 0o755 });
  }
  writeFileSync(join(nextPrefix, 'receipt.json'), formatReceipt(receipt), { mode: 0o600 });
  if (existsSync(prefix)) renameSync(prefix, lastPrefix);
  renameSync(nextPrefix, prefix);
  rmSync(lastPrefix, { recursive: true, force: true });
}

/** Removes the programs of a prefix in one rename, so that a run that is cut leaves nothing that looks like somebody else's. */
export function removePrograms({ prefix, nextPrefix, lastPrefix }: Places, work: Work): void {
  if (existsSync(prefix)) {
    step(work, `remove ${prefix}`, () => {
      rmSync(nextPrefix, { recursive: true, force: true });
      renameSync(prefix, nextPrefix);
    });
  }
  if (work.dryRun) return;
  for (const path of [nextPrefix, lastPrefix]) rmSync(path, { recursive: true, force: true });
}

/** The Node that runs this; one that was fetched into the checkout is copied, since the checkout may go. */
function ownNode({ checkout, nextPrefix }: Places): string {
  const inCheckout = !relative(checkout, process.execPath).startsWith('..');
  if (!inCheckout) return quote(process.execPath);
  mkdirSync(join(nextPrefix, 'node'), { recursive: true });
  copyFileSync(process.execPath, join(nextPrefix, 'node', 'node'));
  return '"$here/node/node"';
}

function launcher(folder: string, node: string): string {
  return `#!/bin/sh
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd) || exit 1
node=${node}
[ -x "$node" ] || node=node
exec "$node" "$here/${folder}/dist/main.js" "$@"
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
