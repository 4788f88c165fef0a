import type { RecordedVersion, Recording, TimelineEvent } from '@live-status/fixtures';

/** Fields of a JSON object as OpenClaw writes it. */
export type Fields = Readonly<Record<string, unknown>>;

/** Epoch milliseconds that a script's moment 0 has in what it writes. */
const RECORDED_AT = Date.UTC(2026, 10, 22, 8);

/** What is on disk while a script is turned into events. */
export interface Disk {
  readonly events: TimelineEvent[];
  readonly files: Map<string, string>;
  readonly catalog: Map<string, Fields>;
}

/** Something that happens to the files of a gateway, milliseconds after the start of its script. */
export interface Step {
  readonly tMs: number;
  readonly write: (disk: Disk) => void;
}

/** What sessions need of the gateway they belong to. */
export interface Script {
  readonly version: RecordedVersion;
  /** Adds something that happens to the files. */
  step(tMs: number, write: (disk: Disk) => void): void;
}

/** The recording that a gateway would have left which did all this. Steps may be given in any order. */
export function toRecording(version: RecordedVersion, steps: readonly Step[]): Recording {
  const disk: Disk = { events: [], files: new Map(), catalog: new Map() };
  for (const { write } of [...steps].sort((a, b) => a.tMs - b.tMs)) write(disk);
  const files = [...disk.files].map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]);
  return {
    version,
    scenario: 'written by hand',
    events: disk.events,
    durationMs: disk.events.at(-1)?.tMs ?? 0,
    finalFiles: new Map(files),
    finalCatalog: Buffer.from(JSON.stringify(Object.fromEntries(disk.catalog), null, 2)),
  };
}

/** The catalog is replaced as a whole. */
export function replaceCatalog({ events, catalog }: Disk, tMs: number): void {
  const content = Buffer.from(JSON.stringify(Object.fromEntries(catalog), null, 2));
  events.push({ tMs, op: 'replace', file: 'sessions.json', content });
}

/** Recorded time of a moment, epoch milliseconds. */
export function at(tMs: number): number {
  return Math.round(RECORDED_AT + tMs);
}

/** The same as text. */
export function iso(tMs: number): string {
  return new Date(at(tMs)).toISOString();
}
