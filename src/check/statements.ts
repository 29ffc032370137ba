export type Token = {
  /** The linter's name of its kind, such as `Identifier`, `String` or `Import`. */
  readonly kind: string
  readonly text: string
  readonly line: number
}

/** A simple statement, or the head of a compound one. */
export type Statement = {
  readonly tokens: readonly Token[]
  /** What the compound statements around it begin with, from the outside. */
  readonly within: readonly string[]
}

const TOKEN = /^\s+(\w+) (\d+)\.\.(\d+)/gm
const OPENING = new Set(['Lpar', 'Lsqb', 'Lbrace'])
const CLOSING = new Set(['Rpar', 'Rsqb', 'Rbrace'])
const COMPOUND = new Set([
  'If',
  'Elif',
  'Else',
  'For',
  'While',
  'Try',
  'Except',
  'Finally',
  'With',
  'Def',
  'Class',
])

/** The statements of a file that has no syntax error, from the list of its tokens as the linter writes it. */
export function readStatements(source: string, tokenList: string): readonly Statement[] {
  const statements: Statement[] = []
  const blocks: string[] = []
  let head: string | undefined
  let inline: string[] = []
  let tokens: Token[] = []
  let depth = 0
  const end = (): void => {
    if (tokens.length > 0) statements.push({ tokens, within: [...blocks, ...inline] })
    tokens = []
  }
  for (const token of readTokens(source, tokenList)) {
    const { kind } = token
    if (kind === 'Indent') blocks.push(head ?? '')
    else if (kind === 'Dedent') blocks.pop()
    else if (kind === 'Newline') {
      end()
      inline = []
    } else if (kind === 'Semi' && depth === 0) end()
    else if (kind === 'Colon' && depth === 0 && isHead(tokens)) {
      head = keywordOf(tokens)
      end()
      inline = [...inline, head]
    } else {
      if (OPENING.has(kind)) depth++
      if (CLOSING.has(kind)) depth--
      tokens.push(token)
    }
  }
  end()
  return statements
}

const keywordOf = (tokens: readonly Token[]): string => {
  const [first, second] = tokens
  return (first?.kind === 'Async' ? second?.kind : first?.kind) ?? ''
}

/** A colon also stands behind `lambda` and in annotations. */
function isHead(tokens: readonly Token[]): boolean {
  const keyword = keywordOf(tokens)
  if (keyword === 'Match' || keyword === 'Case') return true
  if (!COMPOUND.has(keyword)) return false
  const open = tokens.filter(({ kind }) => kind === 'Lambda').length
  if (open === 0) return true
  let depth = 0
  let lambdas = 0
  for (const { kind } of tokens) {
    if (OPENING.has(kind)) depth++
    else if (CLOSING.has(kind)) depth--
    else if (depth === 0 && kind === 'Lambda') lambdas++
    else if (depth === 0 && kind === 'Colon') lambdas--
  }
  return lambdas <= 0
}

/** The bracket that is still open at the end of a file that ends too early. */
export function neverClosed(source: string, tokenList: string): Token | undefined {
  const open: Token[] = []
  for (const token of readTokens(source, tokenList)) {
    if (OPENING.has(token.kind)) open.push(token)
    if (CLOSING.has(token.kind)) open.pop()
  }
  return open.at(-1)
}

const UNIMPORTANT = new Set(['Comment', 'NonLogicalNewline', 'EndOfFile'])

/** Positions in the list are of bytes in UTF-8. */
function* readTokens(source: string, tokenList: string): Generator<Token> {
  const bytes = Buffer.from(source)
  const slice =
    bytes.length === source.length
      ? (from: number, to: number) => source.slice(from, to)
      : (from: number, to: number) => bytes.toString('utf8', from, to)
  let line = 1
  let counted = 0
  for (const [, kind = '', from = '', to = ''] of tokenList.matchAll(TOKEN)) {
    if (UNIMPORTANT.has(kind)) continue
    const start = Number(from)
    for (; counted < start; counted++)
      if (bytes[counted] === 10 || (bytes[counted] === 13 && bytes[counted + 1] !== 10)) line++
    yield { kind, text: slice(start, Number(to)), line }
  }
}
