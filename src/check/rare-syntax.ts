import type { Token } from './statements.ts'
import { readStatements } from './statements.ts'
import type { Diagnostic } from './types.ts'

/** Python's own limits. */
const MOST_OPEN = 200
const MOST_DIGITS = 4300

/**
 * What Python rejects and the linter lets pass. Only for a file that it found nothing wrong with, and only where a first look
 * says that there may be something.
 */
export function findRareSyntax(source: string, tokensOf: (source: string) => string): readonly Diagnostic[] {
  const mayBe =
    source.includes('__debug__') ||
    /^\s*\*/m.test(source) ||
    /\d[\d_]{4299}/.test(source) ||
    deepest(source) > MOST_OPEN
  if (!mayBe) return []
  return readStatements(source, tokensOf(source)).flatMap(({ tokens }) => [
    ...loneStar(tokens),
    ...tokens.flatMap((token, at) => rareToken(token, tokens[at + 1])),
    ...tooDeep(tokens),
  ])
}

function rareToken(token: Token, next: Token | undefined): readonly Diagnostic[] {
  if (token.kind === 'Identifier' && token.text === '__debug__' && next?.kind === 'Equal') {
    return [at(token, 'cannot assign to `__debug__`')]
  }
  const isLong =
    token.kind === 'Int' && /^[1-9]/.test(token.text) && token.text.replaceAll('_', '').length > MOST_DIGITS
  return isLong ? [at(token, `An integer has at most ${MOST_DIGITS} digits`)] : []
}

/** `*(a)` as a statement: neither an assignment nor a tuple. */
function loneStar(tokens: readonly Token[]): readonly Diagnostic[] {
  const [first] = tokens
  if (first?.kind !== 'Star') return []
  const depths = depthsOf(tokens)
  const stands = tokens.some(({ kind }, index) => depths[index] === 0 && /^(?:Comma|Equal)$/.test(kind))
  return stands ? [] : [at(first, "can't use starred expression here")]
}

function tooDeep(tokens: readonly Token[]): readonly Diagnostic[] {
  const index = depthsOf(tokens).findIndex((depth) => depth > MOST_OPEN)
  const token = tokens[index]
  return token ? [at(token, 'too many nested parentheses')] : []
}

/** How many brackets are open at each token, itself included. */
function depthsOf(tokens: readonly Token[]): readonly number[] {
  let depth = 0
  return tokens.map(({ kind }) => {
    if (/^(?:Lpar|Lsqb|Lbrace)$/.test(kind)) return ++depth
    return /^(?:Rpar|Rsqb|Rbrace)$/.test(kind) ? depth-- : depth
  })
}

/** The most brackets that are open anywhere, those in texts and comments included. */
function deepest(source: string): number {
  let [depth, most] = [0, 0]
  for (const bracket of source.matchAll(/[()[\]{}]/g)) {
    if ('([{'.includes(bracket[0])) most = Math.max(most, ++depth)
    else if (depth > 0) depth--
  }
  return most
}

function at({ line }: Token, message: string): Diagnostic {
  return { code: 'invalid-syntax', message, help: undefined, line, column: 1 }
}
