import type { Deployment } from '../../src/astro/types.ts'
import type { Observation } from '../../src/deploy/rollout-verdict.ts'

/** A deploy of DAGs whose version is `ours`, where the one before was `former`. */
export const OURS = { dagVersion: 'ours', former: { desiredDagVersion: 'former' } }

/** One look, by the desired and the current DAG version. */
export function seen(
  desired: string | undefined,
  current: string | undefined,
  status: Deployment['status'] = 'HEALTHY',
  deploy: Observation['deploy']['status'] = 'DEPLOYED',
): Observation {
  return {
    deploy: { status: deploy },
    deployment: {
      status,
      statusReason: 'because',
      imageTag: 'former-tag',
      astroRuntimeVersion: '3.1-1',
      ...(desired === undefined ? {} : { desiredDagTarballVersion: desired }),
      ...(current === undefined ? {} : { dagTarballVersion: current }),
    },
  }
}
