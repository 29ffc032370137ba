import * as path from 'node:path/posix'

/** A traceback through a file of a DAG bundle on Astro (section 12.1 of the control plane's contract). */
const IN_BUNDLE = /\/dag_bundles\/[^"\n]*\/dags\//

/** What Python takes for a part of a module's name. */
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u

/**
 * Cause and cure of a module that Airflow 3 does not find although it lies in the DAG folder: only the root of the DAG bundle
 * is on Python's path, and the DAG folder is `dags/` in it. Undefined for any other error.
 *
 * @param error.file the file that imports it, below the DAG folder
 * @param dagFiles all files of the folder
 */
export function explainMissingModule(
  error: { readonly message: string; readonly trace: string; readonly file: string },
  dagFiles: ReadonlySet<string>,
): string | undefined {
  const [, module] = /^ModuleNotFoundError: No module named '([\p{L}\p{N}_.]+)'/u.exec(error.message) ?? []
  if (module === undefined || !IN_BUNDLE.test(error.trace)) return undefined
  const place = module.replaceAll('.', '/')
  const found = ['', path.dirname(error.file)]
    .map((folder) => path.join(folder, place))
    .find((base) => isModule(base, dagFiles))
  if (found === undefined) return undefined
  if (!found.split('/').every((name) => IDENTIFIER.test(name))) return undefined
  const right = `dags.${found.replaceAll('/', '.')}`
  return `The module lies in the DAG folder, which Airflow 3 on Astro does not have on Python's path: write \`from ${right} import …\` or \`import ${right}\`.`
}

function isModule(base: string, files: ReadonlySet<string>): boolean {
  return (
    files.has(`${base}.py`) || [...files].some((file) => file.startsWith(`${base}/`) && file.endsWith('.py'))
  )
}
