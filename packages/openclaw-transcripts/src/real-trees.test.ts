import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DiskWriter, WriterStep, WrittenEnd, WrittenSession } from './testing/disk-writer.ts';
import { ObservedWriter } from './testing/observed-writer.ts';

const ROOM = 'agent:main:mattermost:channel:town';

/** A run in its middle 1 s after its begin, over 5 s after it. */
function oneRun(writer: DiskWriter, session: WrittenSession, end: WrittenEnd = 'done', atMs = 500): WriterStep[] {
  const steps: WriterStep[] = [];
  writer.run(session, { atMs, end, calls: 2, callMs: 700 }, steps);
  return steps;
}

type Beside = readonly [what: string, write: (writer: DiskWriter, session: WrittenSession) => void];

const COPIES: readonly Beside[] = [
  ['a copy of the agent', (writer) => writer.copyAgent('main')],
  ['a copy of the agent with all times kept', (writer) => cp(['-a'], writer, 'main', 'main.bak')],
  ['a copy of the agent whose name comes first', (writer) => cp(['-r'], writer, 'main', 'a-main')],
  ['a copy of the sessions beside them', (writer) => cp(['-r'], writer, 'main/sessions', 'main/sessions.bak')],
  ['a copy of the sessions inside', (writer) => cp(['-r'], writer, 'main/sessions', 'main/backup/sessions')],
  ['a copy of the transcripts without their catalog', copyTranscripts],
  ['A-copy.jsonl', (writer, session) => writer.copyTranscript(session, 'copy')],
  ['A (1).jsonl', (writer, session) => writer.copyTranscript(session, '(1)')],
  ['A.jsonl.bak', (writer, session) => writer.copyTranscript(session, 'bak')],
  ['a part without a header', (writer, session) => writer.copyTranscript(session, 'part')],
  ["a transcript with another's header", (writer, session) => writer.copyTranscript(session, 'other')],
  ['a link to the agent', (writer, session) => writer.link(session, 'agent')],
  ['a link to the transcript', (writer, session) => writer.link(session, 'transcript')],
];

function cp(how: readonly string[], { root }: DiskWriter, from: string, to: string): void {
  mkdirSync(join(root, to, '..'), { recursive: true });
  execFileSync('cp', [...how, join(root, from), join(root, to)]);
}

function copyTranscripts(writer: DiskWriter): void {
  const folder = writer.folder('main.bak');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(writer.folder('main')).filter((name) => name.includes('.jsonl')))
    execFileSync('cp', [join(writer.folder('main'), name), folder]);
}

describe.each(COPIES)('%s', (_what, copy) => {
  it.each([true, false])('made during a run leaves one post for each run (events: %s)', async (events) => {
    await using observed = new ObservedWriter({ events });
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    await observed.start();
    const first = oneRun(writer, session);
    const copied = { atMs: 1_200, write: () => copy(writer, session) };
    await observed.play([
      ...first,
      copied,
      ...oneRun(writer, session, 'error', 6_000),
      ...oneRun(writer, session, 'done', 12_000),
    ]);
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
  });

  it('made of a failed run, before the source starts and while it follows, is no new post', async () => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    await observed.play(oneRun(writer, session, 'error'));
    copy(writer, session);
    writer.runs.length = 0;
    await observed.start();
    await observed.play([
      { atMs: 500, write: () => copy2(copy, writer, session) },
      ...oneRun(writer, session, 'done', 4_000),
    ]);
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
    expect(observed.warnings).toEqual([]);
  });
});

/** Some copies have a fixed name: the second one is under another. */
function copy2(copy: Beside[1], writer: DiskWriter, session: WrittenSession): void {
  for (const name of ['main.bak', 'a-main', 'main/sessions.bak', 'main/backup'])
    rmSync(join(writer.root, name), { recursive: true, force: true });
  copy(writer, session);
}

describe('what lies in the tree', () => {
  it('below an agent or beside it, and is not in a folder of sessions, is neither followed nor heard of', async () => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    await observed.start();
    const first = oneRun(writer, session, 'error');
    const litter = [600, 1_500, 9_000].map((atMs) => ({ atMs, write: () => writer.litter(session) }));
    await observed.play([...first, ...litter]);
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
    expect(observed.warnings).toEqual([]);
    expect(observed.status?.reasons).toEqual([]);
  });

  it.each([
    ['the directory of sessions itself', (root: string) => join(root, 'main', 'sessions')],
    ["an agent's directory", (root: string) => join(root, 'main')],
    ["OpenClaw's own directory", (root: string) => join(root, '..')],
  ])('is followed from %s', async (_what, dirOf) => {
    await using probe = new ObservedWriter();
    const { writer } = probe;
    const session = writer.session(ROOM, 'main');
    mkdirSync(join(writer.root, '..', 'workspace', 'sessions'), { recursive: true });
    await probe.start({ transcriptDir: dirOf(writer.root) });
    const first = oneRun(writer, session);
    await probe.play([...first, { atMs: 2_000, write: () => copyAside(writer, session) }]);
    await probe.settle();
    expect(probe.posts).toEqual(probe.written);
  });

  it.each([
    ['{agentId}/store.json', 'main'],
    ['{agentId}/sessions/sessions.json', 'main/sessions'],
    ['agent-{agentId}/store.json', 'agent-main'],
    ['store.json', ''],
    ['store-{agentId}.json', ''],
  ])('is followed where session.store is %s', async (store, folder) => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    const there = join(writer.root, '..', 'elsewhere');
    mkdirSync(join(there, folder, '..'), { recursive: true });
    if (folder === '') symlinkSync(writer.folder('main'), there);
    else symlinkSync(writer.folder('main'), join(there, folder));
    const catalog = store.split('/').at(-1)?.replace('{agentId}', 'main') ?? '';
    writer.catalogName = catalog;
    writer.entry(session, {});
    await observed.start({ transcriptDir: join(there, 'nowhere'), sessionStore: join(there, store) });
    await observed.play(oneRun(writer, session));
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
  });

  it.each([
    ['{agentId}/store.json', 'main/store.json'],
    ['all.json', 'all.json'],
  ])('is followed where only the catalog is elsewhere: session.store is %s', async (store, catalog) => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    const there = join(writer.root, '..', 'elsewhere');
    mkdirSync(dirname(join(there, catalog)), { recursive: true });
    writer.catalogName = relative(writer.folder('main'), join(there, catalog));
    writer.entry(session, {});
    // Of before the setting was changed.
    writeFileSync(join(writer.folder('main'), 'sessions.json'), '{"agent:main:stale":{"sessionId":"stale"}}');
    await observed.start({ sessionStore: join(there, store) });
    await observed.play(oneRun(writer, session));
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
    expect(observed.status?.reasons).toEqual([]);
  });

  it.each([
    ['a sessions directory', 'main/sessions'],
    ["an agent's directory", 'main'],
  ])('as a link to %s elsewhere is followed once, and is no problem', async (_what, linked) => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    const elsewhere = join(writer.root, '..', 'data');
    renameSync(join(writer.root, linked), elsewhere);
    symlinkSync(elsewhere, join(writer.root, linked));
    symlinkSync(join(writer.root, 'main'), join(writer.root, 'renamed'));
    await observed.start();
    await observed.play(oneRun(writer, session));
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
    expect(observed.status).toMatchObject({ state: 'attached', reasons: [] });
  });

  it('as a link to a transcript elsewhere is followed', async () => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    await observed.play(oneRun(writer, session));
    writer.runs.length = 0;
    const elsewhere = join(writer.root, '..', 'a.jsonl');
    renameSync(writer.path(session), elsewhere);
    symlinkSync(elsewhere, writer.path(session));
    await observed.start();
    await observed.play(oneRun(writer, session));
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
  });
});

/** Recorded sessions of an agent's workspace in OpenClaw's directory. */
function copyAside(writer: DiskWriter, session: WrittenSession): void {
  const target = join(writer.root, '..', 'workspace', 'sessions', session.file);
  execFileSync('cp', [writer.path(session), target]);
}

describe('clocks', () => {
  it.each([
    ['the header half an hour ahead, entries right', [1_800_000, 0], 0],
    ['the header right, entries half an hour behind', [0, -1_800_000], 0],
    ['the gateway half an hour ahead', [1_800_000, 1_800_000], 0],
    ['the gateway half an hour behind', [-1_800_000, -1_800_000], 0],
    ['a file server minutes behind', [0, 0], -240_000],
    ['a file server minutes ahead', [0, 0], 240_000],
    ['a file server minutes behind a gateway that is ahead', [1_800_000, 0], -240_000],
  ] as const)('%s: a status as always', async (_what, [headerMs, entriesMs], serverMs) => {
    for (const events of [true, false]) {
      await using observed = new ObservedWriter({ events });
      const { writer } = observed;
      Object.assign(writer, { clockMs: headerMs, serverMs });
      const session = writer.session(ROOM, 'main');
      await observed.start();
      const first = oneRun(writer, session);
      const set = { atMs: 900, write: () => writer.setClock(entriesMs) };
      await observed.play([...first, set, ...oneRun(writer, session, 'error', 9_000)]);
      await observed.settle();
      expect(observed.posts).toEqual(observed.written);
    }
  });

  it.each([
    ['of a gateway half an hour behind', -1_800_000, 0],
    ['of a gateway half an hour ahead', 1_800_000, 0],
    ['on a file server minutes ahead', 0, 240_000],
    ['on a file server minutes behind', 0, -240_000],
  ])('a transcript that slept wakes up %s', async (_what, clockMs, serverMs) => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    Object.assign(writer, { clockMs, serverMs });
    const session = writer.session(ROOM, 'main');
    await observed.play(oneRun(writer, session, 'error'));
    writer.runs.length = 0;
    writer.age(session, 700_000);
    await observed.start();
    await observed.play(oneRun(writer, session));
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
  });
});

describe('a session that changes', () => {
  it.each([
    ['its id during a call', (writer: DiskWriter, session: WrittenSession) => writer.changeId(session), 1_100],
    [
      'its id before its transcript exists',
      (writer: DiskWriter, session: WrittenSession) => writer.changeId(session),
      520,
    ],
    ['its id between two runs', (writer: DiskWriter, session: WrittenSession) => writer.changeId(session), 7_000],
    [
      'its transcript before a clock is set back,',
      (writer: DiskWriter, session: WrittenSession) => {
        writer.succeed(session);
        writer.setClock(-1_800_000);
      },
      11_300,
    ],
    [
      'its transcript between two runs',
      (writer: DiskWriter, session: WrittenSession) => writer.succeed(session),
      7_000,
    ],
  ])('%s is one session, with one post for each run', async (_what, change, atMs) => {
    for (const events of [true, false]) {
      await using observed = new ObservedWriter({ events });
      const { writer } = observed;
      const session = writer.session(ROOM, 'main');
      await observed.start();
      const first = oneRun(writer, session);
      await observed.play([
        ...first,
        { atMs, write: () => change(writer, session) },
        ...oneRun(writer, session, 'done', 12_000),
      ]);
      await observed.settle();
      expect(observed.posts).toEqual(observed.written);
    }
  });
});

describe('locks that come and go without events', () => {
  it('end no run and abort no call: 20 runs of 14 locks of 0.2 s, gone for 30 ms', async () => {
    await using observed = new ObservedWriter({ events: false });
    const { writer } = observed;
    const session = writer.session(ROOM, 'main');
    await observed.start();
    const steps: WriterStep[] = [];
    let atMs = 500;
    for (let runs = 0; runs < 20; runs += 1) {
      atMs =
        writer.run(session, { atMs, end: runs % 5 === 4 ? 'error' : 'done', calls: 3, callMs: 920 }, steps) + 2_500;
    }
    await observed.play(steps);
    await observed.settle();
    expect(observed.posts).toEqual(observed.written);
  });
});

describe('file times of whole seconds', () => {
  it('hide no session and no end, though nothing tells of changes', async () => {
    await using observed = new ObservedWriter();
    const { writer } = observed;
    writer.isCoarse = true;
    const session = writer.session(ROOM, 'main');
    await observed.start();
    const other = writer.session(`${ROOM}2`, 'main');
    await observed.play([...oneRun(writer, session, 'aborted'), ...oneRun(writer, other, 'done', 510)]);
    await observed.settle();
    expect(observed.posts.toSorted()).toEqual(observed.written.toSorted());
  });
});
