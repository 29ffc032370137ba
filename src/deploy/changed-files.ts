import { readFile } from 'node:fs/promises'
import type { Baseline } from '../airflow/baseline.ts'
import { connectAirflow } from '../airflow/connect.ts'
import { nameFiles } from '../airflow/file-names.ts'
import { ActionError } from '../errors.ts'
import type { GeneratedFile } from '../project/archive.ts'
import type { DagFile } from '../project/dag-file.ts'
import { fingerprint } from '../project/dag-promise.ts'
import { belowDags } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import type { DeployPlan } from './plan.ts'

/** So many texts are asked for where git does not tell what changed. */
const MOST_ASKED = 20

/**
 * Files of the DAG folder, by their path below it, whose text is not what runs now; undefined when that is not known. Git knows it,
 * as a rule. Where it does not, Airflow 2 is asked for its copies before they are replaced, since it proves less of a changed DAG;
 * where that is too much, all of them count as changed.
 *
 * @param baseline what Airflow shows before the deploy
 */
export async function findChangedFiles(
  run: Run,
  { changedDags }: Pick<DeployPlan, 'changedDags'>,
  generated: readonly GeneratedFile[],
  baseline: Baseline | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const { files } = await run.project().dagFolder
  const own = new Map(files.map((file) => [belowDags(file.path), file]))
  const made = new Map(generated.map(({ path, content }) => [belowDags(path), content]))
  const { dagFolders } = await run.project().tree
  const known = changedDags && new Set(changedDags.map((path) => belowFolder(path, dagFolders)))
  if (!baseline) return known
  const airflow = await connectAirflow({ ...run, tokens: run.session }, run.deployment)
  if (airflow.major === 3) return known

  const name = nameFiles(
    baseline.dags.flatMap(({ file }) => file ?? []),
    new Set([...own.keys(), ...made.keys()]),
  )
  const shown = new Map(
    baseline.dags.flatMap((dag) => (dag.file === undefined ? [] : [[name(dag.file), dag] as const])),
  )
  const isOpen = (file: string): boolean => made.has(file) || (known === undefined && own.has(file))
  const open = [...shown].filter(([file]) => isOpen(file))
  const changed = new Set(known)
  if (open.length > MOST_ASKED) return new Set([...changed, ...open.map(([file]) => file)])
  await Promise.all(
    open.map(async ([file, dag]) => {
      try {
        const text = made.get(file) ?? (await readText(own.get(file)))
        if (text !== undefined && fingerprint(await airflow.dagSource(dag)) === fingerprint(text)) return
      } catch (error) {
        if (!(error instanceof ActionError) || run.signal.aborted) throw error
      }
      changed.add(file)
    }),
  )
  return changed
}

function belowFolder(path: string, folders: readonly string[]): string {
  const folder = folders.find((one) => one !== '' && path.startsWith(`${one}/`))
  return folder === undefined ? path : path.slice(folder.length + 1)
}

async function readText(file: DagFile | undefined): Promise<string | undefined> {
  return file?.kind === 'file' ? readFile(file.absolutePath, 'utf8') : undefined
}
