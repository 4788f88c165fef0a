import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { delay } from '@live-status/resilience';
import {
  FakeGateway,
  type ListenOptions,
  OTHER_CERTIFICATE,
  OWN_CERTIFICATE,
  type Reception,
} from '@live-status/simulators/gateway';
import { type DaemonProcess, GATEWAY_TOKEN, gatewayEnv, openStage, type Stage, startDaemon } from '@live-status/stage';
import { describe, type ExpectStatic, it } from 'vitest';

/** What `/health` says of a daemon that need not be ready. */
interface Health {
  readonly status: string;
  readonly reasons: readonly { readonly what: string }[];
  readonly sources: readonly { readonly name: string; readonly state: string }[];
}

interface Attempt {
  readonly gateway: FakeGateway;
  readonly daemon: DaemonProcess;
  readonly stateDir: string;
  /** Waits until health is like this. */
  until(holds: (health: Health) => boolean): Promise<Health>;
}

interface Preparation {
  readonly signal: AbortSignal;
  readonly listen?: ListenOptions;
  readonly prepare?: (gateway: FakeGateway) => void;
  /** Writes what OpenClaw has of its gateway; what the daemon needs besides. Default: address and token in the environment. */
  readonly configure?: (stage: Stage, gateway: FakeGateway) => Promise<Readonly<Record<string, string>>>;
}

/** A daemon process that asks a gateway to let it in. */
async function attempt(
  { signal, listen, prepare, configure }: Preparation,
  story: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  await using gateway = await FakeGateway.listen(listen);
  prepare?.(gateway);
  await using stage = await openStage();
  const env = configure === undefined ? gatewayEnv(gateway) : await configure(stage, gateway);
  await using daemon = await startDaemon({ env: { ...stage.env, SOURCE: 'gateway', ...env } });
  const ask = async (): Promise<Health | undefined> => {
    const response = await fetch(`${daemon.healthUrl}/health`, { signal }).catch(() => undefined);
    return response === undefined ? undefined : ((await response.json()) as Health);
  };
  const until: Attempt['until'] = async (holds) => {
    for (;;) {
      const health = await ask();
      if (health !== undefined && holds(health)) return health;
      await delay(50, { signal });
    }
  };
  await story({ gateway, daemon, stateDir: stage.env.STATE_DIR ?? '', until });
}

const isAttached = ({ sources: [source] }: Health): boolean => source?.state === 'attached';
const mentions =
  (words: string) =>
  ({ reasons: [reason] }: Health): boolean =>
    reason?.what.includes(words) === true;

/** What the daemon logs, as soon as it arrives here: health may be known before the log of the same moment is read. */
const logs = (expect: ExpectStatic, daemon: DaemonProcess): ReturnType<ExpectStatic['poll']> =>
  expect.poll(() => daemon.output(), { timeout: 30_000 });

describe.concurrent('a daemon that asks a gateway to let it in', { timeout: 60_000 }, () => {
  it.for([
    ['pairing', 'run `openclaw devices approve req-42` on the gateway'],
    ['wrong-token', 'set OPENCLAW_GATEWAY_TOKEN'],
    ['other-protocol', 'does not speak protocol 4: update Live Status, or OpenClaw to 2026.8'],
  ] as const)('%s: names the fix, keeps trying, and is let in', ([reception, fix], { expect, signal }) =>
    attempt({ signal, prepare: receive(reception) }, async ({ gateway, daemon, until }) => {
      const health = await until(mentions(fix));
      expect(health).toMatchObject({ status: 'failing', sources: [{ state: 'starting' }] });
      expect((await fetch(`${daemon.healthUrl}/readyz`)).status).toBe(503);
      await logs(expect, daemon).toContain(fix);
      gateway.approve();
      expect(await until(isAttached)).toMatchObject({ status: 'ok', reasons: [] });
      expect(daemon.output()).not.toContain(GATEWAY_TOKEN);
    }),
  );

  it('comes again when a gateway that is starting says so', ({ expect, signal }) =>
    attempt({ signal, prepare: receive('starting') }, async ({ gateway, until }) => {
      await until(mentions('gateway starting'));
      await gateway.until(() => gateway.connects.length > 3);
      gateway.approve();
      expect(await until(isAttached)).toMatchObject({ status: 'ok' });
    }));

  it('keeps the token it was issued and shows the shared one no more', ({ expect, signal }) =>
    attempt({ signal, prepare: receive('open') }, async ({ gateway, stateDir, until }) => {
      await until(isAttached);
      expect(await readFile(join(stateDir, 'gateway-device.json'), 'utf8')).toContain('issued-device-token');
      gateway.drop(1012, 'service restart');
      await gateway.until(() => gateway.connects.length === 2);
      expect(gateway.connects).toMatchObject([
        { auth: { token: GATEWAY_TOKEN }, scopes: ['operator.read'] },
        { auth: { token: 'issued-device-token' }, scopes: ['operator.read'] },
      ]);
      expect(JSON.stringify(gateway.connects[1])).not.toContain(GATEWAY_TOKEN);
    }));

  it('leaves a gateway that hangs without closing, and finds it again', ({ expect, signal }) => {
    const hang = (gateway: FakeGateway): void => {
      gateway.tickIntervalMs = 300;
      gateway.silent = true;
    };
    return attempt({ signal, prepare: hang }, async ({ gateway, daemon, until }) => {
      await gateway.until(() => gateway.connects.length > 1);
      gateway.silent = false;
      await until(isAttached);
      await logs(expect, daemon).toContain('tick timeout');
    });
  });

  it('warns of a version it does not know, and goes on', ({ expect, signal }) => {
    const renew = (gateway: FakeGateway): void => {
      gateway.version = '2027.3.0';
    };
    return attempt({ signal, prepare: renew }, async ({ daemon, until }) => {
      expect(await until(isAttached)).toMatchObject({ status: 'ok' });
      await logs(expect, daemon).toMatch(/2027\.3\.0.*this version of OpenClaw is not known to Live Status/);
    });
  });
});

/** The gateway of an OpenClaw on this machine, as its configuration has it: without a word in the daemon's environment. */
describe.concurrent('a daemon beside an OpenClaw', { timeout: 60_000 }, () => {
  const password = 'correct horse battery staple';
  const prepare = (gateway: FakeGateway): void => {
    gateway.auth = { mode: 'password', secret: password };
  };

  it.for([
    ['in openclaw.json', { auth: { mode: 'password', password } }, {}],
    ['in .env', { auth: { mode: 'password' } }, { '.env': `OPENCLAW_GATEWAY_PASSWORD="${password}"\n` }],
    ['in a file of secrets', { auth: { mode: 'password', password: FILE_REFERENCE } }, { 'gw.txt': `${password}\n` }],
  ] as const)('logs in by the password %s', ([, gateway, files], { expect, signal }) =>
    attempt({ signal, prepare, configure: openClaw(gateway, files) }, async ({ daemon, until }) => {
      expect(await until(isAttached)).toMatchObject({ status: 'ok' });
      expect(daemon.output()).not.toContain(password);
    }),
  );

  it('names the fix for a password that changed, and never the password', ({ expect, signal }) => {
    const gateway = { auth: { mode: 'password', password: 'the old one' } };
    return attempt({ signal, prepare, configure: openClaw(gateway, {}) }, async ({ daemon, until }) => {
      const health = await until(mentions('the gateway does not accept the password'));
      expect(health).toMatchObject({ status: 'failing' });
      await logs(expect, daemon).toContain('OPENCLAW_GATEWAY_PASSWORD');
      expect(daemon.output()).not.toContain('the old one');
    });
  });

  it('trusts the certificate that the gateway made for itself', ({ expect, signal }) => {
    const files = { [CERTIFICATE]: OWN_CERTIFICATE.cert };
    const configure = openClaw({ tls: { enabled: true } }, files);
    return attempt({ signal, listen: { certificate: OWN_CERTIFICATE }, configure }, async ({ until }) => {
      expect(await until(isAttached)).toMatchObject({ status: 'ok' });
    });
  });

  it('names the certificate of another gateway at that address', ({ expect, signal }) => {
    const configure = openClaw({ tls: { enabled: true } }, { [CERTIFICATE]: OTHER_CERTIFICATE.cert });
    return attempt({ signal, listen: { certificate: OWN_CERTIFICATE }, configure }, async ({ gateway, until }) => {
      expect(await until(mentions('CN=openclaw-gateway'))).toMatchObject({ status: 'failing' });
      expect(gateway.connects).toEqual([]);
    });
  });
});

const CERTIFICATE = 'gateway/tls/gateway-cert.pem';
const FILE_REFERENCE = { source: 'file', provider: 'gw', id: 'value' };

/** Writes OpenClaw's state directory: its configuration, for the port of this gateway, and other files. */
function openClaw(fields: object, files: Readonly<Record<string, string>>): NonNullable<Preparation['configure']> {
  return async ({ env }, { port }) => {
    const dir = join(env.HOME ?? '', '.openclaw');
    const secrets = { providers: { gw: { source: 'file', path: join(dir, 'gw.txt'), mode: 'singleValue' } } };
    const all = { 'openclaw.json': JSON.stringify({ gateway: { port, ...fields }, secrets }), ...files };
    for (const [name, content] of Object.entries(all)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), content);
    }
    return {};
  };
}

function receive(reception: Reception): (gateway: FakeGateway) => void {
  return (gateway) => {
    gateway.reception = reception;
  };
}
