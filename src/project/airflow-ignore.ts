import ignore from 'ignore'

/** The files `.airflowignore` of a DAG folder: what each says, by the folder that it is in ('' for the DAG folder). */
export type IgnoreFiles = ReadonlyMap<string, string>

/**
 * Whether Airflow passes a file over. `maybe` when it depends on a setting that is not known here: the patterns are globs
 * by default in Airflow 3, regular expressions in 2, and either can be set to the other.
 */
export function isIgnored(path: string, files: IgnoreFiles, major: 2 | 3): 'yes' | 'maybe' | 'no' {
  const glob = byGlob(path, files)
  const expression = byExpression(path, files)
  const [usual, other] = major === 3 ? [glob, expression] : [expression, glob]
  return usual ? 'yes' : other ? 'maybe' : 'no'
}

function byGlob(path: string, files: IgnoreFiles): boolean {
  return [...files].some(([folder, text]) => {
    const inside = below(folder, path)
    return inside !== undefined && ignore().add(text).ignores(inside)
  })
}

/** Python's expressions are JavaScript's as far as file names go; one that JavaScript does not read ignores nothing. */
function byExpression(path: string, files: IgnoreFiles): boolean {
  return [...files].some(
    ([folder, text]) =>
      below(folder, path) !== undefined &&
      text
        .split('\n')
        .map((line) => line.replace(/\s*#.*$/, '').trim())
        .some((pattern) => pattern !== '' && matches(pattern, path)),
  )
}

function matches(pattern: string, path: string): boolean {
  try {
    return new RegExp(pattern).test(path)
  } catch {
    return false
  }
}

function below(folder: string, path: string): string | undefined {
  if (folder === '') return path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
}
