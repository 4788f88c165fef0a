import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, replaceFileSync, silentLog } from '@live-status/resilience';
import { objectOf, textOf } from '@live-status/transcript-parser';
import type { GatewayClientOptions } from '@openclaw/gateway-client';

type Identity = NonNullable<GatewayClientOptions['deviceIdentity']>;
type HostDeps = NonNullable<GatewayClientOptions['hostDeps']>;

/** File in the state directory. */
const FILE = 'gateway-device.json';

/**
 * This installation as a device of a gateway: an Ed25519 key pair of its own, and the tokens that gateways issued to
 * it. Kept in one file that only its owner can read; a file that cannot be understood is set aside. On a full disk the
 * device lasts as long as this process.
 */
export class Device {
  readonly identity: Identity;
  /** Where changes are kept. */
  readonly #path: string | undefined;
  readonly #log: Log;
  /** By the origin of the gateway: a token is never shown to another one. */
  readonly #tokens: Map<string, string>;

  private constructor(path: string | undefined, { identity, tokens }: StoredDevice, log: Log) {
    this.#path = path;
    this.identity = identity;
    this.#tokens = tokens;
    this.#log = log;
  }

  /**
   * Opens the device of a state directory, or makes one.
   *
   * @throws the error of the file system when the directory cannot be made, or the file is there and cannot be read.
   */
  static open(stateDir: string, log: Log): Device {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const path = join(stateDir, FILE);
    const known = readDevice(path);
    const device = new Device(path, known ?? { identity: createIdentity(), tokens: new Map() }, log);
    if (known === undefined) device.#save();
    else chmodSync(path, 0o600);
    return device;
  }

  /** The device of a state directory as it is now, to be used once: nothing is kept. `undefined` if none can be read. */
  static read(stateDir: string): Device | undefined {
    try {
      const known = parseDevice(readFileSync(join(stateDir, FILE), 'utf8'));
      return known && new Device(undefined, known, silentLog);
    } catch {
      return undefined;
    }
  }

  /** Origins of the gateways that issued a token. */
  get gateways(): readonly string[] {
    return [...this.#tokens.keys()];
  }

  /** True once the gateway of this origin issued a token: the shared one is not needed any more. */
  hasToken(origin: string): boolean {
    return this.#tokens.has(origin);
  }

  /** What the client asks of its host: signatures, and to keep the token that is issued. */
  hostDeps(origin: string): HostDeps {
    return {
      signDevicePayload: (privateKeyPem, payload) =>
        sign(null, Buffer.from(payload), createPrivateKey(privateKeyPem)).toString('base64url'),
      publicKeyRawBase64UrlFromPem: (publicKeyPem) => rawPublicKey(publicKeyPem).toString('base64url'),
      loadDeviceAuthToken: () => {
        const token = this.#tokens.get(origin);
        return token === undefined ? null : { token };
      },
      storeDeviceAuthToken: ({ token }) => {
        if (this.#tokens.get(origin) === token) return;
        this.#tokens.set(origin, token);
        this.#save();
      },
      clearDeviceAuthToken: () => {
        if (this.#tokens.delete(origin)) this.#save();
      },
    };
  }

  #save(): void {
    if (this.#path === undefined) return;
    const { publicKeyPem, privateKeyPem } = this.identity;
    const content = { version: 1, publicKeyPem, privateKeyPem, tokens: Object.fromEntries(this.#tokens) };
    try {
      replaceFileSync(this.#path, `${JSON.stringify(content, undefined, 2)}\n`);
    } catch (error) {
      // Posts do not depend on it, and the gateway gives another token to the next process.
      this.#log.warn({ path: this.#path, err: error }, 'could not save the device identity');
    }
  }
}

interface StoredDevice {
  readonly identity: Identity;
  readonly tokens: Map<string, string>;
}

function createIdentity(): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return toIdentity(
    privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  );
}

function toIdentity(privateKeyPem: string, publicKeyPem: string): Identity {
  const deviceId = createHash('sha256').update(rawPublicKey(publicKeyPem)).digest('hex');
  return { deviceId, privateKeyPem, publicKeyPem };
}

/** The 32 bytes of the key itself: gateways derive the device's id from them. */
function rawPublicKey(publicKeyPem: string): Buffer {
  const { x } = createPublicKey(publicKeyPem).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}

function readDevice(path: string): StoredDevice | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const known = parseDevice(text);
  if (known === undefined) renameSync(path, `${path}.corrupt`);
  return known;
}

function parseDevice(text: string): StoredDevice | undefined {
  try {
    const content = objectOf(JSON.parse(text));
    const tokens = Object.entries(objectOf(content?.tokens) ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const privateKeyPem = textOf(content?.privateKeyPem) ?? '';
    createPrivateKey(privateKeyPem);
    return { identity: toIdentity(privateKeyPem, textOf(content?.publicKeyPem) ?? ''), tokens: new Map(tokens) };
  } catch {
    return undefined;
  }
}

/** A device that gateways paired: they keep it until somebody removes it there. */
export interface PairedDevice {
  /** As `openclaw devices` shows it. */
  readonly id: string;
  /** Origins of the gateways, like `ws://127.0.0.1:18789`. */
  readonly gateways: readonly string[];
}

/** The device of a state directory; `undefined` when no gateway paired it, or its file cannot be read. Changes nothing. */
export function findPairedDevice(stateDir: string): PairedDevice | undefined {
  const device = Device.read(stateDir);
  if (device === undefined || device.gateways.length === 0) return undefined;
  return { id: device.identity.deviceId, gateways: device.gateways };
}
