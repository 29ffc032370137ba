import { airflowMajorOf } from '../image/runtime-version.ts'
import type { CheckTarget, PythonVersion } from './types.ts'

/**
 * The Python of a runtime's image, unless its tag names another one. Absent: not known, or too new for this table.
 *
 * Runtime 4 to 7 have 3.9, 8 has 3.10, 9 to 11 have 3.11, 12 and 13 have 3.12; of those with Airflow 3, 3.0 and 3.1 have 3.12.
 */
const DEFAULT_PYTHON: Readonly<Record<string, PythonVersion>> = {
  '4': 309,
  '5': 309,
  '6': 309,
  '7': 309,
  '8': 310,
  '9': 311,
  '10': 311,
  '11': 311,
  '12': 312,
  '13': 312,
  '3.0': 312,
  '3.1': 312,
}

/** `13.2.0` or `3.1-2`. */
export function defaultPython(runtime: string): PythonVersion | undefined {
  const [, withAirflow3, before] = /^v?(?:(\d+\.\d+)-\d|(\d+)\.\d+\.\d)/.exec(runtime) ?? []
  return DEFAULT_PYTHON[withAirflow3 ?? before ?? '']
}

export type BaseImage = {
  readonly runtime: string
  readonly python: PythonVersion | undefined
  /** The tag says which Python it has. */
  readonly namesPython: boolean
}

const TAG =
  /\/(?:astro-runtime|runtime)(?:-slim)?:(v?\d+\.\d+[.-]\d+[^\s@]*?)(?:-python-(\d)\.(\d+))?(?:-base)?(?:@\S+)?(?:\s|$)/i

/** What a FROM line says of an Astro Runtime; undefined when it names none, or by a variable. */
export function readBaseImage(from: string | undefined): BaseImage | undefined {
  const [, runtime, major, minor] = TAG.exec(from ?? '') ?? []
  if (runtime === undefined) return undefined
  const named = minor === undefined ? undefined : Number(major) * 100 + Number(minor)
  return { runtime, python: named ?? defaultPython(runtime), namesPython: named !== undefined }
}

/** `312` as `3.12`. */
export function nameOf(python: PythonVersion): string {
  return `${Math.floor(python / 100)}.${python % 100}`
}

export type TargetFacts = {
  /** What the Deployment runs; undefined or empty when there is none. */
  readonly deployed: string | undefined
  /** The FROM line of the project's Dockerfile. */
  readonly from: string | undefined
  /** Whether this deploy brings the image: the Dockerfile's, or one that an earlier step built. */
  readonly ships: 'built' | 'prebuilt' | undefined
  /** `check-airflow`. */
  readonly wished: 2 | 3 | undefined
  readonly isBundle: boolean
}

/**
 * What the files are going to run on. A deploy of DAGs alone goes to what runs; an image brings its own. The tag of the
 * Dockerfile tells the Python of what runs as well, for the project's last image was built from it.
 */
export function decideTarget({ deployed, from, ships, wished, isBundle }: TargetFacts): CheckTarget {
  const base = readBaseImage(from)
  const current = deployed === undefined || deployed === '' ? undefined : deployed
  const usesImage = ships === 'built' || (ships === undefined && current === undefined)
  const runtime = usesImage ? (base?.runtime ?? (ships === 'built' ? undefined : current)) : current
  const python =
    ships === 'prebuilt' || runtime === undefined
      ? undefined
      : usesImage || base?.namesPython === true
        ? base?.python
        : defaultPython(runtime)
  const major = runtime === undefined ? undefined : airflowMajorOf(runtime)
  const airflow = wished ?? (major === 2 || major === 3 ? major : undefined)
  const brings = [
    python === undefined ? 'a Python that is not known here' : `Python ${nameOf(python)}`,
    airflow === undefined
      ? 'an Airflow that is not known here'
      : `Airflow ${airflow}${wished === undefined ? '' : ' (`check-airflow`)'}`,
  ].join(' and ')
  const whose = usesImage ? 'the Dockerfile' : 'the Deployment'
  return {
    python,
    airflow,
    source: runtime === undefined ? brings : `${brings}, as of Astro Runtime ${runtime} of ${whose}`,
    isBundle: isBundle && airflow === 3,
  }
}
