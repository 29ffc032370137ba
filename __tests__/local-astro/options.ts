export type RateLimits = {
  /** Requests a second and token. */
  get: number
  post: number
  delete: number
  /** Sends Retry-After (seconds), which the real service does not document. */
  retryAfterSeconds?: number
}

export type AirflowSettings = {
  /** From the arrival of new code to the end of its first parse. Default 0. */
  parseMs: number
  /** From one parse to the next. Default 200. */
  parseEveryMs: number
  /** How long a DAG run takes. Default 0. */
  runMs: number
  /** DAGs of Airflow 3 name the version of the bundle that they were parsed from. Default true. */
  bundleVersions: boolean
  /** Where Airflow 3 has a DAG bundle. Default `versioned`, as on Astro. */
  layout: 'versioned' | 'plain'
}

export type LocalAstroOptions = {
  /** 0 takes a free one. */
  port?: number
  host?: string
  /** From finalize to live. */
  rolloutMs?: number
  /** Added to each answer. */
  latencyMs?: number
  /** Of tokens from the key exchange. */
  tokenLifetimeSeconds?: number
  /** Of upload URLs. */
  sasLifetimeSeconds?: number
  log?: (line: string) => void
  /** Milliseconds since the epoch; a test may own the time of tokens and rollouts. */
  now?: () => number
  /** `true` takes the documented 25 GET, 10 POST and 5 DELETE. */
  rateLimits?: boolean | RateLimits
  /** What an update leaves out is reset, wherever the contract does not rule that out. Default true. */
  worstCase?: boolean
  /** An update drops the links of environment objects to its Deployment, as has been reported. Default false. */
  updateDropsLinks?: boolean
  /** A Deployment API key may update its Deployment. Default true. */
  keysMayUpdate?: boolean
  /** The `permissions` claim of exchanged tokens; default `["apiKeyId:…"]`, `null` leaves the claim out. */
  keyTokenPermissions?: string[] | null
  /** GET /organizations refuses API tokens, as the official text says but nobody has seen. Default false. */
  organizationsNeedUserToken?: boolean
  /** A second finalize with the same version answers 200 in place of 400. Default false. */
  idempotentFinalize?: boolean
  /** When `imageTag` of the Deployment changes; the real service does not say. Default `rollout`. */
  imageTagMovesAt?: 'finalize' | 'rollout'
  /** The record of a DAG-only deploy names an image of its own that nobody pushes, not the one that runs. Default false. */
  dagDeploysNameOwnImage?: boolean
  /** `names` of the list of Deployments finds parts of names as well. Default false. */
  namesFindParts?: boolean
  /** `showSecrets=true` on environment objects is allowed by the organization. Default false. */
  showSecretsAllowed?: boolean
  /** Starts a real registry and puts it in front of every imageRepository; a finalize then wants the image there. */
  registry?: boolean
  /** Host (and port) in front of every imageRepository. */
  imageRegistry?: string
  /** How the stand-ins for Airflow go. */
  airflow?: Partial<AirflowSettings>
}

export type Settings = Required<
  Omit<LocalAstroOptions, 'log' | 'rateLimits' | 'keyTokenPermissions' | 'airflow'>
> & {
  airflow: AirflowSettings
  log: ((line: string) => void) | undefined
  rateLimits: RateLimits | undefined
  keyTokenPermissions: string[] | null | undefined
}

const documentedLimits: RateLimits = { get: 25, post: 10, delete: 5 }

/** The options with every default filled in. */
export function resolveOptions(options: LocalAstroOptions): Settings {
  const { rateLimits, log, keyTokenPermissions } = options
  return {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    rolloutMs: options.rolloutMs ?? 0,
    latencyMs: options.latencyMs ?? 0,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
    sasLifetimeSeconds: options.sasLifetimeSeconds ?? 3600,
    log,
    now: options.now ?? Date.now,
    rateLimits: rateLimits === true ? documentedLimits : rateLimits === false ? undefined : rateLimits,
    worstCase: options.worstCase ?? true,
    updateDropsLinks: options.updateDropsLinks ?? false,
    keysMayUpdate: options.keysMayUpdate ?? true,
    keyTokenPermissions,
    organizationsNeedUserToken: options.organizationsNeedUserToken ?? false,
    idempotentFinalize: options.idempotentFinalize ?? false,
    imageTagMovesAt: options.imageTagMovesAt ?? 'rollout',
    dagDeploysNameOwnImage: options.dagDeploysNameOwnImage ?? false,
    namesFindParts: options.namesFindParts ?? false,
    showSecretsAllowed: options.showSecretsAllowed ?? false,
    registry: options.registry ?? false,
    imageRegistry: options.imageRegistry ?? 'images.astronomer.cloud',
    airflow: {
      parseMs: 0,
      parseEveryMs: 200,
      runMs: 0,
      bundleVersions: true,
      layout: 'versioned',
      ...options.airflow,
    },
  }
}
