import { FakeGateway, FrameSession } from '@live-status/simulators/gateway';
import { type DaemonStage, openDaemonStage } from '../daemon-stage.ts';

/** A stage whose daemon follows a gateway. */
export interface GatewayStage extends DaemonStage {
  readonly gateway: FakeGateway;
  /** A session of a new channel, with its first run. */
  session(runId?: string): FrameSession;
  /** The last version of the only post; empty while there is none. */
  message(): string;
  /** States the only post went through, each once in a row. */
  states(): string[];
  /** Waits until the only post matches. */
  untilShown(pattern: RegExp): Promise<void>;
}

export interface GatewayStageOptions {
  readonly signal: AbortSignal;
  /** Before the daemon starts. */
  readonly prepare?: (gateway: FakeGateway) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** The shared token of every gateway here. */
export const TOKEN = 'shared-token-of-a-test';

/** What a daemon needs to follow this gateway. */
export function gatewayEnv(gateway: FakeGateway): Readonly<Record<string, string>> {
  return { SOURCE: 'gateway', OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: TOKEN };
}

/** Starts a gateway and a daemon process that follows it. */
export async function openGatewayStage({ signal, prepare, env }: GatewayStageOptions): Promise<GatewayStage> {
  const gateway = await FakeGateway.listen();
  prepare?.(gateway);
  try {
    const stage = await openDaemonStage({ signal, env: () => ({ ...gatewayEnv(gateway), ...env }) });
    return dressed(stage, gateway);
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
}

function dressed(stage: DaemonStage, gateway: FakeGateway): GatewayStage {
  const versions = (): string[] => {
    const [post] = stage.posts();
    return post === undefined ? [] : stage.simulator.edits(post.id).map((edit) => edit.post.message);
  };
  const message = (): string => versions().at(-1) ?? '';
  return {
    ...stage,
    gateway,
    session: (runId = 'r1') => new FrameSession(gateway, `agent:main:mattermost:channel:${stage.channel()}`, runId),
    message,
    states() {
      const states = versions().map((text) => /\[(\w+)\]/.exec(text)?.[1] ?? '');
      return states.filter((state, i) => state !== states[i - 1]);
    },
    untilShown: (pattern) => stage.until(() => pattern.test(message())),
    async close() {
      await stage.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
