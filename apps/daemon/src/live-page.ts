import { createHash } from 'node:crypto';
import type { HealthReport } from './health.ts';

/** A live box as the page shows it. */
export interface ShownBox {
  readonly boxId: string;
  readonly text: string;
}

const STYLE = `
body { font: 16px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
pre { border: 1px solid #8886; border-radius: 6px; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere }
:root { color-scheme: light dark }
`;

/** The one style of the page is allowed by its hash; scripts, images and everything else are not. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page with the live boxes. It reloads itself; everything in it is escaped. */
export function renderPage(report: HealthReport, boxes: readonly ShownBox[]): string {
  const list = boxes.map(({ text }) => `<pre>${escapeHtml(text)}</pre>`).join('\n');
  const reasons = report.reasons
    .map(({ what, fix }) => `<li>${escapeHtml(fix ? `${what}: ${fix}` : what)}</li>`)
    .join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2">
<title>Live Status</title>
<style>${STYLE}</style>
<h1>Live Status</h1>
<p>${report.status}, version ${escapeHtml(report.version)}: ${report.boxes.active} active, ${report.boxes.waiting} waiting</p>
${reasons && `<ul>${reasons}</ul>`}
${list || '<p>No agent works right now.</p>'}
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
