import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/**
 * Replaces a file. Whatever happens to the process or the machine meanwhile, the file has either the old or the new
 * text, and the new one once this has resolved. Writes `<path>.tmp` first: one call at a time for each path. The mode is
 * 0600. Rejects with the error of the file system, for example when the directory does not exist.
 */
export async function replaceFile(path: string, text: string | Iterable<string>): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  // Without this, a power failure can undo the rename.
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * {@link replaceFile}, blocking; only a power failure right after it may still bring the old text back. `mode`:
 * permissions of the file. Default 0600.
 */
export function replaceFileSync(path: string, text: string, { mode }: { readonly mode?: number } = {}): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', OWNER_ONLY);
  try {
    if (mode !== undefined) fchmodSync(file, mode);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
