import { createHash } from 'node:crypto'

/** What the text of a file says about the DAGs that Airflow will find in it. */
export type DagPromise = {
  /**
   * `promised`: code at the top level makes a DAG. `possible`: Airflow looks into the file, and may find some. `none`: it
   * passes the file over, since it looks only into files that mention both words ("safe mode").
   */
  readonly kind: 'promised' | 'possible' | 'none'
  readonly ids: readonly { readonly id: string; readonly line: number }[]
}

/** The ID must be the whole argument: `"etl" + SUFFIX` is another one. */
const CALL = /\bDAG\s*\(\s*(?:dag_id\s*=\s*)?(["'])([\w.-]+)\1\s*(?=[,)])/g
const TOP_LEVEL_CALL = /^(?:with\s+|[\w.[\]"']+\s*(?::[^=\n]+)?=\s*)?(?:\w+\.)*DAG\s*\(/m
const DECORATED = /^@(?:\w+\.)*dag\b(\s*\([^]*?\))?\s*\n(?:@[^\n]*\n)*def\s+(\w+)\s*\(/gm

/** Reads the text of a Python file, without Python: only what stands plainly at the top level counts as a promise. */
export function readDagPromise(source: string): DagPromise {
  if (!/dag/i.test(source) || !/airflow/i.test(source)) return { kind: 'none', ids: [] }
  const code = withoutProse(source)
  const lineAt = (index: number): number => code.slice(0, index).split('\n').length
  const called = [...code.matchAll(CALL)].map(({ 2: id = '', index }) => ({ id, line: lineAt(index) }))
  const decorated = [...code.matchAll(DECORATED)].map(([whole, options = '', name = ''], at, all) => {
    const given = /dag_id\s*=\s*(?:["']([\w.-]+)["']\s*(?=[,)]))?/.exec(options)
    const id = given ? given[1] : name
    const isCalled = new RegExp(`^(?:\\w+\\s*=\\s*)?${name}\\s*\\(`, 'm').test(code)
    return { id, line: lineAt(all[at]?.index ?? 0) + whole.split('\n').length - 1, isCalled }
  })
  const promised =
    TOP_LEVEL_CALL.test(code.replaceAll(/;[ \t]*/g, '\n')) || decorated.some(({ isCalled }) => isCalled)
  return {
    kind: promised ? 'promised' : 'possible',
    ids: [...called, ...decorated.flatMap(({ id, line }) => (id === undefined ? [] : [{ id, line }]))],
  }
}

/** Comments and texts of several lines are blanked out, and every line stays where it is. */
function withoutProse(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ')
  return source
    .replaceAll('\r\n', '\n')
    .replace(/("""|''')[^]*?\1/g, blank)
    .replace(/^([^"'\n#]*)#.*$/gm, '$1')
}

/** Equal for texts that differ in nothing but how their lines end. */
export function fingerprint(source: string): string {
  return createHash('sha256').update(source.replaceAll('\r\n', '\n').trimEnd()).digest('hex')
}
