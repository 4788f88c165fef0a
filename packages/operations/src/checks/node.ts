import { type CheckResult, fail, ok } from './check.ts';

const SUPPORTED = '22.22 or newer of 22, 24, or 26 and newer';

/** Whether Live Status supports this version of Node (`v24.21.0`). */
export function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isSupported = (major === 22 && minor >= 22) || major === 24 || major >= 26;
  return isSupported ? ok('Node', version) : fail('Node', `${version} is not supported`, `use Node ${SUPPORTED}`);
}
