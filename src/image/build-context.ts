import { readFile } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError, listSome } from '../errors.ts'
import { isDagFileName } from '../project/dag-file.ts'
import { readDockerIgnore } from '../project/docker-ignore.ts'
import { ignoreFileFor } from './dockerfile.ts'

export type ContextFacts = {
  /** The project, absolute. */
  readonly folder: string
  readonly dagsPath: string
  readonly dockerfile: string
  /** The project's ignore file, if any. */
  readonly dockerIgnore: string | undefined
  /** The image is deployed, not only tested in. */
  readonly ships: boolean
  /** Paths of the DAG folder's files, which begin with `dags/`, when the image has to bring them. */
  readonly dagFiles: readonly string[] | undefined
}

const MOST_NAMED = 5

/**
 * Looks at what a build will see of the project, before anything is built. Returns warnings.
 *
 * @throws ActionError ASTRO-IMAGE-DAGS-PATH, ASTRO-IMAGE-NO-DAGS
 */
export async function checkContext(facts: ContextFacts): Promise<readonly string[]> {
  const { dagsPath, dockerIgnore, dagFiles, ships } = facts
  if (dagsPath === '') throw dagsAreTheProject()
  const ignoreFile = ignoreFileFor(dockerIgnore, dagsPath, dagFiles !== undefined)
  const isLeftOut = readDockerIgnore(ignoreFile)
  return [
    ...(dagFiles ? aboutDags(facts, dagFiles, isLeftOut) : []),
    ...(ships && !isLeftOut('.git/config') && (await holdsToken(facts.folder)) ? [TOKEN_IN_CONTEXT] : []),
  ]
}

function aboutDags(
  { dagsPath, dockerfile }: ContextFacts,
  files: readonly string[],
  isLeftOut: (path: string) => boolean,
): string[] {
  const wanted = files.filter(isDagFileName).map((file) => `${dagsPath}/${file.slice('dags/'.length)}`)
  const missing = wanted.filter(isLeftOut)
  if (missing.length > 0 && missing.length === wanted.length) throw noDags(missing)
  return [
    ...(missing.length > 0
      ? [
          `The image has to bring the DAGs, and .dockerignore leaves out ${missing.length} of ${wanted.length} DAG files: ${listSome(missing, MOST_NAMED)}. These DAGs will not be in the Deployment.`,
        ]
      : []),
    ...(dagsPath !== 'dags' && !instructionsOf(dockerfile).includes(dagsPath)
      ? [
          `The image has to bring the DAGs in its folder dags, where Airflow looks for them; the project has them in ${dagsPath}, which the Dockerfile does not mention. Unless the base image sees to it, add \`COPY ${dagsPath} dags\`.`,
        ]
      : []),
  ]
}

const instructionsOf = (dockerfile: string): string => dockerfile.replace(/^\s*#.*$/gm, '')

/** `actions/checkout` keeps its token in the clone, unless `persist-credentials` is false. */
async function holdsToken(folder: string): Promise<boolean> {
  try {
    return /^\s*extraheader\s*=\s*authorization:/im.test(
      await readFile(path.join(folder, '.git', 'config'), 'utf8'),
    )
  } catch {
    return false
  }
}

const TOKEN_IN_CONTEXT =
  'The build sees .git/config, which holds the GitHub token that actions/checkout left there, so `COPY .` puts it into the image. Add .git to .dockerignore, or give actions/checkout `persist-credentials: false` where the build needs .git.'

function dagsAreTheProject(): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-DAGS-PATH',
    problem: 'The DAG folder cannot be the project itself when an image is built.',
    observed:
      '`dags-path` names the project (`root-folder`), so there is nothing that an image could hold beside the DAGs.',
    fix: 'Move the DAGs into a folder of the project and name it as `dags-path`. `deploy-type: dags-only` without `parse` and `pytest` builds no image, and neither does `image-name`.',
  })
}

function noDags(missing: readonly string[]): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-NO-DAGS',
    problem: 'The image would have no DAGs, and every DAG of the Deployment would be gone.',
    observed: `DAG-only deploys are off for the Deployment, so the image has to bring the DAGs; .dockerignore leaves out each DAG file: ${listSome(missing, MOST_NAMED)}.`,
    likelyCause:
      'A pattern such as `*`, `**/dags` or `dags/*` is meant for Deployments that get their DAGs apart from the image.',
    fix: 'Take the DAG folder back with a last line `!dags/` (as `dags-path` names it) in .dockerignore, or switch on DAG-only deploys in the settings of the Deployment.',
  })
}
