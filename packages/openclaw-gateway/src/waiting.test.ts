import { type Moment, waitingMoments } from '@live-status/fixtures';
import { type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import { createLabels, renderBox } from '@live-status/status-render';
import { type JsonObject, objectOf } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';

const LABELS = createLabels();
/** How long after the last frame the end of a recording is looked at. */
const END_MS = 120_000;

describe.each(Object.entries(waitingMoments))('the recording %s', (name, moments) => {
  const frames = readFrames(name);
  const [first, last] = [frames[0]?.t ?? 0, frames.at(-1)?.t ?? 0];
  const timeOf = ({ at }: Moment): number => (at === 'end' ? last + END_MS : first + at * 1_000);

  it.each(moments)('shows what happens at $at s', (moment) => {
    const at = timeOf(moment);
    const play = new Play();
    playUntil(play, frames, at);
    const newest = play.boxes().at(-1);
    if (newest === undefined) throw new Error('there is no box');
    const { message } = renderBox(newest.box, {
      nowMs: at,
      labels: LABELS,
      botName: 'openclaw',
      canAnswerHere: !name.endsWith('-web'),
      showAnswer: false,
    });
    const text = message.split('\n').map((line) => line.replaceAll(AGE, '<t>'));
    expect({ text, post: newest.worthPost }).toEqual({ text: moment.text, post: moment.post ?? true });
  });
});

/** An age or a time that is left, as the post words it. */
const AGE = /(?<=[ (])(?:\d+h \d+m|\d+m \d+s|\d+[hms])(?=[ )]|$)/g;

/** Plays what was recorded up to a time, the answers to a client that connects in the middle included. */
function playUntil(play: Play, frames: readonly RecordedFrame[], at: number): void {
  const begun = frames.filter(({ t }) => t <= at);
  const answers = begun.filter(({ type }) => type.startsWith('_') && type !== '_close');
  const tasks = answers.find(({ type }) => type === '_tasks');
  if (tasks === undefined) {
    play.frames(begun).passUntil(at);
    return;
  }
  play.observe(...caughtUp(answers, tasks.t));
  play.frames(begun.filter(({ t }) => t > tasks.t)).passUntil(at);
}

function caughtUp(answers: readonly RecordedFrame[], at: number): Parameters<Play['observe']> {
  const payloadOf = (type: string): JsonObject => answers.find((answer) => answer.type === type)?.payload ?? {};
  const server = objectOf(objectOf(payloadOf('_hello').payload ?? payloadOf('_hello'))?.server);
  const bootId = String(server?.bootId);
  const histories = answers.filter(({ type }) => type === '_history');
  return [
    { type: 'met', bootId, at },
    {
      type: 'caught-up',
      bootId,
      rows: payloadOf('_list').sessions as JsonObject[],
      histories: new Map(histories.map(({ key = '', payload = {} }) => [key, payload])),
      tasks: payloadOf('_tasks').tasks as JsonObject[],
      frames: [],
      at,
    },
  ];
}
