import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from './ledger.ts';
import { findPost, MARKER_PROP, markerOf } from './marker.ts';
import type { Post } from './post-api.ts';

const entry: LedgerEntry = {
  boxId: 'agent:main:direct:ann',
  target: { channelId: 'town' },
  marker: 'marker',
  pendingPostId: 'key',
  createdAt: 1,
};
const marker = markerOf(entry, 'instance');
const post = (id: string, changes: Partial<Post> = {}): Post => ({
  id,
  channelId: 'town',
  rootId: '',
  userId: 'me',
  message: '',
  props: { [MARKER_PROP]: marker },
  createAt: 1,
  updateAt: 1,
  deleteAt: 0,
  originalId: '',
  type: '',
  ...changes,
});
const other = { ...marker, post: 'older post' };

describe('markerOf', () => {
  it('shows nothing of the box id, which may name people', () => {
    expect(JSON.stringify(marker)).not.toContain('ann');
    expect(markerOf({ ...entry, marker: 'new' }, 'instance').box).toBe(marker.box);
  });
});

describe('findPost', () => {
  it('finds the own post among others, forgeries and rows of the edit history', () => {
    const posts = [
      post('history', { originalId: 'own', deleteAt: 5, createAt: 9 }),
      post('somebody else', { userId: 'mallory' }),
      post('other marker', { props: { [MARKER_PROP]: other } }),
      post('no object', { props: { [MARKER_PROP]: null } }),
      post('no marker', { props: {} }),
      post('own'),
    ];
    expect(findPost(posts, { userId: 'me', marker, byBox: false })?.id).toBe('own');
    expect(findPost(posts.slice(0, -1), { userId: 'me', marker, byBox: false })).toBeUndefined();
  });

  it('finds the newest post of the same box of this installation when the ledger was lost', () => {
    const posts = [
      post('older', { props: { [MARKER_PROP]: other } }),
      post('newer', { props: { [MARKER_PROP]: other }, createAt: 2 }),
      post('other box', { props: { [MARKER_PROP]: { ...other, box: 'x' } }, createAt: 3 }),
      post('other installation', { props: { [MARKER_PROP]: { ...other, instance: 'x' } }, createAt: 4 }),
    ];
    expect(findPost(posts, { userId: 'me', marker, byBox: true })?.id).toBe('newer');
    expect(findPost(posts, { userId: 'me', marker, byBox: false })).toBeUndefined();
    expect(findPost(posts, { userId: 'me', marker, byBox: true, earlierPostIds: ['newer'] })?.id).toBe('older');
  });
});
