import type { Ground } from './ground.ts'
import { codeOf } from './rules.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

/** What the local Airflow makes of a file with this line is in `__tests__/local-astro/airflow/dag-files.ts`. */
export const MISSING = "raises ModuleNotFoundError: No module named 'nope'"

export const goodDag = (id: string, rest = ''): string =>
  `from airflow import DAG\n\nDAG("${id}", schedule=None)\n${rest}`

/** The line is the third one. */
export const brokenDag = (what = MISSING): string =>
  `from airflow import DAG\n\nimport nope  # local-airflow: ${what}\nDAG("x")\n`

/** The Deployment of this major, which has DAG deploys on. */
export function deploymentOf({ astro }: Ground, major: number): string {
  return major === 3 ? astro.deploymentId : astro.deployments.create({ fixture: 'airflow-2' }).id
}

/** Deploys these files beside `dags/example.py` with a key pair, to this Deployment or to a Deployment of this major of Airflow. */
export async function deployDags(
  ground: Ground,
  target: string | number,
  files: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
): Promise<StepResult & { readonly code: string | undefined }> {
  const { astro } = ground
  const deploymentId = typeof target === 'number' ? deploymentOf(ground, target) : target
  await writeTree(ground.workspace, { 'dags/example.py': goodDag('example'), ...files })
  const { keyId, keySecret } = astro.keys.create(deploymentId)
  const result = await ground.run({
    inputs: {
      'key-id': keyId,
      'key-secret': keySecret,
      'deployment-id': deploymentId,
      'wait-time': '30s',
      ...inputs,
    },
  })
  return { ...result, code: codeOf(result.errors[0] ?? '') }
}
