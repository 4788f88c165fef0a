import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every path below a folder with what it is: mode and hash of a file, mode of a folder, target of a link. */
export type Snapshot = ReadonlyMap<string, string>;

/** Takes a snapshot of everything below a folder. */
export function takeSnapshot(directory: string): Snapshot {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const seen = entries.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    const mode = (lstatSync(path).mode & 0o777).toString(8);
    if (entry.isSymbolicLink()) return [relative(directory, path), `link to ${readlinkSync(path)}`];
    if (entry.isFile()) return [relative(directory, path), `file ${mode} ${hashOf(path)}`];
    return [relative(directory, path), `${entry.isDirectory() ? 'folder' : 'other'} ${mode}`];
  });
  return new Map(seen);
}

/** What differs, one line each: `+ new`, `- gone`, `~ changed`, sorted by path. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    if (!before.has(path)) return [`+ ${path}`];
    if (!after.has(path)) return [`- ${path}`];
    return before.get(path) === after.get(path) ? [] : [`~ ${path}`];
  });
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * What OpenClaw itself writes into its HOME. All of it was seen to change from one run of OpenClaw 2026.3.28 and 2026.7.1
 * to the next without Live Status, but for its own copies of `openclaw.json` and the log of its changes: OpenClaw makes
 * those whenever one of its commands changes that file (`openclaw hooks enable` is one) or its gateway reads it anew.
 * The gateway of 2026.9.6 runs `npm root` when it starts, and npm logs.
 */
const OPENCLAWS_OWN = [
  /^\.openclaw\/(agents|identity|state|subagents|workspace-attestations)\//,
  /^\.openclaw\/gateway\.log$/,
  /^\.openclaw\/openclaw\.json\.(bak(\.\d)?|last-good)$/,
  /^\.openclaw\/logs\/config-(audit\.jsonl|health\.json)$/,
  /^\.npm\/_logs\//,
];

/** Whether a path of a HOME belongs to OpenClaw itself. */
export function isOpenClawsOwn(path: string): boolean {
  return OPENCLAWS_OWN.some((own) => own.test(path));
}
