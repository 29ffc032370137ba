import type { Facts, Import, ImportedName } from './types.ts'
import type { Statement, Token } from './statements.ts'
import { outline } from './outline.ts'
import { readStatements } from './statements.ts'

/** What Airflow's "safe mode" asks of a file before it looks for DAGs in it. */
export function isReadByAirflow(source: string): boolean {
  return /dag/i.test(source) && /airflow/i.test(source)
}

/**
 * Reads what a file says at its top level. What stands under a condition, in a function or in a `try` may not run, or is
 * prepared to fail: nothing is said of it. The body of a `with` (such as that of a DAG) runs.
 */
export function readFacts(source: string, tokensOf: (source: string) => string): Facts {
  const changesPath = /sys\.path|PYTHONPATH|addsitedir|\bfrom sys import\b/.test(source)
  const outer = outline(source)
  const statements = /\b(?:import|DAG|dag)\b/.test(outer)
    ? readStatements(outer, tokensOf(outer)).filter(({ within }) => within.every((head) => head === 'With'))
    : []
  const imports = statements.flatMap(({ tokens }) => readImport(tokens))
  return { imports, changesPath, ...readDags(statements, imports) }
}

function readImport(tokens: readonly Token[]): readonly Import[] {
  const [first] = tokens
  if (first?.kind === 'Import')
    return splitAtCommas(tokens.slice(1)).map((part) => readModule(first.line, part))
  if (first?.kind !== 'From') return []
  const at = tokens.findIndex(({ kind }) => kind === 'Import')
  const path = tokens.slice(1, at)
  const listed = tokens.slice(at + 1).filter(({ kind }) => kind !== 'Lpar' && kind !== 'Rpar')
  return [
    {
      line: first.line,
      level: path.filter(isDots).reduce((sum, { text }) => sum + text.length, 0) - joiningDots(path),
      module: moduleOf(path),
      names: splitAtCommas(listed).map(readName),
      alias: undefined,
    },
  ]
}

const isDots = ({ kind }: Token): boolean => kind === 'Dot' || kind === 'Ellipsis'

/** Dots between the parts of a module's name, which are not those in front of it. */
function joiningDots(path: readonly Token[]): number {
  const first = path.findIndex((token) => !isDots(token))
  return first === -1 ? 0 : path.slice(first).filter(isDots).length
}

function moduleOf(path: readonly Token[]): string {
  const first = path.findIndex((token) => !isDots(token))
  return first === -1
    ? ''
    : path
        .slice(first)
        .map(({ text }) => text)
        .join('')
}

function readModule(line: number, part: readonly Token[]): Import {
  const as = part.findIndex(({ kind }) => kind === 'As')
  const path = as === -1 ? part : part.slice(0, as)
  return {
    line,
    level: 0,
    module: moduleOf(path),
    names: undefined,
    alias: as === -1 ? undefined : part.at(-1)?.text,
  }
}

function readName(part: readonly Token[]): ImportedName {
  return { name: part[0]?.text ?? '', alias: part.length > 1 ? part.at(-1)?.text : undefined }
}

function splitAtCommas(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'Comma') parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts.filter((part) => part.length > 0)
}

type Dags = Pick<Facts, 'dags' | 'firstDagLine'>

/** DAGs that are made at the top level: by a call of Airflow's `DAG`, or of a function that its `dag` decorates. */
function readDags(statements: readonly Statement[], imports: readonly Import[]): Dags {
  const fromAirflow = imports.filter(({ module }) => module === 'airflow' || module.startsWith('airflow.'))
  const namesOf = (wanted: string): ReadonlySet<string> =>
    new Set(
      fromAirflow.flatMap(({ names }) =>
        (names ?? []).filter(({ name }) => name === wanted).map(({ name, alias }) => alias ?? name),
      ),
    )
  const [classes, decorators] = [namesOf('DAG'), namesOf('dag')]
  const dags: { id: string; line: number }[] = []
  let firstDagLine: number | undefined
  const found = (line: number, id: string | undefined): void => {
    firstDagLine ??= line
    if (id !== undefined) dags.push({ id, line })
  }
  const decorated = new Map<string, { readonly id: string | undefined; readonly line: number }>()
  let pending: { readonly id: string | undefined | null; readonly line: number } | undefined
  for (const { tokens } of statements) {
    const [first, second, third] = tokens
    if (first?.kind === 'At') {
      if (second && decorators.has(second.text) && (third === undefined || third.kind === 'Lpar')) {
        pending = { id: third ? literalId(tokens, 2) : null, line: second.line }
      }
      continue
    }
    if (first?.kind === 'Def' && pending) {
      const name = second?.text ?? ''
      decorated.set(name, { id: pending.id === null ? name : pending.id, line: pending.line })
    }
    pending = undefined
    if (first?.kind === 'Def' || first?.kind === 'Class' || first?.kind === 'Lambda') continue
    tokens.forEach(({ kind, text, line }, at) => {
      const before = tokens[at - 1]?.kind
      if (kind !== 'Identifier' || tokens[at + 1]?.kind !== 'Lpar' || before === 'Dot') return
      if (classes.has(text)) found(line, literalId(tokens, at + 1) ?? undefined)
      const made = decorated.get(text)
      if (made) found(made.line, made.id)
    })
  }
  return { dags, firstDagLine }
}

/**
 * The ID in the arguments of a call whose parenthesis is at a place: null when none is given (a decorated function's name is
 * the ID then), undefined when it is no plain text.
 */
function literalId(tokens: readonly Token[], open: number): string | null | undefined {
  const args = argumentsFrom(tokens, open)
  const named = args.find(([name, equal]) => name?.text === 'dag_id' && equal?.kind === 'Equal')
  if (named) return plainText(named.slice(2))
  const [first] = args
  if (!first || first[1]?.kind === 'Equal')
    return args.some(([head]) => head?.kind === 'DoubleStar') ? undefined : null
  return plainText(first)
}

function argumentsFrom(tokens: readonly Token[], open: number): readonly (readonly Token[])[] {
  const args: Token[][] = [[]]
  let depth = 0
  for (const token of tokens.slice(open)) {
    if (/^(?:Lpar|Lsqb|Lbrace)$/.test(token.kind) && depth++ === 0) continue
    if (/^(?:Rpar|Rsqb|Rbrace)$/.test(token.kind) && --depth === 0) break
    if (token.kind === 'Comma' && depth === 1) args.push([])
    else args.at(-1)?.push(token)
  }
  return args.filter((one) => one.length > 0)
}

function plainText(argument: readonly Token[]): string | undefined {
  const [only, more] = argument
  if (only?.kind !== 'String' || more) return undefined
  const [, , text] = /^[rRuU]?(["'])((?:(?!\1)[^\\\n])+)\1$/.exec(only.text) ?? []
  return text
}
