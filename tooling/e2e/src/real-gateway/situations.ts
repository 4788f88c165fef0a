import { scene } from '../real/plays.ts';
import { type Situation, situations } from '../real/situations.ts';
import { abort, compact, drain, inThread, kill, killThinking, modelRefuses, reset, steer } from './plays.ts';
import type { OperatedStage } from './stage.ts';

/** Something that happens to a gateway of OpenClaw 2026.9. */
export interface GatewaySituation extends Situation<OperatedStage> {
  /** The person writes to the agent alone. */
  readonly isDirect?: true;
}

const TOUR = { state: 'DONE', shows: ['sleep 2; echo around [OK]', 'Editing notes.txt', 'The tour is over'] } as const;
const CUT = { state: 'ABORTED', shows: ['sleep 7; echo slow ['], never: ['[OK]'] } as const;

/** Ends that are others than where OpenClaw writes transcripts, or that only this version has. */
const OWN: readonly GatewaySituation[] = [
  {
    // It goes into the run.
    name: 'a second message during a run',
    play: steer,
    posts: [{ state: 'DONE', shows: ['echo busy [OK]', 'echo second [OK]', 'The second request is done'] }],
  },
  {
    // With a 500 it would try again for 90 s.
    name: 'model refuses',
    play: modelRefuses,
    posts: [{ state: 'ERROR', shows: ['rejected', 'echo before-the-refusal [OK]', 'rejected'] }],
  },
  {
    name: 'compaction by hand after a run',
    play: compact,
    posts: [{ state: 'DONE', shows: ['echo before [OK]', 'Before the new session'], never: ['compact'] }],
  },
  { name: 'in a thread', play: inThread, posts: [TOUR] },
  { name: 'direct message', play: scene('tools', 'The tour is over.'), posts: [TOUR], isDirect: true },
  { name: 'abort by an operator', play: abort, posts: [CUT] },
  { name: 'reset by an operator', play: reset, posts: [CUT] },
  {
    name: 'gateway SIGTERM during a call',
    play: drain,
    posts: [{ state: 'DONE', shows: ['echo terminated [OK]', 'Not cut after all'] }],
    alone: true,
  },
  {
    name: 'gateway kill -9 during a call, resumed',
    play: kill,
    posts: [{ state: 'DONE', shows: ['echo killed ['], never: ['[OK]'] }],
    alone: true,
  },
  {
    name: 'gateway kill -9 while the model thinks, resumed',
    play: killThinking,
    posts: [{ state: 'DONE', shows: ['echo thought [OK]', 'Thought about it'] }],
    alone: true,
  },
];

/** What goes on otherwise than in older versions, for readers too. */
const OTHERWISE = /^gateway |^a second message|^model fails/;

/** Every situation, in order. Those of older versions must look the same to readers. */
export function gatewaySituations(): GatewaySituation[] {
  return [...situations({ resumes: true }).filter(({ name }) => !OTHERWISE.test(name)), ...OWN];
}
