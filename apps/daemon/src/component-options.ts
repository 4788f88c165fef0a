import type { PosterOptions } from '@live-status/mm-poster';
import { DEFAULT_GATEWAY_URL } from '@live-status/openclaw-config';
import type { GatewaySourceOptions } from '@live-status/openclaw-gateway';
import type { TranscriptSourceOptions } from '@live-status/openclaw-transcripts';
import type { Rules } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { ContentOptions } from './content.ts';

/** Settings of the fold. */
export function rules(settings: Settings): Rules {
  const { postDelayMs, quietDelayMs, settleMs, owedTimeoutMs, maxSessionDurationMs, maxStatusLines } = settings;
  return { postDelayMs, quietDelayMs, settleMs, owedTimeoutMs, maxSessionDurationMs, maxLines: maxStatusLines };
}

/** The settings of the poster. */
export function posterSettings(settings: Settings): Partial<PosterOptions> {
  const { throttleMs, heartbeatMs, maxMessageChars } = settings;
  return {
    throttleMs,
    heartbeatMs,
    maxMessageChars,
    maxUpdatesPerS: settings.maxUpdatesPerS,
    breakerThreshold: settings.circuitBreakerThreshold,
    breakerCooldownMs: settings.circuitBreakerCooldownMs,
  };
}

/** The settings of the transcript source. */
export function sourceSettings(settings: Settings): TranscriptSourceOptions {
  const { transcriptDir, sessionsJson, idleTimeoutMs, maxSessionDurationMs } = settings;
  const catalog = sessionsJson === undefined ? {} : { sessionsJson };
  return { transcriptDir, ...catalog, idleTimeoutMs, maxSessionDurationMs };
}

/** The settings of the gateway source. */
export function gatewaySettings(settings: Settings): GatewaySourceOptions {
  const { gatewayUrl: url = DEFAULT_GATEWAY_URL, gatewayToken, gatewayGraceMs: graceMs, stateDir } = settings;
  return { url, stateDir, graceMs, ...(gatewayToken === undefined ? {} : { token: gatewayToken.reveal() }) };
}

/** The settings of the renderer. */
export function contentSettings(settings: Settings): Omit<ContentOptions, 'labels' | 'botName'> {
  return { style: settings.statusStyle, maxLines: settings.maxStatusLines, maxChars: settings.maxMessageChars };
}
