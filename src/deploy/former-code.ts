import type { Baseline } from '../airflow/baseline.ts'
import type { AirflowClient } from '../airflow/client.ts'
import { connectAirflow } from '../airflow/connect.ts'
import { nameFiles } from '../airflow/file-names.ts'
import type { SharedIds } from '../airflow/shared-ids.ts'
import { findSharedIds } from '../airflow/shared-ids.ts'
import { ActionError } from '../errors.ts'
import type { GeneratedFile } from '../project/archive.ts'
import { fingerprint } from '../project/dag-promise.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import { belowDags, readPromisedDags, withGenerated } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import type { DeployPlan } from './plan.ts'

/** How the DAG files that are to come differ from those that run; by paths below the DAG folder. */
export type FormerCode = {
  /** Files whose text is another one; undefined when that is not known. */
  readonly changed: ReadonlySet<string> | undefined
  /** DAG IDs that several files have, and had before. */
  readonly shared: SharedIds
}

const UNKNOWN: FormerCode = { changed: undefined, shared: new Map() }
/** So many texts are asked for where git does not tell what changed. */
const MOST_TEXTS = 20

/**
 * Finds out what is to be known of the code that runs before other code takes its place. It only sharpens a later verdict, so that
 * an Airflow that does not answer is no failure.
 *
 * @param baseline what Airflow shows
 */
export async function readFormerCode(
  run: Run,
  plan: Pick<DeployPlan, 'type' | 'changedDags'>,
  generated: readonly GeneratedFile[],
  baseline: Baseline | undefined,
): Promise<FormerCode> {
  if (plan.type === 'image-only' || !baseline || baseline.dags.length === 0) return UNKNOWN
  const { clock, log, signal } = run
  let changed: ReadonlySet<string> | undefined
  try {
    const airflow = await connectAirflow({ ...run, tokens: run.session }, run.deployment)
    const project = run.project()
    const promised = withGenerated(await readPromisedDags(await project.dagFolder, airflow.major), generated)
    changed = changedFiles(plan, (await project.tree).dagFolders)
    if (airflow.major === 2) {
      const unsure = changed ? generated.map(({ path }) => belowDags(path)) : [...promised.all]
      changed = new Set([...(changed ?? []), ...(await differing(run, airflow, promised, baseline, unsure))])
    }
    const shared = await findSharedIds({ airflow, clock, log, signal }, promised, baseline, changed)
    return { changed, shared }
  } catch (error) {
    if (!(error instanceof ActionError) || signal.aborted) throw error
    log.debug(`What runs now could not be compared: ${error.observed ?? error.problem}`)
    return { ...UNKNOWN, changed }
  }
}

/** What git says. */
function changedFiles(
  { changedDags }: Pick<DeployPlan, 'changedDags'>,
  folders: readonly string[],
): ReadonlySet<string> | undefined {
  if (!changedDags) return undefined
  const below = (path: string): string => {
    const folder = folders.find((one) => one !== '' && path.startsWith(`${one}/`))
    return folder === undefined ? path : path.slice(folder.length + 1)
  }
  return new Set(changedDags.map(below))
}

/**
 * Those of some files whose text is another one than Airflow 2 has, which proves less of a DAG that changed; or may be, for so many
 * are not asked for, and not everybody may ask.
 */
async function differing(
  { signal }: Run,
  airflow: AirflowClient,
  { files, all }: PromisedDags,
  { dags }: Baseline,
  unsure: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set(unsure)
  const fingerprints = new Map(files.map((file) => [file.path, file.fingerprint]))
  const name = nameFiles(
    dags.flatMap(({ file }) => file ?? []),
    all,
  )
  const shown = new Map(dags.map((dag) => [name(dag.file ?? ''), dag]))
  const asked = [...shown].filter(([file]) => found.has(file) && fingerprints.get(file) !== undefined)
  if (asked.length > MOST_TEXTS) return found
  for (const [file, dag] of asked) {
    try {
      if (fingerprint(await airflow.dagSource(dag)) === fingerprints.get(file)) found.delete(file)
    } catch (error) {
      if (!(error instanceof ActionError) || signal.aborted) throw error
      if (error.code === 'ASTRO-AIRFLOW-FORBIDDEN') break
    }
  }
  return found
}
