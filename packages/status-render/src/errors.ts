/** Tool labels that cannot be used; the message names the tool and shows how a label is written. */
export class LabelsError extends Error {
  override readonly name = 'LabelsError';
  readonly code = 'INVALID_LABELS';
  /** The tool whose label is wrong; absent when the whole is not an object. */
  readonly tool: string | undefined;

  constructor(tool: string | undefined, message: string) {
    super(message);
    this.tool = tool;
  }
}
