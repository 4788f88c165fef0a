import { describe, expect, it } from 'vitest';
import { escapeHtml, toHtml } from './html.ts';

describe('a box as HTML', () => {
  it('has a head, lines at their depth, code and what stands out', () => {
    const head = [{ kind: 'strong', text: '[ACTIVE] main' } as const, { kind: 'text', text: ' | 38s' } as const];
    const lines = [
      { depth: 0, spans: [{ kind: 'text', text: 'exec: ' } as const, { kind: 'code', text: 'npm test' } as const] },
      { depth: 1, spans: [{ kind: 'text', text: 'Reading' } as const] },
    ];
    expect(toHtml({ head, lines })).toBe(
      '<p class="head"><strong>[ACTIVE] main</strong> | 38s</p>' +
        '<ul class="lines"><li data-depth="0">exec: <code>npm test</code></li><li data-depth="1">Reading</li></ul>',
    );
  });

  it('has no list without lines', () => {
    expect(toHtml({ head: [{ kind: 'text', text: 'x' }], lines: [] })).toBe('<p class="head">x</p>');
  });

  it.each(['<script>', '&amp;', '"', "'", '</code><img src=x onerror=alert(1)>'])('%s is only text', (text) => {
    const html = toHtml({ head: [{ kind: 'code', text }], lines: [] });
    expect(html.replace(/^<p class="head"><code>|<\/code><\/p>$/g, '')).not.toMatch(/[<>"']|&(?!#\d+;)/);
    expect(escapeHtml(text)).not.toMatch(/[<>"']/);
  });
});
