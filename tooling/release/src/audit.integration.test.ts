import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../checks/src/repository.ts';
import { auditLockfile } from './audit.ts';

describe('auditLockfile', () => {
  let registry: Server;
  let answer: { readonly status: number; readonly body: unknown };

  beforeEach(async () => {
    registry = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    await once(registry.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => registry.close());

  const audit = (signal: AbortSignal) => {
    const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
    return auditLockfile(repositoryRoot, { signal, env: { ...process.env, pnpm_config_registry: url } });
  };

  it('names the vulnerability, the package and the version in the lockfile', async ({ signal }) => {
    const vulnerability = {
      id: 1,
      url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
      title: 'A vulnerability',
      severity: 'high',
      vulnerable_versions: '<99',
    };
    answer = { status: 200, body: { pino: [vulnerability] } };
    const { title, severity, url } = vulnerability;
    expect(await audit(signal)).toEqual({
      kind: 'answered',
      advisories: [{ name: 'pino', versions: [expect.stringMatching(/^\d+\.\d+\.\d+$/)], title, severity, url }],
    });
  });

  it('finds nothing where the registry knows nothing', async ({ signal }) => {
    answer = { status: 200, body: {} };
    expect(await audit(signal)).toEqual({ kind: 'answered', advisories: [] });
  });

  it('does not take a refusal for a clean lockfile, and names no host', async ({ signal }) => {
    answer = { status: 405, body: {} };
    const refused = await audit(signal);
    expect(refused).toEqual({ kind: 'refused', reason: expect.stringContaining('405') });
    expect(JSON.stringify(refused)).not.toContain('127.0.0.1');
  });
});
