import type { VariableChange } from './plan.ts'

type Rule = { readonly keys: readonly string[]; readonly effect: string }

/**
 * Variables that Astro sets for its own work, by what another value does (Astro's documentation, "Global environment
 * variables"). Astro stores them all the same, and its UI does not object.
 */
const SET_BY_ASTRO: readonly Rule[] = [
  {
    keys: [
      'AIRFLOW__LOGGING__DAG_PROCESSOR_LOG_TARGET',
      'AIRFLOW__LOGGING__REMOTE_LOGGING',
      'AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER',
      'AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID',
      'AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS',
      'AIRFLOW__LOGGING__ENCRYPT_S3_LOGS',
      'AIRFLOW_CONN_ASTRO_S3_LOGGING',
      'AWS_DEFAULT_REGION',
      'AWS_SECRET_ACCESS_KEY',
    ],
    effect: 'Astro sets it to collect task logs, which may go missing with another value',
  },
  {
    keys: [
      'AIRFLOW__CORE__SQL_ALCHEMY_CONN',
      'AIRFLOW__DATABASE__SQL_ALCHEMY_CONN',
      'AIRFLOW_CONN_AIRFLOW_DB',
    ],
    effect: 'Astro sets it to its metadata database, which Airflow cannot reach with another value',
  },
  {
    keys: ['AIRFLOW__CORE__FERNET_KEY'],
    effect: 'Astro sets it; with another key Airflow cannot read the connections and variables it has stored',
  },
  {
    keys: ['AIRFLOW__CORE__EXECUTOR'],
    effect: 'Astro sets it to the executor of the Deployment; tasks may fail with another one',
  },
  {
    keys: [
      'AIRFLOW__CELERY__WORKER_CONCURRENCY',
      'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__RETRY_ON_TIMEOUT',
      'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_CONNECT_TIMEOUT',
      'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_KEEPALIVE',
      'AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SOCKET_TIMEOUT',
    ],
    effect: 'Astro sets it from the worker queues; scaling and tasks depend on its value',
  },
  {
    keys: [
      'AIRFLOW__WEBSERVER__BASE_URL',
      'AIRFLOW__WEBSERVER__COOKIE_SECURE',
      'AIRFLOW__WEBSERVER__ENABLE_PROXY_FIX',
      'AIRFLOW__WEBSERVER__EXPOSE_CONFIG',
      'AIRFLOW__WEBSERVER__INSTANCE_NAME',
      'AIRFLOW__WEBSERVER__NAVBAR_COLOR',
      'AIRFLOW__WEBSERVER__UPDATE_FAB_PERMS',
    ],
    effect: 'Astro sets it for the Airflow UI, which may be hard to reach with another value',
  },
  {
    keys: [
      'AIRFLOW__METRICS__STATSD_HOST',
      'AIRFLOW__METRICS__STATSD_ON',
      'AIRFLOW__METRICS__STATSD_PORT',
      'AIRFLOW__METRICS__STATSD_PREFIX',
      'AIRFLOW__SCHEDULER__STATSD_HOST',
      'AIRFLOW__SCHEDULER__STATSD_ON',
      'AIRFLOW__SCHEDULER__STATSD_PORT',
    ],
    effect: 'Astro sets it to collect metrics, which may go missing with another value',
  },
  {
    keys: ['OPENLINEAGE_API_KEY', 'OPENLINEAGE_URL'],
    effect: 'Astro sets it to collect lineage, which may go missing with another value',
  },
  {
    keys: [
      'AIRFLOW_HOME',
      'AIRFLOW__CORE__HOSTNAME_CALLABLE',
      'AIRFLOW__KUBERNETES__NAMESPACE',
      'ASTRO_DEPLOYMENT_ID',
      'INSTANCE_TYPE',
    ],
    effect: 'Astro sets it for its own work; Airflow may not start, or tasks fail, with another value',
  },
]

const EFFECTS = new Map(SET_BY_ASTRO.flatMap(({ keys, effect }) => keys.map((key) => [key, effect])))
const ASTRONOMER = 'ASTRONOMER_'
const AIRFLOW_OPTION = /^AIRFLOW__([A-Z0-9_]+?)__([A-Z0-9_]+)$/i

/** What it means to set this variable when its name is Astro's or Airflow's; undefined for any other. */
export function reservedEffect(key: string): string | undefined {
  const effect = EFFECTS.get(key)
  if (effect !== undefined) return effect
  if (key.startsWith(ASTRONOMER))
    return 'names that begin with ASTRONOMER_ belong to Astro, which sets some of them itself'
  const [, section, option] = AIRFLOW_OPTION.exec(key) ?? []
  if (section === undefined || option === undefined) return undefined
  return `it sets the option ${option.toLowerCase()} of Airflow's section ${section.toLowerCase()}, over what the image says`
}

/** One warning for all variables that a plan sets under such a name, or undefined. */
export function reservedWarning(changes: readonly VariableChange[]): string | undefined {
  const lines = changes
    .filter(({ kind }) => kind !== 'removed')
    .flatMap(({ key }) => {
      const effect = reservedEffect(key)
      return effect === undefined ? [] : [`- ${key}: ${effect}`]
    })
  return lines.length === 0
    ? undefined
    : ['Some environment variables have names that Astro or Airflow reserve:', ...lines].join('\n')
}
