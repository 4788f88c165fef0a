import {
  type AssistantEntry,
  failureReason,
  hasErred,
  objectOf,
  type TranscriptEntry,
  textOf,
  wasAborted,
} from '@live-status/transcript-parser';
import type { TranscriptRun } from './sessions.ts';

/** What is known of the model calls of a run. */
export interface ModelFacts {
  /** Why the last call failed; `undefined` while the model answers. */
  trouble: string | undefined;
  /** The model that was called last. */
  inUse: string | undefined;
}

/** What a run begins with. */
export function noModelFacts(): ModelFacts {
  return { trouble: undefined, inUse: undefined };
}

/**
 * A model call ended. Whether another one follows one that failed, a transcript does not say beforehand: then the run
 * goes on, or its end says the rest.
 */
export function noteModelCall(run: TranscriptRun, entry: AssistantEntry, at: number): void {
  if (wasAborted(entry)) return;
  const { model } = run.own;
  const before = model.inUse;
  noteModel(run, nameOf(entry.model), at);
  if (hasErred(entry)) {
    const reason = failureReason(entry.errorMessage);
    model.trouble = reason;
    const status =
      reason === 'context too large' ? ({ kind: 'compacting' } as const) : { kind: 'failed' as const, reason };
    run.report({ type: 'model-status', at, status });
    return;
  }
  const isOther = before !== undefined && model.inUse !== before;
  if (model.trouble === undefined && !isOther) return;
  // A model that took over after a failure was named then.
  const name = model.trouble === undefined && model.inUse !== undefined ? { model: model.inUse } : {};
  model.trouble = undefined;
  run.report({ type: 'model-status', at, status: { kind: 'working', ...name } });
}

/** An entry that is no message may name the model that is called next. */
export function noteModelChange(run: TranscriptRun, entry: TranscriptEntry, at: number): void {
  if (run.own.model.trouble === undefined) return;
  noteModel(run, modelNamedIn(entry), at);
}

/** After a failure another model is one that takes over. */
function noteModel(run: TranscriptRun, name: string | undefined, at: number): void {
  const { model } = run.own;
  const { inUse, trouble: reason } = model;
  if (name === undefined || name === inUse) return;
  model.inUse = name;
  if (reason === undefined || inUse === undefined) return;
  run.report({ type: 'model-status', at, status: { kind: 'fallback', reason, model: name } });
}

function modelNamedIn(entry: TranscriptEntry): string | undefined {
  if (entry.kind === 'other' && entry.type === 'model_change') return nameOf(textOf(entry.raw.modelId));
  if (entry.kind !== 'custom' || entry.customType !== 'model-snapshot') return undefined;
  return nameOf(textOf(objectOf(entry.data)?.modelId));
}

/** The model of `provider/model`. */
function nameOf(model: string | undefined): string | undefined {
  return model?.split('/').at(-1);
}
