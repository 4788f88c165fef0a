import { readFileSync } from 'node:fs';

/** What an installation remembers in its prefix, for the next one and for its removal. */
export interface Receipt {
  readonly version: string;
  /** SHA-256 of openclaw.json as this installation left it; unchanged since, the backup can simply go back. */
  readonly configSha256?: string;
}

/** The receipt of a prefix, `undefined` when nothing of ours is there. */
export function readReceipt(path: string): Receipt | undefined {
  try {
    const { version, configSha256 } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (typeof version !== 'string') return undefined;
    return { version, ...(typeof configSha256 === 'string' && { configSha256 }) };
  } catch {
    return undefined;
  }
}

/** The text of a receipt. */
export function formatReceipt(receipt: Receipt): string {
  return `${JSON.stringify(receipt, undefined, 2)}\n`;
}
