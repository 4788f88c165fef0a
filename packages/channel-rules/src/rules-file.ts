import { readFile, stat } from 'node:fs/promises';
import { errorCode } from '@live-status/basics';
import { describeProblem, type KeyedRule, type RuleProblem, readRules } from './read-rules.ts';

/** What the file of `CHANNEL_RULES` says, or everything that is wrong with it. */
export type RulesFileReading = {
  /** Differs where the file does. */
  readonly version: string;
} & (
  | { readonly ok: true; readonly rules: readonly KeyedRule[] }
  | { readonly ok: false; readonly problems: readonly RuleProblem[]; readonly sound: readonly KeyedRule[] }
);

/** The file of `CHANNEL_RULES`, as it was read at the start. */
export interface RulesFile {
  readonly path: string;
  readonly rules: readonly KeyedRule[];
  readonly version: string;
  /** Reads it again. Never rejects. */
  read(): Promise<RulesFileReading>;
}

/** The file of `CHANNEL_RULES`, and what is wrong with it: each a sentence with its fix. */
export interface OpenedRules {
  readonly file?: RulesFile;
  readonly problems: readonly string[];
}

/** Opens the file that `CHANNEL_RULES` names, if it does. Never rejects. */
export async function openRulesFile(path: string | undefined, kinds: readonly string[] = []): Promise<OpenedRules> {
  if (path === undefined) return { problems: [] };
  const read = (): Promise<RulesFileReading> => readRulesFile(path, kinds);
  const first = await read();
  if (first.ok) return { file: { path, rules: first.rules, version: first.version, read }, problems: [] };
  return { problems: first.problems.map((problem) => `CHANNEL_RULES is ${path}: ${describeProblem(problem)}`) };
}

/** Nobody writes so many rules; another file may be large. */
const MAX_BYTES = 1_000_000;

/** Reads a file of rules. `kinds`: names of other OpenClaw channels that are known. Never rejects. */
export async function readRulesFile(path: string, kinds: readonly string[]): Promise<RulesFileReading> {
  const unusable = (what: string, fix: string): RulesFileReading => ({
    version: what,
    ok: false,
    problems: [{ what, fix }],
    sound: [],
  });
  try {
    const found = await stat(path);
    if (!found.isFile()) return unusable('it is not a file', 'name a JSON file');
    if (found.size > MAX_BYTES) return unusable('it has more than 1 MB', 'name a JSON file with rules');
    const text = await readFile(path, 'utf8');
    return { version: text, ...readRules(text, { kinds }) };
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    if (code === 'ENOENT') return unusable('there is no such file', 'create it, or correct the path');
    return unusable(`it cannot be read (${code})`, 'let this user read it');
  }
}
