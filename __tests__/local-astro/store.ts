import { randomBytes, randomInt } from 'node:crypto'
import { initialReleases } from './deployment-options.ts'
import type { RuntimeRelease } from './deployment-options.ts'
import type { Settings } from './options.ts'
import type { Registry } from './registry.ts'
import type { RolloutScript } from './rollout.ts'
import type {
  Bundle,
  Deploy,
  Deployment,
  EnvironmentObjectType,
  ExcludedLink,
  ObjectFields,
  ObjectLink,
  Organization,
  Subject,
} from './wire.ts'

/** A change of state that happens when the clock reaches it. */
export type Transition = { at: number; apply: () => void }

/** A Deployment and what the platform knows about it beside its public face. */
export type DeploymentRecord = {
  /** Variables of all kinds carry their values here. */
  deployment: Deployment
  deploys: DeployRecord[]
  bundles: Bundle[]
  transitions: Transition[]
  /** When a hibernation override is over. */
  overrideEnd: Transition | undefined
  scripts: RolloutScript[]
  /** What the newest finalized deploys want to run. */
  desiredImage: { tag: string; runtimeVersion: string; airflowVersion: string }
  workloadIdentity: string | undefined
  drWorkloadIdentity: string | undefined
  /** The hibernation schedule, were there no override, has it asleep now. */
  scheduledAsleep: boolean
}

export type DeployRecord = {
  deploy: Deploy
  /** The image that ran as it was made. */
  ranImage: DeploymentRecord['desiredImage']
  /** Where its uploads go: blob names in the container, absent when the deploy has no upload. */
  dagsBlob: string | undefined
  bundleBlob: string | undefined
  bundleType?: string | undefined
  /** Of the image that it was finalized with, where there is a real registry. */
  imageDigest?: string
}

export type EnvironmentObjectRecord = {
  id: string
  objectKey: string
  objectType: EnvironmentObjectType
  scope: 'WORKSPACE' | 'DEPLOYMENT'
  scopeEntityId: string
  fields: ObjectFields
  description: string | undefined
  autoLinkDeployments: boolean
  links: ObjectLink[]
  excludeLinks: ExcludedLink[]
  createdAt: string
  createdBy: Subject
  updatedAt: string
  updatedBy: Subject
}

export type Workspace = { id: string; name: string; organizationId: string }

export type ApiKey = { keyId: string; keySecret: string; deploymentId: string }

/** Everything that one local Astro knows. */
export type Store = {
  settings: Settings
  /** Where the local Astro listens; Airflows are reached there. */
  origin: string
  organizations: Map<string, Organization>
  workspaces: Map<string, Workspace>
  deployments: Map<string, DeploymentRecord>
  environmentObjects: Map<string, EnvironmentObjectRecord>
  keys: Map<string, ApiKey>
  runtimeReleases: RuntimeRelease[]
  /** The registry that images are pushed to, where there is a real one. */
  images: Pick<Registry, 'find'> | undefined
  /** All keys, tokens and signatures that were ever given out. */
  secrets: Set<string>
  /** The next DAG or bundle version, newer than each before it. */
  nextVersion(): string
  timestamp(): string
}

const idLetters = '0123456789abcdefghijklmnopqrstuvwxyz'

/** An ID that looks like the service's: 25 characters, `cl` in front. */
export function newId(): string {
  return 'cl' + Array.from({ length: 23 }, () => idLetters.charAt(randomInt(36))).join('')
}

export function randomText(characters: number): string {
  return randomBytes(characters).toString('base64url').slice(0, characters)
}

/** A clock of versions such as 2024-01-12T18:32:20.5898930Z: tenths of microseconds, never the same twice. */
function versionClock(now: () => number): () => string {
  let last = 0n
  return () => {
    const ticks = BigInt(Math.floor(now())) * 10_000n
    last = ticks > last ? ticks : last + 1n
    const seconds = new Date(Number(last / 10_000n)).toISOString().slice(0, 19)
    return `${seconds}.${String(last % 10_000_000n).padStart(7, '0')}Z`
  }
}

export function createStore(settings: Settings): Store {
  return {
    settings,
    origin: '',
    organizations: new Map(),
    workspaces: new Map(),
    deployments: new Map(),
    environmentObjects: new Map(),
    keys: new Map(),
    runtimeReleases: initialReleases(),
    images: undefined,
    secrets: new Set(),
    nextVersion: versionClock(settings.now),
    timestamp: () => new Date(settings.now()).toISOString(),
  }
}

/** Lets every transition happen whose time has come. Called before state is read or changed. */
export function settle(store: Store, record: DeploymentRecord): void {
  const now = store.settings.now()
  if (record.overrideEnd && record.overrideEnd.at <= now) {
    const { apply } = record.overrideEnd
    record.overrideEnd = undefined
    apply()
  }
  for (;;) {
    const next = record.transitions[0]
    if (!next || next.at > now) return
    record.transitions.shift()
    next.apply()
  }
}
