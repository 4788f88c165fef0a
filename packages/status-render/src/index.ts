export { type Board, type BoardOptions, type BoardRow, renderBoard } from './board.ts';
export type { Attachment } from './card.ts';
export { LabelsError, LanguageError } from './errors.ts';
export { escapeHtml, toHtml } from './html.ts';
export type { LabelPart } from './label-template.ts';
export { createLabels, type Label, type Labels } from './labels.ts';
export type { Language } from './language.ts';
export { createLanguage, LANGUAGES } from './language-file.ts';
export type { Span } from './markup.ts';
export { isUserName, type NoticeOptions, renderApprovalNotice, renderEndNotice } from './notice.ts';
export { type PostWords, type PostWordsReading, type PostWordsSettings, readPostWords } from './post-words.ts';
export {
  type RenderedLine,
  type RenderedLines,
  type RenderedPost,
  type RenderOptions,
  type RenderStyle,
  renderBox,
  renderLines,
} from './render-box.ts';
export { isStatusPost, postStateOf, withoutTimes } from './status-post.ts';
