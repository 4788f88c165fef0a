import { compact, idOf, type JsonObject, numberOf, objectOf, textOf } from '@live-status/basics';
import { flagOf, parseObject, timeOf } from './json.ts';

/** The fields of one session's entry in `sessions.json` that are used. Times are milliseconds since the epoch. */
export interface CatalogEntry {
  readonly sessionId?: string;
  /** Absolute path as OpenClaw sees it, perhaps inside its container. Set before the file exists. */
  readonly sessionFile?: string;
  /** `running`, `done`, `failed`, `killed` or `timeout`; set late and sometimes wrong. */
  readonly status?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly updatedAt?: number;
  /** When the turn of the last message began (2026.7.1). That message wrote the target, until another one arrives. */
  readonly lastInteractionAt?: number;
  readonly abortedLastRun?: boolean;
  /** Session key of the parent. */
  readonly spawnedBy?: string;
  readonly label?: string;
  /** Model that was selected for the session, and how many tokens fit into its context. */
  readonly model?: string;
  readonly contextTokens?: number;
  readonly channel?: string;
  readonly chatType?: string;
  readonly groupId?: string;
  /** Where answers go: from `deliveryContext`, else `route`, else the `last…` fields. */
  readonly delivery: Delivery;
  readonly origin: Origin;
  /** All session ids of one conversation across compactions (2026.7.1). */
  readonly usageFamilySessionIds: readonly string[];
}

/** Where the answers of a session go. */
export interface Delivery {
  readonly channel?: string;
  /** `channel:<id>` or `user:<id>`. */
  readonly to?: string;
  readonly accountId?: string;
  readonly threadId?: string;
}

/** Where a session came from. */
export interface Origin {
  readonly provider?: string;
  readonly surface?: string;
  readonly chatType?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The result of {@link parseCatalog}. */
export type ParsedCatalog =
  | {
      readonly ok: true;
      /** By session key, in the order of the file. */
      readonly entries: ReadonlyMap<string, CatalogEntry>;
      /** How many entries were left out because they are not objects. */
      readonly malformed: number;
    }
  | { readonly ok: false; readonly reason: string };

/** Parses the text of a `sessions.json`. Never throws. */
export function parseCatalog(text: string): ParsedCatalog {
  const raw = parseObject(text);
  if (raw === undefined) return { ok: false, reason: 'not a JSON object' };
  const entries = new Map<string, CatalogEntry>();
  let malformed = 0;
  for (const [key, value] of Object.entries(raw)) {
    const entry = objectOf(value);
    if (entry === undefined) malformed += 1;
    else entries.set(key, toCatalogEntry(entry));
  }
  return { ok: true, entries, malformed };
}

function toCatalogEntry(raw: JsonObject): CatalogEntry {
  const ids = Array.isArray(raw.usageFamilySessionIds) ? raw.usageFamilySessionIds : [];
  return {
    ...compact({
      sessionId: idOf(raw.sessionId),
      sessionFile: textOf(raw.sessionFile),
      status: textOf(raw.status),
      startedAt: timeOf(raw.startedAt),
      endedAt: timeOf(raw.endedAt),
      updatedAt: timeOf(raw.updatedAt),
      lastInteractionAt: timeOf(raw.lastInteractionAt),
      abortedLastRun: flagOf(raw.abortedLastRun),
      spawnedBy: textOf(raw.spawnedBy),
      label: textOf(raw.label),
      model: textOf(raw.model),
      contextTokens: numberOf(raw.contextTokens),
      channel: textOf(raw.channel),
      chatType: textOf(raw.chatType),
      groupId: textOf(raw.groupId),
    }),
    delivery: toDelivery(raw),
    origin: toOrigin(objectOf(raw.origin) ?? {}),
    usageFamilySessionIds: ids.flatMap((id) => idOf(id) ?? []),
  };
}

function toDelivery(raw: JsonObject): Delivery {
  const context = objectOf(raw.deliveryContext) ?? {};
  const route = objectOf(raw.route) ?? {};
  return compact({
    channel: textOf(context.channel) ?? textOf(route.channel) ?? textOf(raw.lastChannel),
    to: textOf(context.to) ?? textOf(objectOf(route.target)?.to) ?? textOf(raw.lastTo),
    accountId: textOf(context.accountId) ?? textOf(route.accountId) ?? textOf(raw.lastAccountId),
    threadId: threadIdOf(context.threadId) ?? threadIdOf(objectOf(route.thread)?.id) ?? threadIdOf(raw.lastThreadId),
  });
}

/** Thread ids are numbers on some channels. */
function threadIdOf(value: unknown): string | undefined {
  return textOf(value) ?? numberOf(value)?.toString();
}

function toOrigin(raw: JsonObject): Origin {
  return compact({
    provider: textOf(raw.provider),
    surface: textOf(raw.surface),
    chatType: textOf(raw.chatType),
    from: textOf(raw.from),
    to: textOf(raw.to),
  });
}
