import { readFileSync } from 'node:fs';

/** One instruction: its name and the rest of its line, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The stages of a Dockerfile that uses no heredocs and no comments within instructions. */
export function readStages(path: string): readonly (readonly Instruction[])[] {
  const lines = readFileSync(path, 'utf8')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === undefined || text === undefined) continue;
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, text });
  }
  return stages;
}

/** The texts of all instructions of a name. */
export function textsOf(stage: readonly Instruction[], name: string): readonly string[] {
  return stage.filter((each) => each.name === name).map(({ text }) => text);
}

/** The words of an instruction in JSON form, such as `ENTRYPOINT ["node"]`; what stands before the array is left out. */
export function wordsOf(stage: readonly Instruction[], name: string): readonly string[] {
  const text = textsOf(stage, name)[0] ?? '[]';
  return JSON.parse(text.slice(text.indexOf('['))) as readonly string[];
}

/** `ENV A=b C=d` as an object. */
export function environmentOf(stage: readonly Instruction[]): Record<string, string> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=')));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}
