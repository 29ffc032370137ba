import { expect, test } from '@jest/globals'
import { describeSession } from '../../src/auth/describe.ts'
import type { SessionKind } from '../../src/auth/session.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

test.each<[SessionKind, number | undefined, string, string | undefined]>([
  [
    'api-key',
    HOUR,
    'Exchanged the API key for an access token, good until 2026-01-01T01:00:00.000Z.',
    undefined,
  ],
  ['user-token', HOUR, "Using a user's token, good until 2026-01-01T01:00:00.000Z.", undefined],
  ['api-token', undefined, 'Using an API token.', undefined],
  ['api-token', 7 * 24 * HOUR, 'Using an API token, good until 2026-01-08T00:00:00.000Z.', undefined],
  ['api-token', 7 * 24 * HOUR - 1, 'Using an API token, good until 2026-01-07T23:59:59.999Z.', 'in 6 days'],
  ['api-token', 25 * HOUR, 'Using an API token, good until 2026-01-02T01:00:00.000Z.', 'in a day'],
  ['api-token', HOUR, 'Using an API token, good until 2026-01-01T01:00:00.000Z.', 'within a day'],
])('%s that lives for %s ms', (kind, lifetime, line, when) => {
  const expiresAt = lifetime === undefined ? undefined : NOW + lifetime
  const described = describeSession({ kind, expiresAt: () => expiresAt }, NOW)
  expect(described.line).toBe(line)
  if (when === undefined) expect(described.warning).toBeUndefined()
  else expect(described.warning).toContain(`The API token expires ${when}.`)
})
