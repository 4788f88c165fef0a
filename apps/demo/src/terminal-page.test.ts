import { describe, expect, it } from 'vitest';
import { terminalPage } from './terminal-page.ts';

const ESC = '\u001b';
const spans = (content: string): string => /<pre>([\s\S]*)<\/pre>/.exec(terminalPage(content, 80))?.[1] ?? '';

describe('the page of a terminal', () => {
  it('keeps colours until they are reset, and nothing else of the escape sequences', () => {
    expect(spans(`a ${ESC}[1m${ESC}[33mb${ESC}[39m c${ESC}[0m d${ESC}[?25l`)).toBe(
      '<span style="">a </span><span style="font-weight:bold;color:#f0c674">b</span>' +
        '<span style="font-weight:bold"> c</span><span style=""> d</span>',
    );
  });

  it('shows text as text', () => {
    expect(spans('<b> & "c"\nd')).toBe('<span style="">&lt;b> &amp; "c"</span>\n<span style="">d</span>');
  });
});
