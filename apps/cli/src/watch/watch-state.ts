import type { FeedEvent, LiveBox, LiveHealth } from './feed.ts';

/** What is watched, and how the reader wants to see it. */
export interface WatchState {
  readonly boxes: ReadonlyMap<string, LiveBox>;
  /** Ids as they are to be shown. */
  readonly order: readonly string[];
  readonly health: LiveHealth | undefined;
  /** Why there is no connection. */
  readonly lost: string | undefined;
  /** Shows only boxes that contain it; being typed while `isTyping`. */
  readonly filter: string;
  readonly isTyping: boolean;
  /** The box the cursor is on. */
  readonly cursor: string | undefined;
  /** Boxes that were opened (true) or closed (false) by hand; others are open while they go on. */
  readonly opened: ReadonlyMap<string, boolean>;
}

export const FIRST_STATE: WatchState = {
  boxes: new Map(),
  order: [],
  health: undefined,
  lost: undefined,
  filter: '',
  isTyping: false,
  cursor: undefined,
  opened: new Map(),
};

/** A pressed key, as `node:readline` names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean;
  readonly sequence?: string;
}

/** What a key asks of the program. */
export type Act = { readonly type: 'quit' } | { readonly type: 'open'; readonly url: string };

/** Takes in what the feed reported. */
export function withEvent(state: WatchState, event: FeedEvent): WatchState {
  switch (event.type) {
    case 'box':
      return { ...state, lost: undefined, boxes: new Map(state.boxes).set(event.box.boxId, event.box) };
    case 'order': {
      const known = new Set(event.boxIds);
      const boxes = new Map([...state.boxes].filter(([boxId]) => known.has(boxId)));
      return { ...state, lost: undefined, order: event.boxIds, boxes };
    }
    case 'health':
      return { ...state, lost: undefined, health: event.health };
    case 'lost':
      return { ...state, lost: event.why };
  }
}

/** The boxes that pass the filter, in their order. */
export function visibleBoxes({ boxes, filter, order }: WatchState): LiveBox[] {
  const wanted = filter.trim().toLowerCase();
  const all = order.flatMap((boxId) => boxes.get(boxId) ?? []);
  return wanted === '' ? all : all.filter((box) => textOf(box).includes(wanted));
}

function textOf({ box, sessionKey }: LiveBox): string {
  return `[${box.state}] ${box.title} ${sessionKey} ${JSON.stringify(box.lines)}`.toLowerCase();
}

/** Whether the lines of a box are shown. */
export function isOpen({ opened }: WatchState, { boxId, box }: LiveBox): boolean {
  return opened.get(boxId) ?? (box.state === 'active' || box.state === 'waiting');
}

/** The box the cursor is on: the chosen one, else the first. */
export function currentBox(state: WatchState): LiveBox | undefined {
  const visible = visibleBoxes(state);
  return visible.find(({ boxId }) => boxId === state.cursor) ?? visible[0];
}

/** What a key does to the state, and what it asks of the program. */
export function withKey(state: WatchState, key: Key): readonly [WatchState, Act?] {
  if (key.ctrl && key.name === 'c') return [state, { type: 'quit' }];
  if (state.isTyping) return [typed(state, key)];
  const current = currentBox(state);
  switch (key.name ?? key.sequence) {
    case 'q':
      return [state, { type: 'quit' }];
    case 'escape':
      return [{ ...state, filter: '' }];
    case '/':
      return [{ ...state, isTyping: true }];
    case 'j':
    case 'down':
      return [moved(state, 1)];
    case 'k':
    case 'up':
      return [moved(state, -1)];
    case 'return':
    case 'space':
      return [current === undefined ? state : toggled(state, [current], !isOpen(state, current))];
    case 'e': {
      const visible = visibleBoxes(state);
      return [toggled(state, visible, !visible.every((box) => isOpen(state, box)))];
    }
    case 'o':
      // Handed to the desktop, which would run some kinds of files.
      return /^https?:\/\//.test(current?.postUrl ?? '')
        ? [state, { type: 'open', url: current?.postUrl ?? '' }]
        : [state];
    default:
      return [state];
  }
}

function typed(state: WatchState, { ctrl, name, sequence = '' }: Key): WatchState {
  if (name === 'return') return { ...state, isTyping: false };
  if (name === 'escape') return { ...state, isTyping: false, filter: '' };
  if (name === 'backspace') return { ...state, filter: [...state.filter].slice(0, -1).join('') };
  return ctrl || !/^\P{Cc}+$/u.test(sequence) ? state : { ...state, filter: state.filter + sequence };
}

function moved(state: WatchState, by: number): WatchState {
  const visible = visibleBoxes(state);
  const at = visible.findIndex(({ boxId }) => boxId === currentBox(state)?.boxId);
  const next = visible[Math.min(visible.length - 1, Math.max(0, at + by))];
  return next === undefined ? state : { ...state, cursor: next.boxId };
}

function toggled(state: WatchState, boxes: readonly LiveBox[], open: boolean): WatchState {
  return { ...state, opened: new Map([...state.opened, ...boxes.map(({ boxId }) => [boxId, open] as const)]) };
}
