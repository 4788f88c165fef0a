import { withoutHosts } from '../../bootstrap/src/failure.mjs';
import { runProgram } from '../../checks/src/program.ts';

/** A known vulnerability of a package in the lockfile. */
export interface Advisory {
  readonly name: string;
  /** Versions of the lockfile that have it. */
  readonly versions: readonly string[];
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

/** What a registry says of the lockfile, or why it says nothing. */
export type Audit =
  | { readonly kind: 'answered'; readonly advisories: readonly Advisory[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** The parts of pnpm's report that count here. */
interface AuditReport {
  readonly error?: { readonly message?: string };
  readonly advisories?: Readonly<
    Record<
      string,
      {
        readonly module_name: string;
        readonly findings: readonly { readonly version: string }[];
        readonly severity: string;
        readonly title: string;
        readonly url: string;
      }
    >
  >;
}

/**
 * Asks the registry for known vulnerabilities of everything in the lockfile: what is bundled into the programs are development
 * dependencies of them. Not every registry answers.
 */
export async function auditLockfile(
  root: string,
  { signal, env = process.env }: { readonly signal: AbortSignal; readonly env?: NodeJS.ProcessEnv },
): Promise<Audit> {
  const { output } = await runProgram('pnpm', ['audit', '--json'], { cwd: root, signal, timeoutMs: 60_000, env });
  const report = readReport(output);
  if (report?.advisories === undefined) {
    return {
      kind: 'refused',
      reason: withoutHosts(report?.error?.message ?? output).replace(/:?\s*$/, '') || 'pnpm audit says nothing',
    };
  }
  const advisories = Object.values(report.advisories).map(({ module_name: name, findings, severity, title, url }) => ({
    name,
    versions: [...new Set(findings.map(({ version }) => version))],
    severity,
    title,
    url,
  }));
  return { kind: 'answered', advisories };
}

function readReport(output: string): AuditReport | undefined {
  try {
    return JSON.parse(output) as AuditReport;
  } catch {
    return undefined;
  }
}
