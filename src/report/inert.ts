/**
 * A text in which the runner finds no command. It obeys `::name …::` at the start of a line, white space before it
 * notwithstanding, and the old `##[name]` anywhere in a line; lines end at `\r` too, and U+0085 counts as
 * white space. What it would obey is broken up
 * by a visible character.
 */
export function inert(text: string): string {
  return text.replace(/(?<=^|\u0085)([\s\u0085]*)(?=::)/gm, '$1|').replaceAll('##[', '##|[')
}
