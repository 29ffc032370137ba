/**
 * What the stand-in for Airflow makes of a DAG folder. It runs no Python. DAG IDs are read from the text of the files, and
 * comments say what an import or a run would do:
 *
 *     import nope  # local-airflow: raises ModuleNotFoundError: No module named 'nope'
 *     def f(:      # local-airflow: syntax-error
 *                  # local-airflow: reports AirflowDagCycleException: Cycle detected in DAG: x. Faulty task: y
 *     sleep(100)   # local-airflow: hangs      (ends as Airflow's import timeout)
 *                  # local-airflow: killed     (neither a DAG nor an error comes of it)
 *                  # local-airflow: no DAG     (it imports, and makes none)
 *                  # local-airflow: does not serialize ValueError: 5 is not a valid schedule.
 *                  # local-airflow: run fails | run never ends
 *                  # local-airflow: logs ::error::a line of the task's log
 *
 * A file that imports another one of the folder (`import a.b`, `from a.b import c`) fails with it, and its traceback then has
 * a frame in each file on the way, cut to the last two as Airflow does it.
 */
export type ParsedFolder = {
  readonly dags: readonly ParsedDag[]
  readonly errors: readonly ParseError[]
}

export type ParseError = {
  readonly file: string
  readonly trace: string
  /** Found only when the DAGs of the file are to be stored. */
  readonly isOfSerialization?: boolean
}

export type RunScript = { readonly outcome: 'success' | 'failed' | 'never'; readonly log: readonly string[] }

export type ParsedDag = {
  readonly id: string
  readonly file: string
  readonly source: string
  readonly run: RunScript
}

type Frame = { readonly file: string; readonly line: number; readonly code: string }
type Failure = { readonly frames: readonly Frame[]; readonly end: string }

const MARKER = /#\s*local-airflow:\s*(.+?)\s*$/
const UNSERIALIZED = 'does not serialize '
const TIMEOUT_FRAME = {
  file: '<airflow>/utils/timeout.py',
  line: 69,
  code: 'raise AirflowTaskTimeout(message)',
}

/** @param root where Airflow has the DAG folder, for the paths in tracebacks */
export function parseFolder(texts: ReadonlyMap<string, string>, root: string): ParsedFolder {
  const dags: ParsedDag[] = []
  const errors: ParseError[] = []
  for (const [file, source] of texts) {
    if (!file.endsWith('.py') || !/dag/i.test(source) || !/airflow/i.test(source)) continue
    const markers = markersOf(source)
    if (markers.some(({ what }) => what === 'killed' || what === 'no DAG')) continue
    const report = markers.find(({ what }) => what.startsWith('reports '))
    const failure = failureOf(texts, file, new Set())
    const unserialized = markers.find(({ what }) => what.startsWith(UNSERIALIZED))
    if (unserialized && !failure) {
      const frames = [{ file: '<airflow>/serialization.py', line: 1682, code: 'raise' }]
      const trace = traceback({ frames, end: unserialized.what.slice(UNSERIALIZED.length) }, root)
      errors.push({ file, trace, isOfSerialization: true })
    }
    if (failure) errors.push({ file, trace: traceback(failure, root) })
    else if (report) errors.push({ file, trace: report.what.slice('reports '.length) })
    else dags.push(...idsOf(source).map((id) => ({ id, file, source, run: runScript(markers) })))
  }
  return { dags, errors }
}

type Marker = { readonly what: string; readonly line: number; readonly code: string }

function markersOf(source: string): Marker[] {
  return source.split('\n').flatMap((code, index) => {
    const what = MARKER.exec(code)?.[1]
    return what === undefined ? [] : [{ what, line: index + 1, code: code.replace(MARKER, '').trimEnd() }]
  })
}

function failureOf(texts: ReadonlyMap<string, string>, file: string, seen: Set<string>): Failure | undefined {
  const source = texts.get(file)
  if (source === undefined || seen.has(file)) return undefined
  seen.add(file)
  for (const { what, line, code } of markersOf(source)) {
    const own = { file, line, code: code.trim() }
    if (what.startsWith('raises ')) return { frames: [own], end: what.slice('raises '.length) }
    if (what === 'syntax-error') return { frames: [own], end: 'SyntaxError: invalid syntax' }
    if (what === 'hangs') {
      const end = `airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for ${file} after 30.0s.\nPlease take a look at these docs to improve your DAG import time:\n* https://airflow.apache.org/, PID: 42`
      return { frames: [own, TIMEOUT_FRAME], end }
    }
  }
  for (const [index, code] of source.split('\n').entries()) {
    const [, from, plain] = /^(?:from (\w[\w.]*) import|import (\w[\w.]*))/.exec(code) ?? []
    const module = (from ?? plain)?.replaceAll('.', '/')
    if (module === undefined) continue
    const imported = [`${module}.py`, `${module}/__init__.py`].find((path) => texts.has(path))
    const failure = imported === undefined ? undefined : failureOf(texts, imported, seen)
    if (failure) {
      return { ...failure, frames: [{ file, line: index + 1, code: code.trim() }, ...failure.frames] }
    }
  }
  return undefined
}

function traceback({ frames, end }: Failure, root: string): string {
  const syntax = end.startsWith('SyntaxError')
  const shown = frames.slice(-2).flatMap(({ file, line, code }, index, all) => {
    const name = syntax && index === all.length - 1 ? '' : ', in <module>'
    return [`  File "${file.startsWith('<') ? file : `${root}/${file}`}", line ${line}${name}`, `    ${code}`]
  })
  return ['Traceback (most recent call last):', ...shown, end, ''].join('\n')
}

/** `DAG("id"`, `DAG(dag_id="id"` and functions under `@dag`. */
function idsOf(source: string): string[] {
  const code = source.replace(/#.*$/gm, '')
  const called = [...code.matchAll(/\bDAG\(\s*(?:dag_id\s*=\s*)?["']([\w.-]+)["']/g)].map(([, id = '']) => id)
  const decorated = [...code.matchAll(/^@dag\b[^\n]*\n(?:[^\n]*\n)*?def (\w+)\(/gm)].map(([, id = '']) => id)
  return [...new Set([...called, ...decorated])]
}

function runScript(markers: readonly Marker[]): RunScript {
  const says = (what: string): boolean => markers.some((marker) => marker.what === what)
  const log = markers
    .filter(({ what }) => what.startsWith('logs '))
    .map(({ what }) => what.slice('logs '.length))
  return { outcome: says('run fails') ? 'failed' : says('run never ends') ? 'never' : 'success', log }
}
