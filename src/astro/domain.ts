import { mayCarrySecrets } from '../http/secure.ts'

import { quote } from '../errors.ts'

/** Where one Astro lives. All three are origins without a trailing slash. */
export type AstroDomain = {
  readonly apiOrigin: string
  readonly uiOrigin: string
}

const DEFAULT_DOMAIN = 'astronomer.io'
const KNOWN_DOMAIN = /^(?:(pr\d{4,6})\.)?(astronomer(?:-dev|-stage|-perf)?\.io)$/
const LONGEST_HOST = 253

/**
 * Reads a domain as the Astro CLI does (section 1.1 of the control plane's contract): a bare domain, with or without
 * `cloud.` and a scheme; `localhost`; or a full origin, which is then the API's. Returns a sentence when it is none.
 */
export function parseDomain(text: string): AstroDomain | string {
  const given = text.trim().replace(/\/+$/, '') || DEFAULT_DOMAIN
  const bare = given.replace(/^https:\/\//, '').replace(/^cloud\./, '')
  if (bare === 'localhost') return { apiOrigin: 'http://localhost:8888', uiOrigin: 'http://localhost:8888' }

  const known = KNOWN_DOMAIN.exec(bare)
  if (known) {
    const [, preview, domain = DEFAULT_DOMAIN] = known
    return {
      apiOrigin: preview ? `https://${preview}.api.${domain}` : `https://api.${domain}`,
      uiOrigin: `https://cloud.${domain}`,
    }
  }
  return given.includes('://')
    ? parseOrigin(given)
    : `${quote(given)} is not an Astro domain such as ${DEFAULT_DOMAIN}`
}

function parseOrigin(given: string): AstroDomain | string {
  if (!URL.canParse(given)) return `${quote(given)} is not a URL`
  const url = new URL(given)
  if (url.username || url.password) return 'a domain must not hold a user name or password'
  if (url.hostname.length > LONGEST_HOST) return `${quote(given)} is longer than any domain`
  if (url.pathname !== '/' || url.search || url.hash) return `${quote(given)} is more than an origin`
  if (!mayCarrySecrets(url)) {
    return `${quote(given)} would send credentials in clear; only a loopback address may use plain http`
  }
  const uiHost = url.host.replace(/^(?:pr\d{4,6}\.)?api\./, 'cloud.')
  return { apiOrigin: url.origin, uiOrigin: `${url.protocol}//${uiHost}` }
}
