import { DEFAULT_GATEWAY_URL } from '@live-status/openclaw-config';
import { type TriedGateway, tryGateway } from '@live-status/openclaw-gateway';
import type { Settings } from '@live-status/settings';

/** Longer than a gateway takes that hangs before it lets anybody in, shorter than a person waits. */
const TIMEOUT_MS = 8_000;

/**
 * Connects to the configured gateway, logs in and reads, as the daemon does. Rejects as `tryGateway` does.
 *
 * @param timeoutMs default 8000
 */
export function attemptGateway(settings: Partial<Settings>, timeoutMs: number = TIMEOUT_MS): Promise<TriedGateway> {
  const { gatewayUrl: url = DEFAULT_GATEWAY_URL, gatewayToken, gatewayPassword, openclaw, stateDir } = settings;
  return tryGateway({
    url,
    token: gatewayToken?.reveal(),
    password: gatewayPassword?.reveal(),
    tlsFingerprint: openclaw?.gatewayTlsFingerprint,
    certificatePath: openclaw?.gatewayCertificate,
    stateDir,
    signal: AbortSignal.timeout(timeoutMs),
  });
}
