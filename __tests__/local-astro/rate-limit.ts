import { ApiError } from './api-error.ts'
import type { RateLimits } from './options.ts'

/** Counts requests by token and method over the last second; throws 429 for the one too many. */
export function createRateLimiter(
  limits: RateLimits | undefined,
  now: () => number,
): (token: string, method: string) => void {
  const seen = new Map<string, number[]>()
  return (token, method) => {
    if (!limits) return
    const limit = method === 'GET' ? limits.get : method === 'DELETE' ? limits.delete : limits.post
    const key = `${method} ${token}`
    const recent = (seen.get(key) ?? []).filter((at) => at > now() - 1000)
    if (recent.length >= limit) throw new ApiError(429, 'Too many requests')
    seen.set(key, [...recent, now()])
  }
}
