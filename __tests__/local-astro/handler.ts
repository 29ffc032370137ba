import type { Principal } from './auth.ts'
import type { Blobs } from './blobs.ts'
import type { Query } from './contract/check.ts'
import type { Store } from './store.ts'

/** A request that has passed authentication and the contract. */
export type Call<Body = Record<string, unknown>> = {
  store: Store
  blobs: Blobs
  principal: Principal
  /** Origin as the client sees it, for URLs in answers. */
  origin: string
  params: Record<string, string>
  query: Query
  body: Body
}

export type Answer = { status: number; body?: unknown }

/** Answers a call, or throws an ApiError. */
export type Handler = (call: Call) => Answer | Promise<Answer>

export function ok(body?: unknown): Answer {
  return body === undefined ? { status: 200 } : { status: 200, body }
}

export const noContent: Answer = { status: 204 }

/** One page of a list, in the service's form: `{[name], limit, offset, totalCount}`. */
export function page(name: string, items: readonly unknown[], query: Query): Answer {
  const [offset, limit] = [Number(query.offset), Number(query.limit)]
  return ok({ [name]: items.slice(offset, offset + limit), limit, offset, totalCount: items.length })
}

/** Sorted by `field:asc` and `field:desc` entries, the first counting most. */
export function sorted<T>(items: readonly T[], sorts: Query[string] | undefined): T[] {
  const orders = (Array.isArray(sorts) ? sorts : []).map((entry) => String(entry).split(':'))
  const text = (item: T, field: string): string => {
    const value = (item as Record<string, unknown>)[field]
    return typeof value === 'string' ? value : ''
  }
  return [...items].sort((a, b) => {
    for (const [field = '', direction] of orders) {
      const [left, right] = [text(a, field), text(b, field)]
      if (left !== right) return left < right === (direction === 'asc') ? -1 : 1
    }
    return 0
  })
}

/** The texts of an array parameter, absent when it was not given. */
export function list(value: Query[string] | undefined): string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}
