import { readFile } from 'node:fs/promises';
import { createLabels, type Labels } from '@live-status/status-render';

/** Labels, or what is wrong with the file and how to fix it. */
export type LabelsReading =
  | { readonly ok: true; readonly labels: Labels }
  | { readonly ok: false; readonly problem: string };

/** Reads labels of tools (JSON) and merges them over the built-in ones. Without a path: the built-in ones. */
export async function readLabels(path: string | undefined): Promise<LabelsReading> {
  if (path === undefined) return { ok: true, labels: createLabels() };
  try {
    return { ok: true, labels: createLabels(JSON.parse(await readFile(path, 'utf8'))) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `TOOL_LABELS_FILE is ${path}: ${reason}` };
  }
}
