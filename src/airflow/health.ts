import type { AirflowMajor, ComponentHealth } from './types.ts'

/** How Airflow says that it is, and its own clock at that moment. */
export type Health = {
  readonly components: readonly ComponentHealth[]
  readonly serverTime: number | undefined
}

/** What is known of the component that parses DAG files. */
export type ParserHealth = {
  /** The component in words: "DAG processor". */
  readonly component: string
  readonly isDown: boolean
  /** One sentence. */
  readonly words: string
}

/** Airflow itself calls a component unhealthy after 30 s without a heartbeat. */
const OLD_HEARTBEAT_MS = 60_000
const NAMES: Readonly<Record<string, string>> = {
  dag_processor: 'DAG processor',
  scheduler: 'scheduler',
  metadatabase: 'metadata database',
}

/**
 * Whether the component that parses DAG files works: the DAG processor; in Airflow 2 the scheduler, unless a DAG processor runs
 * beside it. Undefined when Airflow does not say.
 */
export function judgeParser(
  major: AirflowMajor,
  { components, serverTime }: Health,
): ParserHealth | undefined {
  const find = (name: string): ComponentHealth | undefined =>
    components.find(({ component }) => component === name)
  const database = find('metadatabase')
  if (database?.status !== undefined && database.status !== 'healthy') return described(database, serverTime)
  const processor = find('dag_processor')
  const parser = major === 3 || processor?.status !== undefined ? processor : find('scheduler')
  return parser && described(parser, serverTime)
}

function described(
  { component, status, heartbeatAt }: ComponentHealth,
  serverTime: number | undefined,
): ParserHealth {
  const name = NAMES[component] ?? component
  const ageMs = heartbeatAt === undefined || serverTime === undefined ? undefined : serverTime - heartbeatAt
  const heartbeat = ageMs === undefined ? '' : `; its last heartbeat was ${age(ageMs)} ago`
  if (status === undefined) {
    return { component: name, isDown: true, words: `Airflow knows of no ${name}: none has started.` }
  }
  if (status !== 'healthy') {
    return {
      component: name,
      isDown: true,
      words: `The ${name} is down: Airflow calls it ${status}${heartbeat}.`,
    }
  }
  if (ageMs !== undefined && ageMs > OLD_HEARTBEAT_MS) {
    return { component: name, isDown: true, words: `The ${name} seems to be down${heartbeat}.` }
  }
  return { component: name, isDown: false, words: `The ${name} runs${heartbeat}.` }
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
