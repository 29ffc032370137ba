import type { LocalAstro } from '../local-astro/start.ts'

/** What a local Astro has of one Deployment. */
export type Remembered = {
  readonly deployIds: readonly string[]
  readonly dagVersions: readonly (string | undefined)[]
}

export function remember({ deployments }: LocalAstro, deploymentId: string): Remembered {
  const { dagTarballVersion, desiredDagTarballVersion } = deployments.get(deploymentId)
  return {
    deployIds: deployments.deploys(deploymentId).map(({ id }) => id),
    dagVersions: [dagTarballVersion, desiredDagTarballVersion],
  }
}

type Facts = {
  /** Deploys that came into being since then. */
  readonly made: readonly {
    readonly id: string
    readonly status: string
    readonly version: string | undefined
    readonly uploads: number
    readonly rollbackFromId: string | undefined
  }[]
  /** The DAG version that runs. */
  readonly running: string | undefined
  /** The DAG version that is to run. */
  readonly desired: string | undefined
  /** The DAG version of a deploy, also of one that was there before. */
  readonly versionOf: (id: string) => string | undefined
  /** What runs, and what is to run, are as they were. */
  readonly formerCode: boolean
}

const unfinished = ({ made, formerCode }: Facts): boolean =>
  formerCode && made.every(({ status }) => status === 'INITIALIZED')
const has = ({ made }: Facts, id: string, status: string): boolean =>
  made.some((deploy) => deploy.id === id && deploy.status === status)

/** Every sentence that a run may leave behind, and what makes it true. The text in it is the ID of a deploy. */
const SENTENCES: readonly (readonly [RegExp, (facts: Facts, id: string) => boolean])[] = [
  [/^Nothing was changed on Astro\.$/, ({ made, formerCode }) => formerCode && made.length === 0],
  [
    /^The former code keeps running; unfinished deploys may stay in the deploy history, without effect\.$/,
    unfinished,
  ],
  [
    /^The upload of the DAG bundle was not confirmed\. The former code keeps running; the deploy (\S+) stays unfinished in the deploy history, without effect\.$/,
    (facts, id) => unfinished(facts) && has(facts, id, 'INITIALIZED'),
  ],
  [
    /^The DAG bundle was uploaded, but the deploy was not finalized\. The former code keeps running; the deploy (\S+) stays unfinished in the deploy history, without effect\.$/,
    (facts, id) =>
      unfinished(facts) &&
      has(facts, id, 'INITIALIZED') &&
      facts.made.some((deploy) => deploy.id === id && deploy.uploads > 0),
  ],
  [
    /^It is not known whether Astro took the deploy (\S+): the new code may go live or not\. Look at the deploy history of the Deployment\.$/,
    ({ made }, id) => made.some((deploy) => deploy.id === id && deploy.uploads > 0),
  ],
  [
    /^Astro has taken the deploy (\S+): the new code may go live although this run did not see it\.$/,
    (facts, id) => has(facts, id, 'DEPLOYED'),
  ],
  [
    /^The deploy (\S+) has failed: its code does not go live\.$/,
    (facts, id) => has(facts, id, 'FAILED') && facts.formerCode,
  ],
  [
    /^The deploy (\S+) is live\.$/,
    ({ made, desired }, id) => made.some((deploy) => deploy.id === id && deploy.version === desired),
  ],
  [
    /^Astro had taken the deploy (\S+), but a newer one goes live in its place\.$/,
    ({ made, desired }, id) => made.at(-1)?.id !== id && made.at(-1)?.version === desired,
  ],
  [
    /^The rollback to the deploy (\S+), as the deploy \S+, has failed: its code does not go live\.$/,
    ({ made }, id) => made.some(({ rollbackFromId, status }) => rollbackFromId === id && status === 'FAILED'),
  ],
  [
    /^It is not known whether Astro took the rollback to the deploy (\S+): the Deployment may return to it or not\. Look at the deploy history of the Deployment\.$/,
    ({ made }, id) => made.filter(({ rollbackFromId }) => rollbackFromId === id).length <= 1,
  ],
  [
    /^Astro has taken the rollback to the deploy (\S+), as the deploy \S+: its code may go live although this run did not see it\.$/,
    ({ made }, id) => made.filter(({ rollbackFromId }) => rollbackFromId === id).length === 1,
  ],
  [
    /^The Deployment was rolled back: it runs the code of the deploy (\S+) again, as the deploy \S+\.$/,
    ({ made, running, desired, versionOf }, id) =>
      running === desired &&
      desired === versionOf(id) &&
      made.filter(({ rollbackFromId }) => rollbackFromId === id).length === 1,
  ],
]

/**
 * The sentence with which an error closes, checked against what the local Astro has: undefined when it is true, else what
 * is wrong with it.
 */
export function falseAftermath(
  message: string,
  astro: LocalAstro,
  deploymentId: string,
  before: Remembered,
): string | undefined {
  const sentence = message.split('\n').at(-2) ?? ''
  const now = remember(astro, deploymentId)
  const deploys = astro.deployments.deploys(deploymentId)
  const facts: Facts = {
    made: deploys
      .filter(({ id }) => !before.deployIds.includes(id))
      .map(({ id, status, dagTarballVersion: version, rollbackFromId }) => ({
        id,
        status,
        version,
        rollbackFromId,
        uploads: astro.deployments.uploads(deploymentId, id).length,
      })),
    running: now.dagVersions[0],
    desired: now.dagVersions[1],
    versionOf: (wanted) => deploys.find(({ id }) => id === wanted)?.dagTarballVersion,
    formerCode: JSON.stringify(now.dagVersions) === JSON.stringify(before.dagVersions),
  }
  for (const [pattern, isTrue] of SENTENCES) {
    const match = pattern.exec(sentence)
    if (!match) continue
    return isTrue(facts, match[1] ?? '') ? undefined : `"${sentence}" with ${JSON.stringify(facts)}`
  }
  return `"${sentence}" is no sentence that is known`
}
