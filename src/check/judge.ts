import { listSome } from '../errors.ts'
import { findImportProblems } from './import-path.ts'
import { nameOf } from './python-version.ts'
import type { CheckTarget, Diagnostic, FileResult, Finding, Import } from './types.ts'

export type Judged = {
  /** By file and line. */
  readonly findings: readonly Finding[]
  readonly skipped: readonly { readonly path: string; readonly why: string }[]
  readonly fileCount: number
}

export type JudgeFacts = {
  readonly results: readonly FileResult[]
  /** The DAG folder, relative to the project. */
  readonly dagsPath: string
  readonly target: CheckTarget
  /** Whether `.airflowignore` hides a file; `maybe` when that depends on a setting of Airflow. */
  readonly isIgnored: (path: string) => 'yes' | 'maybe' | 'no'
  /** Packages that the project asks for, by the names that they are imported by, as far as these are known. */
  readonly installed: ReadonlySet<string>
  /** Something outside of the files sets where Python looks for modules. */
  readonly isPathSet: boolean
}

/** What there is to say about the files, on what they are going to run on. What is not certain is not said. */
export function judge(facts: JudgeFacts): Judged {
  const { dagsPath, isIgnored } = facts
  const shown = facts.results.filter(({ path }) => isIgnored(path) !== 'yes')
  const files = shown.filter((result) => result.is === 'read')
  const findings = [
    ...files.flatMap((file) => (file.diagnostics.length === 0 ? [] : judgeDiagnostics(file, facts))),
    ...duplicateIds(files, facts),
    ...findImportProblems(files, facts),
    ...files.flatMap((file) => relativeImports(file, dagsPath)),
    ...shadowsOfAirflow(shown, dagsPath),
    ...hiddenDags(facts),
  ]
  return {
    findings: findings.toSorted(byPlace),
    skipped: shown.filter((result) => result.is === 'skipped').map(({ path, why }) => ({ path, why })),
    fileCount: files.length,
  }
}

export type ReadFile = Extract<FileResult, { readonly is: 'read' }>

const byPlace = (a: Finding, b: Finding): number =>
  a.path === b.path ? (a.line ?? 0) - (b.line ?? 0) : a.path < b.path ? -1 : 1

/** Names of Python's own that came after the oldest version, which is what the linter is told. */
const LATER_BUILTINS =
  /`(?:aiter|anext|EncodingWarning|BaseExceptionGroup|ExceptionGroup|PythonFinalizationError)`/
const SINCE = /on Python \d\.\d+ \(syntax was added in (?:Python )?(\d)\.(\d+)\)/

/** When Python got the syntax that a diagnostic is about; undefined for what no Python takes. */
function since({ message }: Diagnostic): number | undefined {
  const [, major, minor] = SINCE.exec(message) ?? []
  return minor === undefined ? undefined : Number(major) * 100 + Number(minor)
}

function judgeDiagnostics(
  { path, diagnostics, isRead }: ReadFile,
  { target, isIgnored }: JudgeFacts,
): Finding[] {
  const { python } = target
  const [syntax] = diagnostics
    .filter((one) => one.code === 'invalid-syntax')
    .filter((one) => {
      const added = since(one)
      return added === undefined || (python !== undefined && added > python)
    })
  const at = ({ line, column }: Diagnostic) => ({ path, line, column })
  if (syntax) {
    const maybe = isIgnored(path) === 'maybe'
    const passedOver = maybe
      ? 'Airflow may pass the file over: as patterns of the other syntax, `.airflowignore` names it.'
      : !isRead
        ? 'If nothing imports the file and Airflow is not to read it, name it in `.airflowignore`.'
        : undefined
    return [
      {
        rule: 'syntax',
        level: maybe ? 'warning' : 'error',
        ...at(syntax),
        message: syntaxMessage(syntax, target),
        ...(passedOver === undefined ? {} : { advice: passedOver }),
      },
    ]
  }
  return diagnostics.flatMap((one): Finding[] => {
    if (one.code === 'F821') {
      return LATER_BUILTINS.test(one.message)
        ? []
        : [{ rule: 'undefined-name', level: 'warning', ...at(one), message: `${one.message}.` }]
    }
    if (!one.code.startsWith('AIR3') || target.airflow !== 3) return []
    return [{ rule: 'airflow-3', level: 'warning', ...at(one), message: sentences(one.message, one.help) }]
  })
}

function syntaxMessage(syntax: Diagnostic, { python }: CheckTarget): string {
  if (since(syntax) === undefined || python === undefined) return `${syntax.message}.`
  return `${syntax.message.replace(/on Python \d\.\d+/, `on Python ${nameOf(python)}`)}.`
}

const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) => `${part ?? ''}.`)
    .join(' ')

/** Airflow keeps one DAG of an ID: which file's depends on which was read last. */
function duplicateIds(files: readonly ReadFile[], { dagsPath, isIgnored }: JudgeFacts): Finding[] {
  const places = new Map<string, { path: string; line: number }[]>()
  for (const { path, facts, isRead } of files) {
    if (!isInside(dagsPath, path) || facts === undefined || !isRead || isIgnored(path) !== 'no') continue
    const seen = new Set<string>()
    for (const { id, line } of facts.dags) {
      if (seen.has(id)) continue
      seen.add(id)
      places.set(id, [...(places.get(id) ?? []), { path, line }])
    }
  }
  return [...places].flatMap(([id, where]) =>
    where.length < 2
      ? []
      : where.map(({ path, line }) => {
          const others = where
            .filter((other) => other.path !== path)
            .map((other) => `${other.path}:${other.line}`)
          return {
            rule: 'duplicate-dag-id',
            level: 'warning',
            path,
            line,
            column: undefined,
            message: `The DAG ID "${id}" is also in ${listSome(others, 3)}. Airflow keeps one of the DAGs, and which one changes.`,
          } satisfies Finding
        }),
  )
}

/** Airflow loads a DAG file as a module of no package, so that there is nothing its dots could be relative to. */
function relativeImports({ path, facts, isRead }: ReadFile, dagsPath: string): Finding[] {
  if (!facts || !isRead || !isInside(dagsPath, path)) return []
  const isTopLevel = !below(dagsPath, path).includes('/')
  if ((!isTopLevel && facts.firstDagLine === undefined) || path.endsWith('/__init__.py')) return []
  const relative = facts.imports.find(({ level }) => level > 0)
  if (!relative) return []
  return [
    {
      rule: 'relative-import',
      level: 'warning',
      path,
      line: relative.line,
      column: undefined,
      message: `\`${writeImport(relative)}\` is relative, and Airflow loads a DAG file as a module of no package: "attempted relative import with no known parent package". Name the module in full.`,
    },
  ]
}

function shadowsOfAirflow(results: readonly FileResult[], dagsPath: string): Finding[] {
  const shadow = results.find(
    ({ path }) => /^airflow(?:\.py|\/.*\.py)$/.test(below(dagsPath, path)) && isInside(dagsPath, path),
  )
  if (!shadow) return []
  const name = below(dagsPath, shadow.path) === 'airflow.py' ? 'file' : 'folder'
  return [
    {
      rule: 'shadows-airflow',
      level: 'warning',
      path: shadow.path,
      line: undefined,
      column: undefined,
      message: `This ${name} has the name of Airflow's own package. Wherever the DAG folder comes first among the places where Python looks, \`import airflow\` finds it instead. Give it another name.`,
    },
  ]
}

/** A DAG that nobody will see in Airflow. */
function hiddenDags({ results, dagsPath, isIgnored }: JudgeFacts): Finding[] {
  return results.flatMap((result) => {
    if (result.is !== 'read' || !isInside(dagsPath, result.path) || isIgnored(result.path) !== 'yes')
      return []
    const { facts, isRead, path } = result
    if (!isRead || facts?.firstDagLine === undefined) return []
    return [
      {
        rule: 'ignored-dag',
        level: 'warning',
        path,
        line: facts.firstDagLine,
        column: undefined,
        message: 'This file makes a DAG, and `.airflowignore` hides it from Airflow.',
      } satisfies Finding,
    ]
  })
}

export function isInside(folder: string, path: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`)
}

/** A path inside a folder, from there. */
export function below(folder: string, path: string): string {
  return folder === '' ? path : path.slice(folder.length + 1)
}

/** An import as it is written. */
export function writeImport({ level, module, names, alias }: Omit<Import, 'line'>): string {
  const as = (other: string | undefined): string => (other === undefined ? '' : ` as ${other}`)
  if (names === undefined) return `import ${module}${as(alias)}`
  return `from ${'.'.repeat(level)}${module} import ${names.map(({ name, alias: other }) => `${name}${as(other)}`).join(', ')}`
}
