import type { Deployment } from '../astro/types.ts'

/** Airflow's major version, from texts such as `3.1.8` or `2.10.5+astro.1`; undefined for Astro's `NA` and the like. */
export function airflowMajor(version: string): number | undefined {
  const major = /^(\d+)\.\d+/.exec(version)?.[1]
  return major === undefined ? undefined : Number(major)
}

/**
 * Root of a Deployment's Airflow REST API, without a trailing slash: `/api/v1` for Airflow 2, `/api/v2` from 3 on. The
 * suffix that Astro gives is not trusted, for it does not follow the version (see the Airflow REST contract).
 */
export function airflowApiUrl(deployment: Pick<Deployment, 'apiUrl' | 'airflowVersion'>): string {
  const major = airflowMajor(deployment.airflowVersion)
  if (major === undefined) return withoutQuery(deployment.apiUrl)
  return airflowApiRoot(deployment.apiUrl, major)
}

/** The same for a major that is known. */
export function airflowApiRoot(apiUrl: string, major: number): string {
  return `${withoutQuery(apiUrl).replace(/\/api\/v[12]$/, '')}/api/${major >= 3 ? 'v2' : 'v1'}`
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*$/, '').replace(/\/+$/, '')
}

/** The page of a DAG run in the Airflow UI, whose address (with its query) Astro gives; undefined when that is none. */
export function dagRunUrl(uiUrl: string, major: number, dagId: string, runId: string): string | undefined {
  if (!URL.canParse(uiUrl)) return undefined
  const url = new URL(uiUrl)
  const dag = `${url.pathname.replace(/\/+$/, '')}/dags/${encodeURIComponent(dagId)}`
  url.pathname = major >= 3 ? `${dag}/runs/${encodeURIComponent(runId)}` : `${dag}/grid`
  if (major < 3) url.searchParams.set('dag_run_id', runId)
  return url.href
}
