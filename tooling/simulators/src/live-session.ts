/** Fields of a JSON object as OpenClaw writes it. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * A session that a test moves on step by step, in real time: as files ({@link FileSession}) or as frames of a gateway
 * ({@link FrameSession}). Every step happens at once and returns the session.
 */
export interface LiveSession {
  readonly key: string | undefined;
  /** A message arrives and its run begins. `more`: other fields of the message. */
  begin(text: string, more?: Fields): this;
  /** A call, with text before it. A string of arguments is the command of `exec`. Default arguments: the call's id. */
  call(callId: string, args?: string | Fields, options?: { readonly tool?: string; readonly say?: string }): this;
  /** The call's result; with `error`, a failure with that text. */
  result(callId: string, options?: CallResult): this;
  /** The answer, with which the run ends. */
  answer(text: string): this;
  /** The model call fails for good, and the run ends. */
  fail(reason: string): this;
}

/** How a call ended. */
export interface CallResult {
  /** Default `exec`. */
  readonly tool?: string;
  readonly error?: string;
  /** What OpenClaw knows of it besides its text. Default: its status and exit code. */
  readonly details?: Fields;
  /** Default 0. */
  readonly exitCode?: number;
}
