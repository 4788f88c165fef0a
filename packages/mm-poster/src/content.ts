/** What a render may use. */
export interface RenderBudget {
  /** Now, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Longest message, Unicode code points. */
  readonly maxChars: number;
}

/** A post as it is to be shown. */
export interface Rendered {
  readonly message: string;
  /** Attachments and the like; the key `live_status` is the poster's own. */
  readonly props?: Readonly<Record<string, unknown>> | undefined;
}

/** What a box shows, rendered as late as possible. */
export interface LiveContent {
  /** Equal keys: nothing changed but the clock, no edit needed. */
  readonly key: string;
  /** Something runs: the post may be brought up to date for the clock alone, now and then. */
  readonly ticking: boolean;
  /** Pure. Called again when the server takes less than `maxChars`. */
  render(budget: RenderBudget): Rendered;
}
