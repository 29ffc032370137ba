import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Baseline } from '../airflow/baseline.ts'
import { promisedByAirflow } from '../airflow/baseline.ts'
import type { Repository } from '../airflow/report.ts'
import type { AirflowMajor } from '../airflow/types.ts'
import type { Deployment } from '../astro/types.ts'
import type { GeneratedFile } from '../project/archive.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import { belowDags, readPromisedDags, withGenerated } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import type { FormerCode } from './former-code.ts'
import type { DeployPlan } from './plan.ts'
import type { Expectation } from './rollout-verdict.ts'
import { verifyInAirflow } from './verification.ts'

/** What was deployed, and what is known of before. */
type Facts = {
  readonly plan: Pick<DeployPlan, 'type' | 'ships'>
  readonly expected: Pick<Expectation, 'dagVersion'>
  /** What the DAG bundle has beside the files of the repository. */
  readonly generated: readonly GeneratedFile[]
  readonly baseline: Baseline | undefined
  readonly former: FormerCode
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

/** Waits until Airflow has imported the new code; throws, warns and answers as `verifyInAirflow` does. */
export async function verifyDeploy(run: Run, live: Deployment, facts: Facts): Promise<boolean> {
  const { baseline, former, deadline } = facts
  return verifyInAirflow(run, live, {
    ...{ ...former, baseline, deadline },
    arrival: facts.plan.ships.image ? 'image' : 'dags',
    dagVersion: facts.expected.dagVersion,
    promised: (major) => promisedBy(run, major, facts),
    repository: (folder) => describeRepository(run, ownFiles(folder, facts)),
  })
}

/** An image alone leaves the DAGs as they are. */
async function promisedBy(
  run: Run,
  major: AirflowMajor,
  { plan, baseline, generated }: Facts,
): Promise<PromisedDags | undefined> {
  if (plan.type === 'image-only') return baseline && promisedByAirflow({ dags: baseline.dags, errors: [] })
  return withGenerated(await readPromisedDags(await run.project().dagFolder, major), generated)
}

/** Files of the repository among those of the DAG folder. What an image brings need not be what is checked out. */
function ownFiles(folder: ReadonlySet<string>, { plan, generated }: Facts): ReadonlySet<string> {
  if (plan.type === 'image-only') return new Set()
  const others = new Set(generated.map(({ path }) => belowDags(path)))
  return new Set([...folder].filter((file) => !others.has(file)))
}

async function describeRepository(run: Run, dagFiles: ReadonlySet<string>): Promise<Repository> {
  const project = run.project()
  const projectPath = await project.projectPath
  const files = dagFiles.size === 0 ? [] : (await project.dagFolder).files
  const join = (...names: readonly string[]): string => names.filter((name) => name !== '').join('/')
  const onDisk = path.join(run.env.GITHUB_WORKSPACE ?? process.cwd(), run.inputs.rootFolder)
  const absolute = new Map(
    files.flatMap((file) =>
      file.kind === 'file' ? [[belowDags(file.path), file.absolutePath] as const] : [],
    ),
  )
  return {
    dagFolder: join(projectPath, run.inputs.dagsPath),
    dagFiles,
    projectFile(name) {
      const inside = /^\/usr\/local\/airflow\/(?!dags\/)(.+)$/.exec(name)?.[1]
      return inside !== undefined && existsSync(path.join(onDisk, inside))
        ? join(projectPath, inside)
        : undefined
    },
    read(file) {
      const place = absolute.get(file)
      return place === undefined ? undefined : readFileSync(place, 'utf8')
    },
  }
}
