import { expect } from '@jest/globals'
import type { LocalAstro } from '../local-astro/start.ts'

/** Deploys an image alone by API calls, as somebody else does. */
export async function deployImage(astro: LocalAstro): Promise<void> {
  const { origin, organizationId, deploymentId, tokens } = astro
  const url = `${origin}/v1/organizations/${organizationId}/deployments/${deploymentId}/deploys`
  const post = async (to: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${tokens.workspace}`, 'content-type': 'application/json' }
    const response = await fetch(to, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(response.status).toBe(200)
    return (await response.json()) as { id: string }
  }
  const { id } = await post(url, { type: 'IMAGE_ONLY' })
  await post(`${url}/${id}/finalize`, {})
}
