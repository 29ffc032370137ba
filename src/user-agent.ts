/** Kept equal to package.json by a test. */
export const VERSION = '1.0.0'

/** An honest name for this client, with the version that the workflow asked for when the runner tells it. */
export function userAgent(env: Readonly<Record<string, string | undefined>>): string {
  const ref = env.GITHUB_ACTION_REF
  const asked = ref !== undefined && /^[\w./-]{1,64}$/.test(ref) ? ` (ref ${ref})` : ''
  return `deploy-to-astro/${VERSION}${asked}`
}
