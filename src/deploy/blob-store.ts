import type { Deploy } from '../astro/types.ts'
import { HttpFailure, unanswered } from '../http/failure.ts'
import { adviceOn } from '../http/obstacle.ts'
import type { Request } from '../http/request.ts'

const BUDGET_MS = 10_000

/**
 * Finds out whether the way to the blob store is closed (a certificate that is not trusted, a proxy that refuses) before
 * anything is written. Its host is known only when an earlier deploy still shows its upload address; whatever else goes wrong
 * is left to the upload.
 *
 * @throws ActionError ASTRO-NETWORK-…
 */
export async function requireOpenWay(request: Request, deploys: readonly Deploy[]): Promise<void> {
  const shown = deploys.find(({ dagsUploadUrl = '' }) => URL.canParse(dagsUploadUrl))?.dagsUploadUrl
  if (shown === undefined) return
  const { origin, host, protocol } = new URL(shown)
  if (protocol !== 'https:') return
  try {
    await request({
      what: 'reach the blob store',
      method: 'GET',
      url: origin,
      repeat: 'always',
      budgetMs: BUDGET_MS,
    })
  } catch (error) {
    const advice = error instanceof HttpFailure ? adviceOn(error.obstacle?.code) : undefined
    if (!(error instanceof HttpFailure) || !advice) return
    throw unanswered('The blob store for DAG bundles cannot be reached.', host, error, advice)
  }
}
