/** Tool labels that cannot be used. The message names the tool and shows how to write a label. */
export class LabelsError extends Error {
  override readonly name = 'LabelsError';
  readonly code = 'INVALID_LABELS';
  /** The tool whose label is wrong; absent when the labels are not an object. */
  readonly tool: string | undefined;

  constructor(tool: string | undefined, message: string) {
    super(message);
    this.tool = tool;
  }
}

/** A language file that cannot be used. Each problem names the text, its value and the fix. */
export class LanguageError extends Error {
  override readonly name = 'LanguageError';
  readonly code = 'INVALID_LANGUAGE';
  /** All of them, one sentence each. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
