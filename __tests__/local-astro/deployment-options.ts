import { requireDeployment, requireOrganization } from './access.ts'
import { ok } from './handler.ts'
import type { Answer, Call } from './handler.ts'

export type RuntimeRelease = {
  version: string
  airflowVersion: string
  channel: string
  releaseDate: string
  airflowDatabaseMigration: boolean
  stellarDatabaseMigration: boolean
}

function release(version: string, airflowVersion: string, releaseDate: string): RuntimeRelease {
  return {
    version,
    airflowVersion,
    channel: 'stable',
    releaseDate: `${releaseDate}T00:00:00Z`,
    airflowDatabaseMigration: false,
    stellarDatabaseMigration: false,
  }
}

/** Versions in both formats, the old one's minimum for the way to Airflow 3 among them. */
export function initialReleases(): RuntimeRelease[] {
  return [
    release('11.18.0', '2.9.3', '2025-02-01'),
    release('12.0.0', '2.10.1', '2024-09-10'),
    release('13.2.0', '2.11.0', '2025-08-01'),
    release('3.0-1', '3.0.0', '2025-04-22'),
    release('3.1-1', '3.1.0', '2025-09-25'),
    release('3.1-2', '3.1.1', '2025-10-28'),
    release('3.1-3', '3.1.2', '2025-11-06'),
  ]
}

const range = (floor: number, usual: number, ceiling: number): object => ({ floor, default: usual, ceiling })
const amounts = (floor: string, usual: string, ceiling: string): object => ({
  floor,
  default: usual,
  ceiling,
})

/** Release dates and sizes are examples; only the versions matter to a client that deploys. */
export function getDeploymentOptions({ store, principal, params, query }: Call<unknown>): Answer {
  const { organizationId = '' } = params
  requireOrganization(store, principal, organizationId)
  if (typeof query.deploymentId === 'string') {
    requireDeployment(store, principal, organizationId, query.deploymentId)
  }
  const hybrid = query.deploymentType === 'HYBRID'
  return ok({
    runtimeReleases: store.runtimeReleases,
    executors: hybrid ? ['CELERY', 'KUBERNETES'] : ['CELERY', 'KUBERNETES', 'ASTRO'],
    schedulerMachines: [
      { name: 'SMALL', spec: { cpu: '1', memory: '2Gi' } },
      { name: 'MEDIUM', spec: { cpu: '2', memory: '4Gi' } },
      { name: 'LARGE', spec: { cpu: '4', memory: '8Gi' } },
    ],
    workerMachines: [
      {
        name: 'A5',
        concurrency: range(1, 5, 15),
        spec: { cpu: '1', memory: '2Gi', ephemeralStorage: '10Gi', concurrency: 5 },
      },
      {
        name: 'A20',
        concurrency: range(1, 20, 60),
        spec: { cpu: '4', memory: '8Gi', ephemeralStorage: '10Gi', concurrency: 20 },
      },
    ],
    workerQueues: {
      minWorkers: range(0, 1, 10),
      maxWorkers: range(1, 10, 200),
      workerConcurrency: range(1, 16, 64),
    },
    resourceQuotas: {
      defaultPodSize: { cpu: amounts('0.25', '0.25', '8'), memory: amounts('0.5Gi', '0.5Gi', '16Gi') },
      resourceQuota: { cpu: amounts('0', '10', '1600'), memory: amounts('0', '20Gi', '3200Gi') },
    },
    workloadIdentityOptions: [{ label: 'Platform', role: 'arn:aws:iam::123456789012:role/platform' }],
  })
}
