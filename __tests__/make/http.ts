import type { Request } from '../../src/http/request.ts'
import { createRequest } from '../../src/http/request.ts'
import { createTransport } from '../../src/http/transport.ts'
import { directly } from './connections.ts'
import type { FakeClock } from './clock.ts'
import { makeClock } from './clock.ts'

export const ORIGIN = 'https://api.astro.test'

/** The real transport and retries, on a clock on which waiting takes no time. `lines` is what was logged. */
export function makeRequest(options: { signal?: AbortSignal; random?: () => number } = {}): {
  readonly request: Request
  readonly clock: FakeClock
  readonly lines: string[]
} {
  const clock = makeClock()
  const lines: string[] = []
  const request = createRequest({
    send: createTransport(directly),
    clock,
    random: options.random ?? (() => 0.5),
    userAgent: 'test/1',
    log: { info: (line) => lines.push(line), debug: () => undefined },
    ...(options.signal ? { signal: options.signal } : {}),
  })
  return { request, clock, lines }
}
