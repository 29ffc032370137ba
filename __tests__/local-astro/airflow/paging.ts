import type { AirflowAnswer } from './backend.ts'
import type { Major } from './shapes.ts'

export type Page = AirflowAnswer

const MOST = 100

/** One page of a list in Airflow's form: `{[name], total_entries}`; pages hold at most 100. */
export function pageOf(major: Major, name: string, items: readonly unknown[], query: URLSearchParams): Page {
  const limit = Math.min(MOST, Number(query.get('limit') ?? (major === 3 ? 50 : 100)))
  const offset = Number(query.get('offset') ?? 0)
  return { status: 200, body: { [name]: items.slice(offset, offset + limit), total_entries: items.length } }
}
