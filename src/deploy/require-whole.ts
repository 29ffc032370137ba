import * as path from 'node:path'
import { ignoreFileFor } from '../image/dockerfile.ts'
import { readDockerIgnore } from '../project/docker-ignore.ts'
import type { Hole } from '../project/holes.ts'
import { checkoutIncomplete } from '../project/holes.ts'
import { findStandIns, listFiles } from '../project/stand-ins.ts'
import type { Run } from '../run.ts'
import type { ChooseFacts } from './choose.ts'
import { filesOfImage, holesOfParts } from './choose.ts'
import type { CodeType } from './infer.ts'
import { coversHole } from './infer.ts'

type Facts = Pick<ChooseFacts, 'inputs' | 'projectPath' | 'tree'>

/**
 * Refuses to ship a part of which the checkout lacks something: green would mean that the code of the commit runs.
 *
 * @throws ActionError ASTRO-CHECKOUT-INCOMPLETE
 */
export async function requireWhole(run: Run, type: CodeType, facts: Facts): Promise<void> {
  const isBuilt = type !== 'dags-only' && run.inputs.imageName === undefined
  const { isDagDeployEnabled } = run.deployment
  const bringsDags = type !== 'image-only' && (isDagDeployEnabled || isBuilt)
  const inDags = bringsDags ? await holesInDags(run, facts) : []
  const holes = [
    ...(isDagDeployEnabled ? inDags : inDags.filter(reachesImage(run, facts))),
    ...(isBuilt ? await holesInImage(run, facts) : []),
  ]
  if (holes.length > 0) throw checkoutIncomplete(holes)
}

async function holesInDags(run: Run, facts: Facts): Promise<readonly Hole[]> {
  // Whether the DAG folder can be read is not asked here.
  const standIns = await run.project().dagStandIns.catch(() => [])
  return [...holesOfParts(facts).dags, ...standIns]
}

async function holesInImage(run: Run, facts: Facts): Promise<readonly Hole[]> {
  const { tree, projectPath } = facts
  const { folder } = run.project()
  const root = tree.clone?.root
  const candidates =
    root === undefined
      ? filesOfImage(
          facts,
          listFiles(folder).map((file) => path.posix.join(projectPath, file)),
        ).map((file) => ({
          path: file,
          absolutePath: path.join(folder, path.posix.relative(projectPath, file)),
        }))
      : filesOfImage(facts, tree.tracked).map((file) => ({ path: file, absolutePath: path.join(root, file) }))
  return [...holesOfParts(facts).image, ...(await findStandIns(candidates, tree.filtered))]
}

/** With DAG-only deploys off, `.dockerignore` also decides which DAGs are shipped. */
function reachesImage({ inputs }: Run, { tree, projectPath }: Facts): (hole: Hole) => boolean {
  const isIgnored = readDockerIgnore(ignoreFileFor(tree.dockerIgnore, inputs.dagsPath, true))
  return coversHole((file) => !isIgnored(path.posix.relative(projectPath, file)))
}
