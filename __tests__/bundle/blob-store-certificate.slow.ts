import { afterEach, describe, expect, test } from '@jest/globals'
import type { CorporateNetwork } from './corporate-network.ts'
import { startCorporateNetwork, STORE_HOST } from './corporate-network.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'

const ground = useGround({ uploads: true })
const undo: CorporateNetwork['stop'][] = []
afterEach(async () => {
  for (const step of undo.splice(0)) await step()
})

describe('a blob store behind a certificate that is not trusted', () => {
  const VARIABLES = { 'environment-variables': 'A=1' }

  async function deployBehind(store: { readonly isShown: boolean }) {
    await ground.deploy()
    ground.astro.requests.length = 0
    const network = await startCorporateNetwork(() => ground.astro.origin, { store })
    undo.push(network.stop)
    const env = { https_proxy: network.proxy, NODE_EXTRA_CA_CERTS: network.authority }
    return ground.deploy({ domain: network.domain, ...VARIABLES }, { env })
  }

  test('is found before anything is written, when the history shows where it is', async () => {
    const result = await deployBehind({ isShown: true })
    const words = [STORE_HOST, 'Storage Inspection CA', 'NODE_EXTRA_CA_CERTS']
    ground.expectRefused(result, 'ASTRO-NETWORK-CERTIFICATE', ...words)
  })

  test('is otherwise told at the first try of the upload, as what it is', async () => {
    const { errors, stdout } = await deployBehind({ isShown: false })
    expect(codeOf(errors[0] ?? '')).toBe('ASTRO-NETWORK-CERTIFICATE')
    expect(errors[0]).toContain('Storage Inspection CA')
    expect(stdout).not.toContain('Attempt 2')
  })
})
