import { requireImageFiles } from '../image/with-image.ts'
import type { ImageNeed } from '../image/with-image.ts'
import { createCompare } from '../project/compare.ts'
import type { ProjectTree } from '../project/tree.ts'
import { listSome } from '../errors.ts'
import type { Run } from '../run.ts'
import { chooseDeploy, modifiedParts, precariousParts, readChangedDags } from './choose.ts'
import { namePartInputs } from './part-inputs.ts'
import type { DeployPlan } from './plan.ts'
import { planDeploy } from './plan.ts'
import { refuseType } from './preconditions.ts'
import { requireWhole } from './require-whole.ts'

const MOST_NAMED = 5
/** The type that ships the other part alone. */
const ONLY_OTHER = { dags: 'image-only', image: 'dags-only' } as const

/**
 * Reads the project and the deploy history, decides what is deployed, shows it, and refuses what cannot work. Nothing is
 * written, and nothing is built.
 */
export async function makePlan(run: Run): Promise<DeployPlan> {
  const { deployment, inputs, log, outputs, tell } = run
  const project = run.project()
  const [deploys, commit, projectPath, tree, credentialFiles] = await Promise.all([
    run.deploys(),
    project.commit,
    project.projectPath,
    project.tree,
    project.credentialFiles,
  ])
  tellOfCheckout(run, tree, credentialFiles)
  const compare = createCompare({ ...run, token: inputs.githubToken, repository: commit?.repository })
  const partInputs = namePartInputs(inputs, run.env)
  const facts = { inputs, partInputs, deployment, deploys, commit, projectPath, tree }
  const chooseFacts = { ...facts, projectFolder: project.folder }
  const choice = await chooseDeploy({ git: run.git, compare }, chooseFacts)
  if (choice.skip === undefined) {
    const hasImage = inputs.imageName !== undefined || tree.hasDockerfile
    refuseType({ type: choice.type, deployment, hasImage })
    await requireWhole(run, choice.type, facts)
  }
  const dagFolder =
    choice.skip === undefined && choice.type !== 'image-only' ? await project.dagFolder : undefined
  const head = tree.clone?.head
  const plan = planDeploy({
    choice,
    deployment,
    deploys,
    commit,
    mark: {
      tree: head === commit?.sha ? undefined : head,
      modified: modifiedParts(facts),
      inputs: partInputs,
      whole: precariousParts(facts).filter((part) => choice.type !== ONLY_OTHER[part]),
    },
    projectPath,
    description: inputs.description,
    dagFolder,
  })
  for (const reason of plan.reasons) log.info(reason)
  log.info(
    `Live now: ${plan.previous ? `deploy ${plan.previous.id}` : 'no deploy'}, DAG version ${plan.before.dagVersion ?? 'none'}, image ${plan.before.imageTag ?? 'none'}.`,
  )
  outputs.set({
    'deploy-type': plan.skip === undefined ? plan.type : undefined,
    'previous-deploy-id': plan.previous?.id,
  })
  tell({
    commit,
    deployType: plan.type,
    reasons: plan.reasons,
    dagVersion: { before: plan.before.dagVersion, after: undefined },
  })
  const need = imageNeed(run, plan)
  if (need && plan.skip === undefined) {
    if (!need.ships) log.info('The tests need the project’s image: it is built for them and not deployed.')
    await requireImageFiles(run, need)
  }
  const wasCompared = inputs.deployType === 'infer' || inputs.skipUnchanged
  const isVerified = inputs.verify !== 'no' && plan.type !== 'image-only'
  const changedDags =
    wasCompared || !isVerified ? choice.changedDags : await readChangedDags(run.git, chooseFacts)
  return { ...plan, changedDags }
}

/** What the plan does not know of the checkout, and what of it is never shipped. */
function tellOfCheckout(
  { log }: Pick<Run, 'log'>,
  { unknown }: Pick<ProjectTree, 'unknown'>,
  credentialFiles: readonly string[],
): void {
  if (unknown) {
    const line = `Which files belong to a commit is not known: ${unknown.why}.`
    if (unknown.isTrouble) log.warning(line)
    else log.info(line)
  }
  if (credentialFiles.length > 0) {
    log.notice(
      `Left out of everything: ${listSome(credentialFiles, MOST_NAMED)}. An action that signs in elsewhere left these credentials in the workspace.`,
    )
  }
}

/** What the plan needs an image for; undefined when it needs none. */
export function imageNeed({ inputs, deployment }: Run, plan: DeployPlan): ImageNeed | undefined {
  const wanted = [
    ...(inputs.parse ? (['parse'] as const) : []),
    ...(inputs.pytest ? (['pytest'] as const) : []),
  ]
  const tests = inputs.force ? [] : wanted
  if (!plan.ships.image && tests.length === 0) return undefined
  const isRemote = deployment.remoteExecution?.enabled === true
  return { ships: plan.ships.image, bringsDags: !deployment.isDagDeployEnabled && !isRemote, tests }
}
