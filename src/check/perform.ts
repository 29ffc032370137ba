import type { Inputs } from '../inputs/types.ts'
import type { PreparedProject } from '../project/prepare.ts'
import type { Run } from '../run.ts'
import { asSentence, describeError } from '../errors.ts'
import { ActionError } from '../errors.ts'
import { isInside, judge } from './judge.ts'
import { decideTarget } from './python-version.ts'
import type { TargetFacts } from './python-version.ts'
import { IMAGE_FOLDERS } from './read-project.ts'
import { reportCheck } from './report.ts'

export type Scope = Omit<TargetFacts, 'from' | 'wished'> & {
  readonly bringsDags: boolean
  readonly bringsImage: boolean
  /** Something on Astro sets where Python looks for modules. */
  readonly isPathSet: boolean
}

type Checking = Pick<Run, 'env' | 'log' | 'outputs' | 'tell'> & {
  readonly inputs: Pick<Inputs, 'check' | 'checkAirflow' | 'checkSarif' | 'dagsPath' | 'rootFolder'>
  readonly checked: NonNullable<PreparedProject['checked']>
}

/** Judges what was read by what it is going to run on. Only `ASTRO-CHECK-SYNTAX` is thrown: the check itself fails no step. */
export async function performCheck(run: Checking, scope: Scope): Promise<void> {
  const { inputs, log } = run
  const { dagsPath } = inputs
  try {
    const read = await run.checked
    const target = decideTarget({ ...scope, from: read.from, wished: inputs.checkAirflow })
    const judged = judge({
      results: read.results.filter(({ path }) =>
        IMAGE_FOLDERS.some((folder) => path.startsWith(`${folder}/`) && !isInside(dagsPath, path))
          ? scope.bringsImage
          : scope.bringsDags,
      ),
      dagsPath,
      target,
      isIgnored: (path) => ignoredBy(read.isIgnored, path, target.airflow),
      installed: read.installed,
      isPathSet: read.isPathSet || scope.isPathSet,
    })
    await reportCheck(run, judged, target, read.elapsedMs)
  } catch (error) {
    if (error instanceof ActionError) throw error
    log.warning(
      `The DAGs could not be checked: ${asSentence(describeError(error))} The step goes on without.`,
    )
  }
}

/** Without a known Airflow, what only one of the two hides may be hidden. */
function ignoredBy(
  isIgnored: (path: string, major: 2 | 3) => 'yes' | 'maybe' | 'no',
  path: string,
  airflow: 2 | 3 | undefined,
): 'yes' | 'maybe' | 'no' {
  if (airflow !== undefined) return isIgnored(path, airflow)
  const both = [isIgnored(path, 2), isIgnored(path, 3)]
  return both.every((one) => one === 'yes') ? 'yes' : both.every((one) => one === 'no') ? 'no' : 'maybe'
}
