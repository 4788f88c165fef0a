import { compact, type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import type { GatewayClient } from '@openclaw/gateway-client';
import { type CertificateTrust, expectedCertificate } from './certificate.ts';
import { explain, explainTransport } from './connect-error.ts';
import type { Device } from './device.ts';

const PROTOCOL = 4;
/** The same wherever this runs; part of what the device signs. */
const PLATFORM = 'linux';

/** To a `backend` client with the shared token, OpenClaw 2026.9.6 issues no token of its own. */
const CLIENT = { clientName: 'cli', mode: 'cli' } as const;
/** Of a `backend` client on its own machine, OpenClaw 2026.9.6 asks for no device. */
const PROGRAM = { clientName: 'gateway-client', mode: 'backend', deviceIdentity: null } as const;

export interface ConnectOptions extends CertificateTrust {
  /** `ws://` or `wss://`. */
  readonly url: string;
  /** The gateway's shared token: only shown until it issued one to this device. */
  readonly token?: string | undefined;
  /** Its password, for a gateway that wants one instead: the same. */
  readonly password?: string | undefined;
  /** Who connects. Without one, a program on the gateway's own machine, which is let in by the shared secret alone. */
  readonly device: Device | undefined;
  readonly onEvent: (event: string, payload: JsonObject) => void;
  /** It stands; called before the first event. */
  readonly onServer: (server: GatewayServer) => void;
  /** Aborting ends the attempt, not a connection that stands. */
  readonly signal: AbortSignal;
}

/** Who answers. */
export interface GatewayServer {
  readonly version?: string;
  /** New for each start of the gateway. */
  readonly bootId?: string;
  /** Where its Control UI is, when people can reach that. */
  readonly controlUiUrl?: string;
}

/** A connection that stands, until it is closed by either side. It is not taken up again. */
export interface Connection {
  /** Of the gateway: under it the device keeps its token. */
  readonly origin: string;
  readonly server: GatewayServer;
  /** Asks for something that `operator.read` allows. Rejects with a `GatewayConnectError`. */
  request(method: string, params: object): Promise<JsonObject>;
  /** Why it ended: `1012 service restart`, `1006`, `4000 tick timeout`. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

/** How a gateway is named in messages: without what a URL may carry besides. */
export function nameOfGateway(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '(not a URL)';
}

/**
 * Connects once, as an operator that may only read.
 *
 * @throws GatewayConnectError when the gateway cannot be reached, is starting, or does not let this device in.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { url, token, password, device, onEvent, onServer, signal } = options;
  // 15 MB and 50 ms that those who only read transcripts do not pay for.
  const { GatewayClient, gatewayOriginScope } = await import('@openclaw/gateway-client');
  signal.throwIfAborted();
  const origin = gatewayOriginScope(url);
  const opened = Promise.withResolvers<Connection>();
  const closed = Promise.withResolvers<string>();
  const where = nameOfGateway(url);
  const secrets = device?.hasToken(origin) ? {} : compact({ token, password });
  const isSecure = url.startsWith('wss:');
  const expected = isSecure ? expectedCertificate(options) : {};
  // Not connected to by the system's trust instead: whoever configured a certificate wants that one.
  if (options.tlsFingerprint !== undefined && (!isSecure || expected.problem !== undefined)) {
    throw await explainTransport(options, expected, explain(where, new Error('not connected')));
  }
  let refusal: unknown;
  const client = new GatewayClient({
    url,
    ...secrets,
    ...(expected.fingerprint === undefined ? {} : { tlsFingerprint: expected.fingerprint }),
    ...(device === undefined
      ? PROGRAM
      : { ...CLIENT, deviceIdentity: device.identity, hostDeps: device.hostDeps(origin) }),
    clientDisplayName: 'Live Status',
    // OpenClaw takes a paired macOS device for one that shows progress cards, and tells its agents to write some.
    platform: PLATFORM,
    role: 'operator',
    scopes: ['operator.read'],
    // Not `session-scoped-events`: it takes all broadcast of runs away.
    caps: ['tool-events'],
    minProtocol: PROTOCOL,
    maxProtocol: PROTOCOL,
    notifyOnStartupRetry: true,
    onEvent: ({ event, payload }) => onEvent(event, objectOf(payload) ?? {}),
    onConnectError: (error) => {
      refusal ??= error;
    },
    onHelloOk: (hello) => {
      const server = serverOf(hello);
      onServer(server);
      opened.resolve({
        origin,
        server,
        request: async (method, params) => {
          try {
            return objectOf(await client.request(method, params)) ?? {};
          } catch (error) {
            throw explain(where, error, method);
          }
        },
        closed: closed.promise,
        close: () => stop(client),
      });
    },
    onClose: (code, reason, info) => {
      // Connecting again is the caller's: the client's own backoff has no jitter.
      client.stop();
      closed.resolve(`${code} ${reason}`.trim());
      opened.reject(explain(where, info?.connectError ?? refusal ?? new Error(`closed (${code}) ${reason}`.trim())));
    },
  });
  const abort = (): void => {
    opened.reject(signal.reason);
    void stop(client);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    client.start();
    // An address that the client does not even connect to is not closed either.
    if (refusal !== undefined) {
      client.stop();
      throw refusal;
    }
  } catch (error) {
    opened.reject(explain(where, error));
  }
  return opened.promise
    .catch(async (error: unknown) => {
      throw signal.aborted ? error : await explainTransport(options, expected, error);
    })
    .finally(() => signal.removeEventListener('abort', abort));
}

function serverOf(hello: object): GatewayServer {
  const { server, controlUiUrl } = objectOf(hello) ?? {};
  const { version, bootId } = objectOf(server) ?? {};
  return compact({ version: textOf(version), bootId: textOf(bootId), controlUiUrl: textOf(controlUiUrl) });
}

/** The other side may never answer the close: then the client ends the socket by itself. */
async function stop(client: GatewayClient): Promise<void> {
  await client.stopAndWait().catch(() => {});
}
