import { describe, expect, test } from '@jest/globals'
import { locateDeployment, readDeployment } from '../../src/astro/target.ts'
import type { DeploymentPath } from '../../src/astro/client.ts'
import type { DeploymentListItem, Organization } from '../../src/astro/types.ts'
import type { Session } from '../../src/auth/session.ts'
import { makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const ETL = makeDeployment()
const TWIN = makeDeployment({ id: 'cltwin', workspaceId: 'clworkspace2' })
const OTHER = makeDeployment({ id: 'clother', name: 'ETL' })

type World = { deployments?: DeploymentListItem[]; organizations?: Organization[] }
type Bound = Partial<Session['bound']>

function find(
  wish: Parameters<typeof locateDeployment>[2],
  { deployments = [ETL], organizations = [{ id: 'clorganization1', name: 'Acme' }] }: World = {},
  session: { kind: Session['kind']; bound?: Bound } = { kind: 'api-key' },
) {
  const calls: string[] = []
  const astro = {
    listOrganizations() {
      calls.push('list organizations')
      return Promise.resolve(organizations)
    },
    listDeployments(_: string, { name, workspaceId }: { name?: string; workspaceId?: string | undefined }) {
      calls.push(`list ${name ?? '*'} in ${workspaceId ?? '*'}`)
      return Promise.resolve(deployments)
    },
    getDeployment({ organizationId, id }: DeploymentPath) {
      calls.push(`get ${organizationId}/${id}`)
      return Promise.resolve(makeDeployment({ ...deployments.find((one) => one.id === id), id }))
    },
  }
  const bound = {
    organizationId: undefined,
    workspaceId: undefined,
    deploymentId: undefined,
    ...session.bound,
  }
  const found = locateDeployment(astro, { kind: session.kind, bound }, wish).then((path) =>
    readDeployment(astro, path, wish),
  )
  found.catch(() => undefined)
  return { found, calls }
}
const wish = (target: Parameters<typeof locateDeployment>[2]['target'], more: object = {}) => ({
  organizationId: undefined,
  workspaceId: undefined,
  target,
  ...more,
})
const byName = (name: string) => ({ kind: 'name', name }) as const
const BOUND = { kind: 'bound' } as const

describe('the Organization', () => {
  test('is the only one that a key sees', async () => {
    const { found, calls } = find(wish({ kind: 'id', id: 'cldeployment1' }))
    expect((await found).id).toBe('cldeployment1')
    expect(calls).toEqual(['list organizations', 'get clorganization1/cldeployment1'])
  })

  test("is the token's own, without asking", async () => {
    const { found, calls } = find(
      wish({ kind: 'id', id: 'cldeployment1' }),
      {},
      {
        kind: 'api-token',
        bound: { organizationId: 'clorgOfToken' },
      },
    )
    await found
    expect(calls).toEqual(['get clorgOfToken/cldeployment1'])
  })

  test('can be named', async () => {
    const { found, calls } = find(wish({ kind: 'id', id: 'cl1' }, { organizationId: 'clnamed' }))
    await found
    expect(calls).toEqual(['get clnamed/cl1'])
  })

  test.each([
    ['none', []],
    [
      'two',
      [
        { id: 'a', name: 'A' },
        { id: 'b', name: 'B' },
      ],
    ],
  ])('is asked for when the credential sees %s', async (_, organizations) => {
    const error = await failureOf(() => find(wish(BOUND), { organizations }).found)
    expect(error.code).toBe('ASTRO-TARGET-ORGANIZATION')
    expect(error.fix).toContain('organization-id')
  })

  test('many are not all listed', async () => {
    const organizations = Array.from({ length: 12 }, (_, i) => ({ id: `cl${i}`, name: 'A' }))
    const { observed } = await failureOf(() => find(wish(BOUND), { organizations }).found)
    expect(observed).toMatch(/^The credential sees 12: A \(cl0\), .* and 2 more\.$/)
  })

  test('must be that of the token', async () => {
    const session = { kind: 'api-token', bound: { organizationId: 'clown' } } as const
    const error = await failureOf(() => find(wish(BOUND, { organizationId: 'clelse' }), {}, session).found)
    expect(error.code).toBe('ASTRO-TARGET-ORGANIZATION')
  })
})

describe('by name', () => {
  test('the exact one is read again by its ID, for list items may be thin', async () => {
    const { found, calls } = find(wish(byName('etl')), { deployments: [OTHER, ETL] })
    expect((await found).id).toBe('cldeployment1')
    expect(calls).toEqual(['list organizations', 'list etl in *', 'get clorganization1/cldeployment1'])
  })

  test('two of the same name are an error that lists the IDs', async () => {
    const error = await failureOf(() => find(wish(byName('etl')), { deployments: [ETL, TWIN] }).found)
    expect(error.code).toBe('ASTRO-TARGET-AMBIGUOUS')
    expect(error.observed).toContain('cldeployment1')
    expect(error.observed).toContain('cltwin')
  })

  test('the Workspace tells twins apart', async () => {
    const { found } = find(wish(byName('etl'), { workspaceId: 'clworkspace2' }), { deployments: [ETL, TWIN] })
    expect((await found).id).toBe('cltwin')
  })

  test('an unknown one says what there is', async () => {
    const error = await failureOf(() => find(wish(byName('elt'))).found)
    expect(error.code).toBe('ASTRO-TARGET-NOT-FOUND')
    expect(error.observed).toBe('The credential sees 1: etl (cldeployment1).')
  })

  test('many of the same name are not all listed', async () => {
    const deployments = Array.from({ length: 12 }, (_, i) => makeDeployment({ id: `cl${i}` }))
    const { observed = '' } = await failureOf(() => find(wish(byName('etl')), { deployments }).found)
    expect(observed.match(/cl\d+ in the Workspace/g)).toHaveLength(10)
    expect(observed.endsWith(' and 2 more.')).toBe(true)
  })

  test('a long list is cut', async () => {
    const deployments = Array.from({ length: 25 }, (_, i) => makeDeployment({ id: `cl${i}`, name: `d${i}` }))
    const error = await failureOf(() => find(wish(byName('elt')), { deployments }).found)
    expect(error.observed).toContain('The credential sees 25: d0 (cl0)')
    expect(error.observed).toContain('and 15 more.')
  })
})

describe('without a target', () => {
  test('a key acts on its only Deployment', async () => {
    expect((await find(wish(BOUND)).found).id).toBe('cldeployment1')
  })

  test("a Deployment token acts on the token's", async () => {
    const bound = { organizationId: 'clorganization1', deploymentId: 'clbound' }
    const { found, calls } = find(wish(BOUND), {}, { kind: 'api-token', bound })
    expect((await found).id).toBe('clbound')
    expect(calls).toEqual(['get clorganization1/clbound'])
  })

  test('a key that sees two has the one in the Workspace that is named', async () => {
    const { found } = find(wish(BOUND, { workspaceId: 'clworkspace2' }), { deployments: [ETL, TWIN] })
    expect((await found).id).toBe('cltwin')
  })

  test('a key whose Deployment is in another Workspace than named is told so', async () => {
    const error = await failureOf(() => find(wish(BOUND, { workspaceId: 'clworkspace2' })).found)
    expect(error.code).toBe('ASTRO-TARGET-WORKSPACE')
  })

  test.each([
    [
      'a key that sees two',
      { deployments: [ETL, TWIN] },
      { kind: 'api-key' } as const,
      'The credential sees 2',
    ],
    ['a key that sees none', { deployments: [] }, { kind: 'api-key' } as const, 'no Deployment at all'],
    [
      'a Workspace token, even if it sees only one',
      { deployments: [ETL] },
      { kind: 'api-token', bound: { organizationId: 'o', workspaceId: 'w' } } as const,
      'not bound to one Deployment',
    ],
    ['a user token', { deployments: [ETL] }, { kind: 'user-token' } as const, "a user's token"],
  ])('%s must name one', async (_, world, session, words) => {
    const error = await failureOf(() => find(wish(BOUND), world, session).found)
    expect(error.code).toBe('ASTRO-TARGET-MISSING')
    expect(error.observed).toContain(words)
  })
})

test('a Deployment in another Workspace than named is refused', async () => {
  const error = await failureOf(
    () => find(wish({ kind: 'id', id: 'cldeployment1' }, { workspaceId: 'clx' })).found,
  )
  expect(error.code).toBe('ASTRO-TARGET-WORKSPACE')
  expect(error.observed).toBe('It is in clworkspace1; `workspace` says clx.')
})
