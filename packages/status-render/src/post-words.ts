import { LanguageError } from './errors.ts';
import { createLabels, type Labels } from './labels.ts';
import type { Language } from './language.ts';
import { createLanguage, LANGUAGES } from './language-file.ts';

/** The words of posts: two options of the renderer that go together. */
export interface PostWords {
  readonly language: Language;
  /** In that language. */
  readonly labels: Labels;
}

/** Where they come from: settings of these names. */
export interface PostWordsSettings {
  /** `STATUS_LANGUAGE`: the code of a built-in language, or the path of a file. Default: English. */
  readonly statusLanguage?: string;
  /** `TOOL_LABELS_FILE`: the path of a file. Default: the labels of the language alone. */
  readonly toolLabelsFile?: string;
}

/** The words, or what is wrong with the files, one sentence each, and how to fix it. */
export type PostWordsReading =
  | { readonly ok: true; readonly words: PostWords; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the language of posts and the labels of tools from what the settings name. Never rejects.
 *
 * @param readFile reads a text file
 */
export async function readPostWords(
  { statusLanguage, toolLabelsFile }: PostWordsSettings,
  readFile: (path: string) => Promise<string>,
): Promise<PostWordsReading> {
  const language = await attempt(`STATUS_LANGUAGE is ${statusLanguage}`, async () => {
    if (statusLanguage === undefined || LANGUAGES.includes(statusLanguage)) return createLanguage(statusLanguage);
    return createLanguage(JSON.parse(await readFile(statusLanguage)));
  });
  // A broken language is no reason to say nothing of broken labels.
  const inLanguage = language.ok ? language.value : createLanguage();
  const labels = await attempt(`TOOL_LABELS_FILE is ${toolLabelsFile}`, async () =>
    createLabels(toolLabelsFile === undefined ? undefined : JSON.parse(await readFile(toolLabelsFile)), inLanguage),
  );
  if (!language.ok || !labels.ok) return { ok: false, problems: [...problemsOf(language), ...problemsOf(labels)] };
  const warnings = language.value.warnings.map((warning) => `STATUS_LANGUAGE is ${statusLanguage}: ${warning}`);
  return { ok: true, words: { language: language.value, labels: labels.value }, warnings };
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

function problemsOf(attempted: Attempt<unknown>): readonly string[] {
  return attempted.ok ? [] : attempted.problems;
}

async function attempt<T>(setting: string, act: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await act() };
  } catch (error) {
    const reasons =
      error instanceof LanguageError ? error.problems : [error instanceof Error ? error.message : `${error}`];
    return { ok: false, problems: reasons.map((reason) => `${setting}: ${reason}`) };
  }
}
