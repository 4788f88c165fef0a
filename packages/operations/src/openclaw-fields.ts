import { record, text, texts } from './json-value.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `streaming` of the Mattermost account: an older text or boolean, or an object. */
export interface MattermostDrafts {
  /** `off`, `partial`, `block`, `progress`. */
  readonly mode?: string;
  /** Whether a draft shows tool calls. */
  readonly toolProgress?: boolean;
}

/** `hooks.internal`. */
export interface GatewayHooks {
  readonly enabled?: boolean;
  /** Whether an entry is on, by name; one that does not say so is. */
  readonly entries: Readonly<Record<string, boolean>>;
  /** `load.extraDirs`: folders of hooks beside OpenClaw's own, as written. */
  readonly extraDirs: readonly string[];
  /** Hooks of each pack that OpenClaw installed; a pack that names none loads all it has. */
  readonly packs: readonly (readonly string[])[];
}

/** `drafts`, from `streaming` of the Mattermost account. */
export function readDrafts(streaming: unknown): { readonly drafts?: MattermostDrafts } {
  if (typeof streaming === 'boolean') return { drafts: { mode: streaming ? 'partial' : 'off' } };
  const fields = typeof streaming === 'string' ? { mode: streaming } : record(streaming);
  if (!fields) return {};
  const mode = text(fields.mode);
  const blocks = [record(fields.preview), record(fields.progress)];
  const toolProgress = blocks.map((block) => block?.toolProgress).find((value) => typeof value === 'boolean');
  return { drafts: { ...(mode && { mode }), ...(toolProgress !== undefined && { toolProgress }) } };
}

/** `hooks`, from the whole configuration. */
export function readHooks(root: Fields): { readonly hooks?: GatewayHooks } {
  const internal = record(record(root.hooks)?.internal);
  if (!internal) return {};
  const entries = Object.entries(record(internal.entries) ?? {}).flatMap(([name, entry]) => {
    const fields = record(entry);
    return fields ? [[name, fields.enabled !== false] as const] : [];
  });
  const { enabled } = internal;
  return {
    hooks: {
      ...(typeof enabled === 'boolean' && { enabled }),
      entries: Object.fromEntries(entries),
      extraDirs: texts(record(internal.load)?.extraDirs),
      packs: Object.values(record(internal.installs) ?? {}).map((pack) => texts(record(pack)?.hooks)),
    },
  };
}

/** `version`, from the whole configuration. */
export function readVersion(root: Fields): { readonly version?: string } {
  const version = text(record(root.meta)?.lastTouchedVersion);
  return version === undefined ? {} : { version };
}
