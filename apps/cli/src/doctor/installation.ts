import type { DaemonProgram } from '@live-status/daemon-control';
import { version } from '../version.ts';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok } from './finding.ts';

/** What Live Status itself needs to run. */
export const INSTALLATION_CHECKS: readonly Check[] = [
  { id: 'installation.node', name: 'Node', run: async () => [checkNode(process.version)] },
  { id: 'installation.daemon', name: 'daemon program', run: async ({ daemonProgram }) => [checkBuild(daemonProgram)] },
];

const SUPPORTED = '22.22 or newer of 22, 24, or 26 and newer';

/** Whether Live Status supports this version of Node (`v24.21.0`). */
export function checkNode(version: string): Finding {
  const about: About = { id: 'installation.node', name: 'Node' };
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isSupported = (major === 22 && minor >= 22) || major === 24 || major >= 26;
  if (isSupported) return ok(about, version, `Node ${version.replace(/^v/, '')}`);
  return fail(about, `${version} is not supported`, `use Node ${SUPPORTED}`);
}

/** Whether there is a daemon to start. */
export function checkBuild(program: DaemonProgram | undefined): Finding {
  const about: About = { id: 'installation.daemon', name: 'daemon program' };
  const path = program && [program.command, ...program.args].find((part) => part.includes('daemon'));
  if (program) return ok(about, `${version()}, ${path ?? program.command}`, `Live Status ${version()}`);
  const fix = 'build it (npm run build), or install @live-status/daemon beside this program';
  return fail(about, 'there is no daemon beside this program or in PATH', fix);
}
