export { compact, idOf, type JsonObject, memberOf, numberOf, objectOf, textOf, toId } from '@live-status/basics';
export { type CatalogEntry, type Delivery, type Origin, type ParsedCatalog, parseCatalog } from './catalog.ts';
export type {
  AssistantEntry,
  Block,
  CompactionEntry,
  CustomEntry,
  CustomMessageEntry,
  HeaderEntry,
  OtherBlock,
  OtherEntry,
  Provenance,
  TextBlock,
  ThinkingBlock,
  TokenUsage,
  ToolCallBlock,
  ToolResult,
  ToolResultBlock,
  ToolResultEntry,
  TranscriptEntry,
  UserEntry,
} from './entry.ts';
export { type ExecNotice, execNotices } from './exec-notice.ts';
export { parseObject } from './json.ts';
export {
  callsOf,
  type EndingMeaning,
  endingMeaning,
  errorLine,
  failureReason,
  hasErred,
  hasFailed,
  isBackground,
  isMirror,
  isSilentReply,
  resultsIn,
  stopText,
  toolNameOf,
  wasAborted,
} from './meaning.ts';
export {
  type FileName,
  parseFileName,
  parseSessionKey,
  type SessionKey,
  type SessionKind,
  toAccountId,
} from './names.ts';
export { joinText, type ParsedEntry, parseEntry, toEntry } from './parse-entry.ts';
export { DATABASE_FILES, isDatabaseNewer } from './session-database.ts';
export { readEntry, skimToolResult } from './skim.ts';
export { callIdOf, readArguments } from './tool-shapes.ts';
export { type Inbound, readUserLine, type UserLine, type UserLineKind } from './user-line.ts';
