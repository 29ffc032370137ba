import type { Pace } from './airflow/pace.ts'
import type { AstroClient, DeploymentPath } from './astro/client.ts'
import type { Deploy, Deployment } from './astro/types.ts'
import type { Session } from './auth/session.ts'
import type { Clock } from './clock.ts'
import type { Progress } from './progress.ts'
import type { Connections } from './http/connections.ts'
import type { Request } from './http/request.ts'
import type { Docker } from './image/docker.ts'
import type { Inputs } from './inputs/types.ts'
import type { Outputs } from './outputs.ts'
import type { Git } from './project/git.ts'
import type { PreparedProject } from './project/prepare.ts'
import type { Log } from './report/log.ts'
import type { SummaryFacts } from './report/summary.ts'
import type { Secrets } from './secrets.ts'

/** What every action has at hand once the target is known. */
export type Run = {
  readonly inputs: Inputs
  readonly session: Session
  readonly astro: AstroClient
  readonly deployment: Deployment
  /** Its deploys, in no promised order; for an action that needs them, read beside the Deployment itself. */
  readonly deploys: () => Promise<readonly Deploy[]>
  readonly target: DeploymentPath & { readonly url: string }
  /** The user's repository; for an action that ships code, read while the network is busy. */
  readonly project: () => PreparedProject
  readonly request: Request
  readonly agentFor: Connections['agentFor']
  readonly env: Readonly<Record<string, string | undefined>>
  readonly git: Git
  readonly docker: Docker
  readonly clock: Clock
  /** How often the Deployment's Airflow may be asked. */
  readonly pace: Pace
  readonly log: Log
  readonly outputs: Outputs
  readonly secrets: Secrets
  readonly progress: Progress
  readonly signal: AbortSignal
  /** Runs a part of the story as a group of the log and a bar of the timeline. */
  readonly stage: <T>(title: string, work: () => Promise<T>) => Promise<T>
  /** Adds to what the summary will show. */
  readonly tell: (facts: Partial<SummaryFacts>) => void
}
