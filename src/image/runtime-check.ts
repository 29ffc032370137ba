import type { Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import { findRuntimeProblem, isSameRuntime, OLDEST_BEFORE_AIRFLOW_3 } from './runtime-version.ts'

export const RUNTIME_LABEL = 'io.astronomer.docker.runtime.version'

export type CheckedImage = {
  readonly labels: Readonly<Record<string, string>>
  /** The Dockerfile's FROM line, for the message; undefined for a prebuilt image. */
  readonly from: string | undefined
}

/**
 * Refuses an image that Astro would not run on this Deployment, before anything is written (section 4 of the control
 * plane's contract). Returns the runtime version that the image brings, as Astro writes it.
 *
 * @param supported the versions that Astro offers the Deployment
 * @throws ActionError ASTRO-RUNTIME-…
 */
export function requireRuntime(
  image: CheckedImage,
  deployment: Pick<Deployment, 'name' | 'id' | 'astroRuntimeVersion'>,
  supported: readonly string[],
): string {
  const label = image.labels[RUNTIME_LABEL]
  const current = deployment.astroRuntimeVersion
  const from = image.from === undefined ? 'the prebuilt image' : `the Dockerfile's \`${image.from}\``
  const place = `the Deployment ${deployment.name} (${deployment.id})`
  switch (findRuntimeProblem({ label, current, supported })) {
    case undefined:
      return [current, ...supported].find((version) => isSameRuntime(version, label ?? '')) ?? label ?? ''
    case 'label-missing':
      return refuse('ASTRO-RUNTIME-LABEL', {
        problem: 'The image is not based on Astro Runtime.',
        observed: `It has no label ${RUNTIME_LABEL}; it comes from ${from}.`,
        fix: 'Let the last stage of the Dockerfile start FROM an image of Astro Runtime.',
      })
    case 'downgrade':
      return refuse('ASTRO-RUNTIME-DOWNGRADE', {
        problem: `The image would take ${place} back to an older runtime.`,
        observed: `It runs ${current}; the image, from ${from}, has ${label ?? ''}.`,
        likelyCause: 'The Deployment was upgraded from another branch, or its database cannot go back.',
        fix: `Use Astro Runtime ${current} or newer in the FROM line. To go back to an earlier deploy, use a rollback.`,
      })
    case 'airflow-3-jump':
      return refuse('ASTRO-RUNTIME-AIRFLOW-3', {
        problem: `The image would take ${place} to Airflow 3 in too large a step.`,
        observed: `It runs ${current}; the image, from ${from}, has ${label ?? ''}. Astro upgrades to Airflow 3 from runtime ${OLDEST_BEFORE_AIRFLOW_3} on.`,
        fix: `Deploy runtime ${OLDEST_BEFORE_AIRFLOW_3} or a newer one of Airflow 2 first, then this one.`,
      })
    case 'unsupported':
      return refuse('ASTRO-RUNTIME-UNSUPPORTED', {
        problem: `Astro does not offer the image's runtime to ${place}.`,
        observed: `The image, from ${from}, has ${label ?? ''}; the Deployment runs ${current}. Offered are ${supported.join(', ') || 'none'}.`,
        likelyCause: 'The version was withdrawn, is not released yet, or is a custom build.',
        fix: 'Use one of the offered versions in the FROM line.',
      })
  }
}

function refuse(
  code: `ASTRO-RUNTIME-${string}`,
  parts: { problem: string; observed: string; likelyCause?: string; fix: string },
): never {
  throw new ActionError({ code, ...parts })
}
