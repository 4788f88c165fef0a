import { readFileSync } from 'node:fs';

/**
 * The command that shows the log of a process in systemd's journal; `undefined` if the process is no service, or writes to a
 * log file. A daemon that the gateway's hook started is part of the gateway's service, but has a log file.
 */
export function findJournal(pid: number, readFile: (path: string) => string = readText): string | undefined {
  try {
    if (readFile(`/proc/${pid}/cmdline`).split('\0').includes('--log-file')) return undefined;
    const [, user, unit] =
      /(\/user@\d+\.service\/.*)?\/([^/\n]+\.service)\s*$/m.exec(readFile(`/proc/${pid}/cgroup`)) ?? [];
    if (unit === undefined) return undefined;
    return `journalctl ${user === undefined ? '' : '--user '}-u ${unit} -f`;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
