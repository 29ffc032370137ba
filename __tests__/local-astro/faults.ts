import type { OperationId } from './contract/generate.ts'

/** The requests of a client by what they are for. */
export type Step =
  | 'auth-config'
  | 'token'
  | 'upload'
  | 'airflow'
  | 'registry'
  | 'organizations'
  | 'organization'
  | 'deployment-options'
  | 'list-deployments'
  | 'create-deployment'
  | 'deployment'
  | 'update-deployment'
  | 'delete-deployment'
  | 'list-deploys'
  | 'create-deploy'
  | 'get-deploy'
  | 'update-deploy'
  | 'finalize'
  | 'rollback'
  | 'hibernation-override'
  | 'delete-hibernation-override'
  | 'list-environment-objects'
  | 'create-environment-object'
  | 'environment-object'
  | 'update-environment-object'
  | 'delete-environment-object'
  | 'exclude-linking'

export const stepOf: Record<OperationId, Step> = {
  ListOrganizations: 'organizations',
  GetOrganization: 'organization',
  GetDeploymentOptions: 'deployment-options',
  ListDeployments: 'list-deployments',
  CreateDeployment: 'create-deployment',
  GetDeployment: 'deployment',
  UpdateDeployment: 'update-deployment',
  DeleteDeployment: 'delete-deployment',
  ListDeploys: 'list-deploys',
  CreateDeploy: 'create-deploy',
  GetDeploy: 'get-deploy',
  UpdateDeploy: 'update-deploy',
  FinalizeDeploy: 'finalize',
  DeployRollback: 'rollback',
  UpdateDeploymentHibernationOverride: 'hibernation-override',
  DeleteDeploymentHibernationOverride: 'delete-hibernation-override',
  ListEnvironmentObjects: 'list-environment-objects',
  CreateEnvironmentObject: 'create-environment-object',
  GetEnvironmentObject: 'environment-object',
  UpdateEnvironmentObject: 'update-environment-object',
  DeleteEnvironmentObject: 'delete-environment-object',
  ExcludeLinkingEnvironmentObject: 'exclude-linking',
}

export type Fault =
  /** Answers this and does nothing; the body is the service's own kind of error unless given. */
  | { fault: 'status'; status: number; body?: unknown; headers?: Record<string, string> }
  /** Answers a web page, as a proxy or a wrong host does. */
  | { fault: 'html'; status?: number }
  | { fault: 'tooManyRequests'; retryAfter?: number | string }
  /** Destroys the socket before anything happens. */
  | { fault: 'reset' }
  /** Does what was asked for, then destroys the socket: the client cannot know. */
  | { fault: 'resetAfterEffect' }
  /** Never answers and does nothing. */
  | { fault: 'hang' }
  /** Does what was asked for, and never answers. */
  | { fault: 'hangAfterEffect' }
  /** Does what was asked for, and answers later. */
  | { fault: 'slow'; ms: number }
  /** Does what was asked for, and sends half of the answer: a shorter text than announced, or JSON that ends early. */
  | { fault: 'truncated'; how?: 'length' | 'json' }

export type FaultRule = Fault & {
  /** Which requests; all that are given must match. */
  step?: Step
  method?: string
  /** The path as sent, without the query. A text matches when it is part of the path. */
  path?: string | RegExp
  /** Sleeps until a request of this step has had its effect. */
  afterStep?: Step
  /** How many matching requests pass first. */
  skip?: number
  /** How often; for ever when left out. */
  times?: number
}

export type Faults = {
  /** The rule counts from now on; the answer removes it again. */
  add(rule: FaultRule): () => void
  clear(): void
}

export type FaultRequest = { step: Step | undefined; method: string; path: string }

export type FaultRules = Faults & {
  /** The rule for this request, used up by one. */
  take(request: FaultRequest): FaultRule | undefined
  /** Wakes the rules that sleep until this step has had its effect. */
  tookEffect(step: Step | undefined): void
}

/** The rules of one local Astro; the first that is awake, matches and is not used up counts. */
export function createFaults(): FaultRules {
  let rules: { rule: FaultRule; isAwake: boolean; skip: number; times: number }[] = []

  function matches({ step, method, path }: FaultRule, request: FaultRequest): boolean {
    if (step !== undefined && step !== request.step) return false
    if (method !== undefined && method.toUpperCase() !== request.method) return false
    if (path === undefined) return true
    return typeof path === 'string' ? request.path.includes(path) : path.test(request.path)
  }

  return {
    add(rule) {
      const entry = {
        rule,
        isAwake: rule.afterStep === undefined,
        skip: rule.skip ?? 0,
        times: rule.times ?? Infinity,
      }
      rules.push(entry)
      return () => {
        rules = rules.filter((other) => other !== entry)
      }
    },
    clear() {
      rules = []
    },
    take(request) {
      for (const entry of rules) {
        if (!entry.isAwake || entry.times === 0 || !matches(entry.rule, request)) continue
        if (entry.skip > 0) {
          entry.skip -= 1
          continue
        }
        entry.times -= 1
        return entry.rule
      }
      return undefined
    },
    tookEffect(step) {
      for (const entry of rules) if (entry.rule.afterStep === step) entry.isAwake = true
    },
  }
}
