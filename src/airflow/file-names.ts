/** Where Airflow has the DAG folder on Astro, and in Airflow's own images. */
const KNOWN_ROOTS = ['/usr/local/airflow/dags/', '/opt/airflow/dags/']
/** Folders of the project that are no part of it, whose files may be called as some of it are. */
const BESIDE_DAGS = /^\/(?:usr\/local|opt)\/airflow\/(?!dags\/)/
/** Where it is in a DAG bundle on Astro, whose entries begin so (section 12.1 of the control plane's contract). */
const IN_BUNDLE = 'dags/'

/**
 * Airflow's names for files (absolute in Airflow 2, relative to the DAG bundle in 3, `package.zip/inner.py` in archives) as
 * paths below the DAG folder. A root that is not known is found out from the names themselves: it is the one that makes most
 * of them files of the folder.
 *
 * @param own the files of the folder
 * @param framePaths the files that tracebacks name, which are absolute in both majors. Their roots are found out likewise, and
 * may be several: each version of a bundle may have a folder of its own.
 */
export function nameFiles(
  airflowNames: readonly string[],
  own: ReadonlySet<string>,
  framePaths: readonly string[] = [],
): (airflowName: string) => string {
  const isUnknown = (name: string): boolean =>
    name.startsWith('/') && !roots.some((known) => name.startsWith(known))
  const roots = [...KNOWN_ROOTS]
  const root = findRoot(airflowNames.filter(isUnknown), own)
  if (root !== undefined) roots.unshift(root)
  const ofProject = [...new Set(framePaths)].filter((path) => !isLibrary(path) && !BESIDE_DAGS.test(path))
  for (;;) {
    const another = findRoot(ofProject.filter(isUnknown), own)
    if (another === undefined) break
    roots.push(another)
  }
  const isInBundle = findRoot(airflowNames.filter(isRelative), own) === IN_BUNDLE
  return (name) => {
    if (isRelative(name)) return nameRelative(name, own, isInBundle)
    const inside = roots.find((candidate) => name.startsWith(candidate))
    return archiveOf(inside === undefined ? name : name.slice(inside.length), own)
  }
}

const isRelative = (name: string): boolean => !name.startsWith('/')

/**
 * A name below the root of the DAG bundle. The code of before may have lain elsewhere than the new one, so each name is taken
 * as it fits.
 *
 * @param isInBundle whether the DAG folder is a folder of the bundle, as far as most names tell
 */
function nameRelative(name: string, own: ReadonlySet<string>, isInBundle: boolean): string {
  const whole = archiveOf(name, own)
  if (!name.startsWith(IN_BUNDLE)) return whole
  const inside = archiveOf(name.slice(IN_BUNDLE.length), own)
  const [likely, other] = isInBundle ? [inside, whole] : [whole, inside]
  return !own.has(likely) && own.has(other) ? other : likely
}

/** Whether a file is one of Python's own or of a package, some of which are called as some of ours are. */
export function isLibrary(path: string): boolean {
  return /^<|\/(?:site|dist)-packages\/|\/lib(?:64)?\/python[\d.]+\//.test(path)
}

function archiveOf(path: string, own: ReadonlySet<string>): string {
  const end = path.indexOf('.zip/')
  if (end < 0) return path
  const archive = path.slice(0, end + '.zip'.length)
  return own.has(archive) ? archive : path
}

/** The leading folders that make most of the names files of the folder; empty when they are so as they stand. */
function findRoot(names: readonly string[], own: ReadonlySet<string>): string | undefined {
  const votes = new Map<string, number>()
  for (const name of names) {
    for (let start = name.startsWith('/') ? 1 : 0; ; start = name.indexOf('/', start) + 1) {
      const root = name.slice(0, start)
      if (own.has(archiveOf(name.slice(start), own))) votes.set(root, (votes.get(root) ?? 0) + 1)
      if (!name.includes('/', start)) break
    }
  }
  const [best] = [...votes].toSorted(([a, x], [b, y]) => y - x || a.length - b.length)
  return best?.[0]
}
