/** Astro's two formats: `13.2.0` (Airflow 2), and `3.1-2` (Airflow major and minor, then Astro's own number). */
type Version = {
  readonly isNew: boolean
  readonly numbers: readonly [number, number, number]
  /** Text of a pre-release, such as `alpha1`; empty for a release. */
  readonly pre: string
}

const NEW = /^v?(\d+)\.(\d+)-(\d+)(?:[-.](.+))?$/
const OLD = /^v?(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?(?:\+.*)?$/

function readVersion(text: string): Version | undefined {
  const isNew = NEW.test(text)
  const [, a, b, c, pre = ''] = (isNew ? NEW : OLD).exec(text) ?? []
  return c === undefined ? undefined : { isNew, numbers: [Number(a), Number(b), Number(c)], pre }
}

/**
 * Orders runtime versions (section 4 of the control plane's contract): negative when `a` is older. Any version of the new
 * format is newer than any of the old; one that cannot be read is older than all others.
 */
export function compareRuntimes(a: string, b: string): number {
  const [left, right] = [readVersion(a), readVersion(b)]
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined)
  if (left.isNew !== right.isNew) return left.isNew ? 1 : -1
  const different = left.numbers.findIndex((number, index) => number !== right.numbers[index])
  if (different !== -1) return (left.numbers[different] ?? 0) - (right.numbers[different] ?? 0)
  return comparePreReleases(left.pre, right.pre)
}

/** As in semver: a pre-release comes before its release; dotted parts by number where both are numbers. */
function comparePreReleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  const [left, right] = [a.split('.'), b.split('.')]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]]
    if (one === other) continue
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1
    const [x, y] = [/^\d+$/.test(one), /^\d+$/.test(other)]
    if (x && y) return Number(one) - Number(other)
    return x !== y ? (x ? -1 : 1) : one < other ? -1 : 1
  }
  return 0
}

/** Whether two names are of one runtime: a leading v means nothing. */
export function isSameRuntime(a: string, b: string): boolean {
  return a.replace(/^v(?=\d)/, '') === b.replace(/^v(?=\d)/, '')
}

/** The Airflow major that a runtime brings; undefined for a version that cannot be read. */
export function airflowMajorOf(runtime: string): number | undefined {
  const version = readVersion(runtime)
  return version && (version.isNew ? version.numbers[0] : 2)
}

export type RuntimeFacts = {
  /** The image's label; undefined when it has none. */
  readonly label: string | undefined
  /** What the Deployment runs; empty for one that never ran. */
  readonly current: string
  /** What Astro offers this Deployment. */
  readonly supported: readonly string[]
}

export type RuntimeProblem = 'label-missing' | 'downgrade' | 'airflow-3-jump' | 'unsupported'

/** The oldest runtime from which Astro upgrades to Airflow 3. */
export const OLDEST_BEFORE_AIRFLOW_3 = '12.0.0'

/** What speaks against this image on this Deployment; undefined when nothing does. A version that runs already is fine. */
export function findRuntimeProblem({ label, current, supported }: RuntimeFacts): RuntimeProblem | undefined {
  if (label === undefined || label === '') return 'label-missing'
  if (isSameRuntime(label, current)) return undefined
  if (current !== '' && compareRuntimes(label, current) < 0) return 'downgrade'
  const jumps = airflowMajorOf(current) === 2 && (airflowMajorOf(label) ?? 0) >= 3
  if (jumps && compareRuntimes(current, OLDEST_BEFORE_AIRFLOW_3) < 0) return 'airflow-3-jump'
  return supported.some((version) => isSameRuntime(version, label)) ? undefined : 'unsupported'
}
