export type * from './box.ts';
export type * from './event.ts';
export type * from './source.ts';
