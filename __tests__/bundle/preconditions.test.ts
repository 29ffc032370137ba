import { describe, expect, test } from '@jest/globals'
import type { FixtureName, LocalAstro } from '../local-astro/start.ts'
import { useGround } from './ground.ts'

const ground = useGround()
type Inputs = Record<string, string>

/** The inputs of a step that deploys to a Deployment of this kind, with a key pair of it. */
function keyOf(astro: LocalAstro, fixture: FixtureName): Inputs {
  const { id } = astro.deployments.create({ fixture })
  const { keyId, keySecret } = astro.keys.create(id)
  return { 'deployment-id': id, 'key-id': keyId, 'key-secret': keySecret }
}

type Case = [name: string, arrange: (astro: LocalAstro) => Inputs, code: string, ...words: string[]]

const DEPLOYMENT: Case[] = [
  [
    'has DAG deploys off',
    (astro) => keyOf(astro, 'dag-deploys-off'),
    'ASTRO-DEPLOY-DAG-DEPLOYS-OFF',
    'DAG-only deploys are switched off',
  ],
  [
    'hibernates',
    (astro) => keyOf(astro, 'hibernating'),
    'ASTRO-DEPLOY-HIBERNATING',
    'It is hibernating',
    'Wake it',
  ],
  [
    'has remote execution',
    (astro) => keyOf(astro, 'remote-execution'),
    'ASTRO-DEPLOY-REMOTE-EXECUTION',
    'remote execution',
  ],
  [
    "enforces CI/CD, with a user's token",
    (astro) => ({
      'api-token': astro.tokens.user,
      'deployment-id': astro.deployments.create({ fixture: 'cicd-enforced' }).id,
    }),
    'ASTRO-DEPLOY-CICD-ENFORCED',
    'API token',
  ],
  [
    'is in another Workspace than named, by ID',
    (astro) => ({
      'api-token': astro.tokens.organization,
      'deployment-id': astro.deploymentId,
      workspace: astro.addWorkspace('staging'),
    }),
    'ASTRO-TARGET-WORKSPACE',
    'is not in the Workspace that the step names',
  ],
  [
    'is in another Workspace than named, by its key',
    (astro) => ({
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      workspace: astro.addWorkspace('staging'),
    }),
    'ASTRO-TARGET-WORKSPACE',
    'is not in the Workspace that the step names',
  ],
]

const TARGET: Case[] = [
  [
    'in another Organization than the token says',
    (astro) => ({
      'api-token': astro.tokens.deployment,
      'deployment-id': astro.deploymentId,
      'organization-id': astro.addOrganization('other').organizationId,
    }),
    'ASTRO-TARGET-ORGANIZATION',
    'belongs to another Organization',
  ],
  [
    'in another Organization than the key’s',
    (astro) => ({
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      'organization-id': astro.addOrganization('other').organizationId,
    }),
    'ASTRO-API-FORBIDDEN',
    'You do not have access to this Organization',
  ],
  [
    'in one of several Organizations',
    (astro) => {
      astro.addOrganization('other')
      return { 'api-token': astro.tokens.user, 'deployment-id': astro.deploymentId }
    },
    'ASTRO-TARGET-ORGANIZATION',
    'The credential sees 2: local (',
    'other (',
    '`organization-id`',
  ],
  [
    'by a name that two have',
    (astro) => {
      astro.deployments.create({ name: 'etl', workspaceId: astro.addWorkspace('staging') })
      return { 'api-token': astro.tokens.organization, 'deployment-name': 'etl' }
    },
    'ASTRO-TARGET-AMBIGUOUS',
    'More than one Deployment is named etl',
    '`workspace`',
  ],
  [
    'by a name that nobody has, among more than a page holds',
    ({ tokens, deployments }) => {
      for (let n = 0; n < 1100; n++) deployments.create({ name: `other-${n}` })
      return { 'api-token': tokens.organization, 'deployment-name': 'ETL' }
    },
    'ASTRO-TARGET-NOT-FOUND',
    'No Deployment is named ETL',
    'sees 1,101: etl (',
    'and 1,091 more',
  ],
  [
    'by a name with everything in it that a query could stumble over',
    ({ tokens }) => ({ 'api-token': tokens.workspace, 'deployment-name': 'é&names=etl#?%00 +"\'<b>🛫' }),
    'ASTRO-TARGET-NOT-FOUND',
    'No Deployment is named é&names=etl#?%00 +"\'<b>🛫.',
  ],
  [
    'by an ID that does not exist',
    ({ tokens }) => ({ 'api-token': tokens.workspace, 'deployment-id': 'cldoesnotexist' }),
    'ASTRO-API-NOT-FOUND',
    'Could not read the Deployment cldoesnotexist',
  ],
  [
    'of another key in the same Workspace',
    (astro) => ({ ...keyOf(astro, 'etl'), 'deployment-id': astro.deploymentId }),
    'ASTRO-API-FORBIDDEN',
    'bound to another Deployment',
  ],
  [
    'of another Workspace',
    (astro) => ({
      'api-token': astro.tokens.workspace,
      'deployment-id': astro.deployments.create({ workspaceId: astro.addWorkspace('staging') }).id,
    }),
    'ASTRO-API-NOT-FOUND',
    'cannot see it',
  ],
  [
    'of another Deployment token',
    ({ tokens, deployments }) => ({
      'api-token': tokens.deployment,
      'deployment-id': deployments.create({ name: 'other' }).id,
    }),
    'ASTRO-API-FORBIDDEN',
    'bound to another Deployment',
  ],
  [
    'not at all, with a token of a Workspace',
    ({ tokens }) => ({ 'api-token': tokens.workspace, 'deployment-id': ' ' }),
    'ASTRO-TARGET-MISSING',
    'does not say which Deployment',
  ],
  [
    "not at all, with a user's token",
    ({ tokens }) => ({ 'api-token': tokens.user }),
    'ASTRO-TARGET-MISSING',
    "a user's token",
  ],
]

const REJECTED = ['wrong', 'deleted', 'June 2024', 'API token', 'forks', 'Dependabot']
const CREDENTIAL: Case[] = [
  [
    'a key whose secret is wrong',
    ({ keyId, keySecret }) => ({ 'key-id': keyId, 'key-secret': `${keySecret}x` }),
    'ASTRO-AUTH-KEY-REJECTED',
    ...REJECTED,
  ],
  [
    'a key that was deleted',
    ({ keyId, keySecret, keys }) => {
      keys.remove(keyId)
      return { 'key-id': keyId, 'key-secret': keySecret }
    },
    'ASTRO-AUTH-KEY-REJECTED',
    ...REJECTED,
  ],
  [
    'a key whose Deployment was deleted',
    ({ keyId, keySecret, deployments, deploymentId }) => {
      deployments.remove(deploymentId)
      return { 'key-id': keyId, 'key-secret': keySecret }
    },
    'ASTRO-AUTH-KEY-REJECTED',
    ...REJECTED,
  ],
  [
    'a token that has expired',
    ({ tokens, deploymentId }) => ({ 'api-token': tokens.expired, 'deployment-id': deploymentId }),
    'ASTRO-AUTH-EXPIRED',
    'has expired',
    'It was good until',
  ],
]

describe.each([
  ['a Deployment that', DEPLOYMENT],
  ['a target', TARGET],
  ['a credential:', CREDENTIAL],
])('before anything is written, a clear error for %s', (_group, cases) => {
  test.each(cases)('%s', async (_name, arrange, code, ...words) => {
    const inputs = arrange(ground.astro)
    const before = JSON.stringify(
      ground.astro.deployments.ids().map((id) => ground.astro.deployments.get(id)),
    )
    const result = await ground.run({ inputs })
    ground.expectRefused(result, code, ...words)
    const after = JSON.stringify(ground.astro.deployments.ids().map((id) => ground.astro.deployments.get(id)))
    expect(after).toBe(before)
  })
})

test('a token that another Astro gave out', async () => {
  const foreign = ground.astro.tokens.deployment
  await ground.restart({})
  const result = await ground.run({ inputs: { 'api-token': foreign }, secrets: [foreign] })
  ground.expectRefused(result, 'ASTRO-API-UNAUTHORIZED', 'was revoked')
})
