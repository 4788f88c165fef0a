import { at, type Fields } from './disk.ts';
import { ScriptedTranscript } from './transcript.ts';

/** Tokens of every model call of a script. */
export const USAGE: { readonly input: number; readonly output: number } = { input: 10, output: 5 };

/** What is said in a session of a script: messages, calls, results, answers, as the version writes them. */
export class ScriptedConversation extends ScriptedTranscript {
  message(tMs: number, message: Fields): this {
    return this.line(tMs, { type: 'message', message: { timestamp: at(tMs), ...message } });
  }

  /** A line the model reads as the user's. */
  user(tMs: number, content: string, more: Fields = {}): this {
    return this.message(tMs, { role: 'user', content, ...more });
  }

  /** A person's message, as the version writes it. */
  person(tMs: number, text: string, { id = 'alice', channel = 'chan' }: { id?: string; channel?: string } = {}): this {
    if (this.gateway.version === '2026.7.1') {
      return this.user(tMs, text, { __openclaw: { senderIsOwner: false, senderId: id, senderName: `@${id}` } });
    }
    return this.user(tMs, inbound328(text, id, channel));
  }

  /** A model call that ends in tool calls: `{ call id: command, or [tool, arguments] }`. */
  calls(tMs: number, calls: Readonly<Record<string, string | readonly [string, Fields]>>, say?: string): this {
    const blocks = Object.entries(calls).map(([id, call]) => {
      const [name, args] = typeof call === 'string' ? ['exec', { command: call }] : call;
      return { type: 'toolCall', id, name, arguments: args };
    });
    const text = say === undefined ? [] : [{ type: 'text', text: say }];
    return this.assistant(tMs, { content: [...text, ...blocks], stopReason: 'toolUse' });
  }

  result(
    tMs: number,
    toolCallId: string,
    details: Fields = { status: 'completed', exitCode: 0 },
    more: Fields = {},
  ): this {
    const content = [{ type: 'text', text: 'output' }];
    return this.message(tMs, {
      role: 'toolResult',
      toolCallId,
      toolName: 'exec',
      content,
      details,
      isError: false,
      ...more,
    });
  }

  /** A call of `sessions_spawn` was accepted. */
  spawned(tMs: number, toolCallId: string, childSessionKey: string): this {
    const details = { status: 'accepted', childSessionKey, runId: 'r', mode: 'run' };
    return this.result(tMs, toolCallId, details, { toolName: 'sessions_spawn' });
  }

  answer(tMs: number, text: string, stopReason = 'stop'): this {
    return this.assistant(tMs, { content: text === '' ? [] : [{ type: 'text', text }], stopReason });
  }

  /** The model call failed: no content, no tokens. */
  failure(tMs: number, errorMessage: string, stopReason = 'error'): this {
    return this.assistant(tMs, { content: [], stopReason, errorMessage, usage: usage(0, 0) });
  }

  assistant(tMs: number, message: Fields): this {
    const { input, output } = USAGE;
    const common = { role: 'assistant', provider: 'mock', model: 'mock-1', usage: usage(input, output) };
    return this.message(tMs, { ...common, ...message });
  }

  promptError(tMs: number, error = 'Reply operation aborted by user'): this {
    return this.line(tMs, { type: 'custom', customType: 'openclaw:prompt-error', data: { error } });
  }

  compaction(tMs: number): this {
    return this.line(tMs, { type: 'compaction', summary: '## Goal', tokensBefore: 31298 });
  }

  /** Call, result and line of `sessions_yield`, with the aborted line that a rewrite takes back. */
  yields(tMs: number, callId: string): this {
    const is328 = this.gateway.version === '2026.3.28';
    this.calls(tMs, { [callId]: ['sessions_yield', { message: 'Waiting.' }] });
    this.result(tMs + 40, callId, { status: 'yielded', message: 'Waiting.' }, { toolName: 'sessions_yield' });
    if (is328)
      this.line(tMs + 42, { type: 'custom_message', customType: 'openclaw.sessions_yield_interrupt', content: 'x' });
    this.failure(tMs + 43, 'This operation was aborted', 'aborted');
    this.rewrite(is328 ? tMs + 44 : tMs + 250, (lines) => lines.slice(0, is328 ? -2 : -1));
    return this.line(is328 ? tMs + 45 : tMs + 252, {
      type: 'custom_message',
      customType: 'openclaw.sessions_yield',
      content: 'Waiting.',
    });
  }

  /** A child's completion, as a user line: every one in 2026.3.28, one steered into a run in 2026.7.1. */
  announced(tMs: number, childKey: string): this {
    const text = `OpenClaw runtime context (internal):\nThis context is runtime-generated.\n\n[Internal task completion event]\nsource: subagent\nsession_key: ${childKey}\nsession_id: x\ntask: t\nstatus: completed successfully\n\nResult`;
    const wrapped =
      this.gateway.version === '2026.7.1'
        ? `<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\n${text}`
        : `[Sun 2026-11-22 08:00 UTC] ${text}`;
    const provenance = {
      kind: 'inter_session',
      sourceSessionKey: childKey,
      sourceChannel: 'webchat',
      sourceTool: 'subagent_announce',
    };
    return this.user(tMs, wrapped, { provenance });
  }
}

function usage(input: number, output: number): Fields {
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
}

/** How 2026.3.28 wraps what a person wrote. */
export function inbound328(text: string, senderId: string, channelId: string): string {
  const info = {
    message_id: 'm',
    sender_id: senderId,
    conversation_label: `name id:${channelId}`,
    sender: `@${senderId}`,
  };
  return `System: [2026-11-22 08:00:00 UTC] Mattermost message in #name from @${senderId}: ${text.slice(0, 20)}\n\nConversation info (untrusted metadata):\n\`\`\`json\n${JSON.stringify(info, null, 2)}\n\`\`\`\n\nSender (untrusted metadata):\n\`\`\`json\n{"label":"${senderId}"}\n\`\`\`\n\n${text}`;
}
