/** What decides where a logical line ends: texts, comments, continued lines, brackets and line breaks. */
const PIECE =
  /"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\r\n]|\\(?:\r\n|[^]))*"|'(?:[^'\\\r\n]|\\(?:\r\n|[^]))*'|#[^\r\n]*|\\(?:\r\n?|\n)|[()[\]{}]|\r\n?|\n/g
/** Compound statements whose body may not run when the file is loaded. */
const BLOCK = /^(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|match)\b/

/**
 * A file that has no syntax error, without the bodies of functions, classes and conditions: most of it, which would only be
 * thrown away after it was cut into tokens. Every line stays where it is.
 */
export function outline(source: string): string {
  const kept: string[] = []
  let leftOut: number | undefined
  for (const [start, end] of logicalLines(source)) {
    const line = source.slice(start, end)
    const code = line.trimStart()
    const indent = widthOf(line.slice(0, line.length - code.length))
    const isBlank = code === '' || code.startsWith('#')
    if (!isBlank && leftOut !== undefined && indent <= leftOut) leftOut = undefined
    const isLeftOut = isBlank || leftOut !== undefined
    kept.push(isLeftOut ? line.replaceAll(/[^\r\n]+/g, '') : line)
    if (!isLeftOut && BLOCK.test(code)) leftOut = indent
  }
  return kept.join('')
}

function* logicalLines(source: string): Generator<readonly [number, number]> {
  let start = 0
  let depth = 0
  for (const { 0: piece, index } of source.matchAll(PIECE)) {
    if ('([{'.includes(piece)) depth++
    else if (')]}'.includes(piece)) depth--
    else if (depth <= 0 && /^[\r\n]/.test(piece)) {
      yield [start, index + piece.length]
      start = index + piece.length
    }
  }
  if (start < source.length) yield [start, source.length]
}

/** As Python counts: a tab goes to the next multiple of eight. */
function widthOf(space: string): number {
  let width = 0
  for (const character of space) width = character === '\t' ? width + 8 - (width % 8) : width + 1
  return width
}
