import type { Inputs } from '../inputs/types.ts'
import type { PreparedProject } from '../project/prepare.ts'
import type { Run } from '../run.ts'

type CheckRun = Pick<Run, 'env' | 'log' | 'outputs' | 'stage' | 'tell'> & {
  readonly inputs: Inputs
  readonly project: () => PreparedProject
}

/** `action: check`: looks at the Python files of the project, without a credential. Throws ActionError. */
export async function checkProject(run: CheckRun): Promise<void> {
  const { inputs, stage, tell } = run
  const { checked, dagFolder, commit } = run.project()
  await stage('Check the DAGs', async () => {
    if (inputs.deployType !== 'image-only') await dagFolder
    tell({ headline: 'The check failed', commit: await commit.catch(() => undefined) })
    if (checked === undefined) return
    const { performCheck } = await import('./perform.ts')
    await performCheck(
      { ...run, checked },
      {
        deployed: undefined,
        ships: inputs.imageName === undefined ? undefined : 'prebuilt',
        bringsDags: inputs.deployType !== 'image-only',
        bringsImage: inputs.deployType !== 'dags-only',
        isPathSet: false,
        // Whether the Deployment takes DAGs apart from its image is not known otherwise.
        isBundle: inputs.deployType === 'dags-only',
      },
    )
  })
  tell({ headline: 'The DAGs were checked' })
}
