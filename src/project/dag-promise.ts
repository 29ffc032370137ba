import { createHash } from 'node:crypto'

/** What the text of a file says about the DAGs that Airflow will find in it. */
export type DagPromise = {
  /**
   * `promised`: each import of the file makes a DAG. `possible`: Airflow looks into the file, and may find some. `none`: it
   * passes the file over, since it looks only into files that mention both words ("safe mode").
   */
  readonly kind: 'promised' | 'possible' | 'none'
  readonly ids: readonly { readonly id: string; readonly line: number }[]
}

/** The ID must be the whole argument: `"etl" + SUFFIX` is another one. */
const CALL = /\bDAG\s*\(\s*(?:dag_id\s*=\s*)?(["'])([\w.-]+)\1\s*(?=[,)])/g
const DECORATED = /^@(?:\w+\.)*dag\b(\s*\([^]*?\))?\s*\n(?:@[^\n]*\n)*def\s+(\w+)\s*\(/gm

/** Reads the text of a Python file, without Python: only what stands plainly at the top level counts as a promise. */
export function readDagPromise(source: string): DagPromise {
  if (!/dag/i.test(source) || !/airflow/i.test(source)) return { kind: 'none', ids: [] }
  const { code, lines } = readPython(source)
  const lineAt = (index: number): number => code.slice(0, index).split('\n').length
  const called = [...code.matchAll(CALL)].map(({ 2: id = '', index }) => ({ id, line: lineAt(index) }))
  const decorated = [...code.matchAll(DECORATED)].map(
    ({ 0: whole, 1: options = '', 2: name = '', index }) => {
      const given = /dag_id\s*=\s*(?:["']([\w.-]+)["']\s*(?=[,)]))?/.exec(options)
      const id = given ? given[1] : name
      // What another decorator makes of it is not known.
      const isPlain = !/(?:^|\n)[@)][^\n]*\n$/.test(code.slice(0, index))
      return { id, name, isPlain, line: lineAt(index) + whole.split('\n').length - 1 }
    },
  )
  const makers = new Set(decorated.filter(({ isPlain }) => isPlain).map(({ name }) => name))
  return {
    kind: alwaysMakesDag(lines, makers) ? 'promised' : 'possible',
    ids: [...called, ...decorated.flatMap(({ id, line }) => (id === undefined ? [] : [{ id, line }]))],
  }
}

/** A string of several lines, one of one line, a comment, the mark of a line that goes on, a bracket, the end of a line. */
const TOKEN =
  /"""[^"\\]*(?:(?:\\[^]|"(?!""))[^"\\]*)*"""|'''[^'\\]*(?:(?:\\[^]|'(?!''))[^'\\]*)*'''|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|#[^\n]*|\\\n|[()[\]{}]|\n/g

/**
 * The text without comments and strings of several lines, with every line where it was; and its statements, a line each, without
 * what is in strings.
 */
function readPython(source: string): { readonly code: string; readonly lines: readonly string[] } {
  const text = source.replaceAll('\r\n', '\n')
  const code = text.replace(TOKEN, (token) =>
    /^(?:#|"""|''')/.test(token) ? token.replace(/[^\n]/g, ' ') : token,
  )
  let depth = 0
  const joined = text.replace(TOKEN, (token) => {
    if (/^["']/.test(token)) return '""'
    if (token.startsWith('#') || token === '\\\n') return ' '
    if (token === '\n') return depth > 0 ? ' ' : token
    depth = Math.max(0, depth + ('([{'.includes(token) ? 1 : -1))
    return token
  })
  return { code, lines: joined.split('\n').filter((line) => line.trim() !== '') }
}

const BLOCK = /^(?:if|elif|else|for|while|try|except|finally|match|async)\b/
/** Variables in there are others. */
const SCOPE = /^(?:async\s+def|def|class)\b|^@/
const NEW_DAG = /^(?:(with)\s+|([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*)?(?:\w+\.)*DAG\s*\(/
const CALLED = /^(?:[A-Za-z_]\w*\s*(?::[^=]+)?=\s*)?(\w+)\s*\(/

/**
 * Whether each run of this code leaves a DAG behind: a statement that runs whatever comes makes one, and nothing takes it away.
 *
 * @param makers functions that make a DAG when they are called
 */
function alwaysMakesDag(lines: readonly string[], makers: ReadonlySet<string>): boolean {
  const kept = new Set<string>()
  let isOtherScope = false
  for (const line of lines) {
    const isTop = !/^\s/.test(line)
    if (isTop) isOtherScope = SCOPE.test(line)
    if (isOtherScope) continue
    for (const name of kept) if (changes(line, name)) kept.delete(name)
    if (!isTop || BLOCK.test(line)) continue
    for (const statement of line.startsWith('with ') ? [line] : line.split(';').map((part) => part.trim())) {
      const [made, isBlock, name] = NEW_DAG.exec(statement) ?? []
      const [called, maker = ''] = CALLED.exec(statement) ?? []
      if (made !== undefined) {
        const rest = afterCall(statement, made)
        if (isBlock !== undefined ? /^\s*(?:as\s+\w+\s*)?[:,]/.test(rest) : rest.trim() === '')
          kept.add(name ?? '')
      } else if (called !== undefined && makers.has(maker) && !/\bif\b/.test(afterCall(statement, called)))
        kept.add('')
    }
  }
  return kept.size > 0
}

/** Whether a line takes a variable away, or gives it another value, be it under a condition. */
const changes = (line: string, name: string): boolean =>
  name !== '' && new RegExp(`\\bdel\\b.*\\b${name}\\b|(?:^|[:;])\\s*${name}\\s*(?::[^=]+)?=(?!=)`).test(line)

/** What follows the bracket that closes the call; `opened` is its head with the bracket that opens it. */
function afterCall(statement: string, opened: string): string {
  let depth = 1
  let end = opened.length
  for (; end < statement.length && depth > 0; end++) {
    if ('([{'.includes(statement[end] ?? '')) depth += 1
    else if (')]}'.includes(statement[end] ?? '')) depth -= 1
  }
  return statement.slice(end)
}

/** Equal for texts that differ in nothing but how their lines end. */
export function fingerprint(source: string): string {
  return createHash('sha256').update(source.replaceAll('\r\n', '\n').trimEnd()).digest('hex')
}
