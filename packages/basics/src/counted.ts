/** A number with the word for what is counted: `1 post`, `2 posts`. The plural is the word with an `s` by default. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
