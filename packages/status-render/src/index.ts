export type { Attachment } from './card.ts';
export { LabelsError } from './errors.ts';
export type { LabelPart } from './label-template.ts';
export { createLabels, type Label, type Labels } from './labels.ts';
export { type NoticeOptions, renderApprovalNotice, renderEndNotice } from './notice.ts';
export { type RenderedPost, type RenderOptions, type RenderStyle, renderBox } from './render-box.ts';
export { isStatusPost, postStateOf } from './status-post.ts';
