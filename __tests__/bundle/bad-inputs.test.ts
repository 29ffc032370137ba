import { execFileSync } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { writeTree } from './tree.ts'

const ground = useGround()
type Inputs = Readonly<Record<string, string>>

/** What still fits into one variable of a process's environment: Linux takes 128 kB, Windows 32,767 characters. */
const HUGE = process.platform === 'win32' ? 28_000 : 120_000
const huge = (character: string): string => character.repeat(HUGE / Buffer.byteLength(character))

type Case = readonly [name: string, inputs: Inputs, code: string, ...words: string[]]

const VALUES: Case[] = [
  ['a boolean that YAML 1.1 knew', { wait: 'yes' }, 'ASTRO-INPUT-BOOLEAN', 'wait: "yes" is not a boolean'],
  ['a boolean with a typing error', { 'dry-run': 'ture' }, 'ASTRO-INPUT-BOOLEAN', 'dry-run: "ture"'],
  ['a boolean in digits', { 'allow-empty-dags': '1' }, 'ASTRO-INPUT-BOOLEAN', 'allow-empty-dags: "1"'],
  ['a boolean in quotes', { wait: '"true"' }, 'ASTRO-INPUT-BOOLEAN', 'wait: ""true""'],
  ['no time', { 'wait-time': '0s' }, 'ASTRO-INPUT-DURATION', 'wait-time: "0s" is no time'],
  [
    'a time in words',
    { 'wait-time': '10 minutes' },
    'ASTRO-INPUT-DURATION',
    '"10 minutes" is not a duration',
  ],
  ['a time before now', { 'wait-time': '-5m' }, 'ASTRO-INPUT-DURATION', '"-5m"'],
  ['more than a day', { 'wait-time': '25h' }, 'ASTRO-INPUT-DURATION', '"25h" is longer than a day'],
  ['a time in other digits', { 'wait-time': '٣٠s' }, 'ASTRO-INPUT-DURATION', '"٣٠s"'],
  ['a time with a fraction', { 'wait-time': '1.5h' }, 'ASTRO-INPUT-DURATION', '"1.5h"'],
  ['an action with a typing error', { action: 'deplpy' }, 'ASTRO-INPUT-CHOICE', 'is not one of deploy,'],
  ['an action in capitals', { action: 'Deploy' }, 'ASTRO-INPUT-CHOICE', 'action: "Deploy"'],
  [
    'an action of a later version',
    { action: 'create-deployment-preview' },
    'ASTRO-INPUT-UNSUPPORTED',
    'not yet supported',
  ],
  [
    'an input with an underscore',
    { deployment_id: 'cl1' },
    'ASTRO-INPUT-UNKNOWN',
    'the nearest is deployment-id',
  ],
  ['another DAG bundle', { 'dag-bundle-name': 'x' }, 'ASTRO-INPUT-UNSUPPORTED', 'dag-bundle-name: '],
  ['a deploy type that is none', { 'deploy-type': 'dags' }, 'ASTRO-INPUT-CHOICE', 'deploy-type: "dags"'],
  ['a deploy type of a later version', { 'deploy-type': 'dbt' }, 'ASTRO-INPUT-UNSUPPORTED', '"dbt"'],
  ['a project outside', { 'root-folder': '../other' }, 'ASTRO-INPUT-PATH', 'leaves the workspace'],
  ['a DAG folder outside', { 'dags-path': 'a/../../../etc' }, 'ASTRO-INPUT-PATH', 'dags-path: '],
  ['a long description', { description: '…'.repeat(501) }, 'ASTRO-INPUT-LENGTH', '501 characters; Astro takes at most 500'], // prettier-ignore
  ['a huge description', { description: huge('🛫') }, 'ASTRO-INPUT-LENGTH', `it has ${HUGE / 4} characters`],
  ['an ID that climbs', { 'deployment-id': '../../users' }, 'ASTRO-INPUT-ID', 'deployment-id: '],
  ['an ID that is a name', { 'deployment-id': 'My Deployment' }, 'ASTRO-INPUT-ID', 'is not an ID'],
  ['an ID in other letters', { 'organization-id': 'clорг1' }, 'ASTRO-INPUT-ID', 'organization-id: '],
  ['a Workspace by its name', { workspace: 'Data Team' }, 'ASTRO-INPUT-ID', 'workspace: "Data Team"'],
  ['a huge ID', { workspace: huge('c') }, 'ASTRO-INPUT-ID', 'is not an ID'],
  ['a huge boolean', { wait: huge('t') }, 'ASTRO-INPUT-BOOLEAN', 'is not a boolean'],
  ['a huge name', { 'deployment-name': huge('ü') }, 'ASTRO-INPUT-LENGTH', 'deployment-name: '],
  [
    'two targets',
    { 'deployment-id': 'cl1', 'deployment-name': 'etl' },
    'ASTRO-INPUT-TARGET',
    'both are given',
  ],
  ['a word for a domain', { domain: 'prod' }, 'ASTRO-INPUT-DOMAIN', '"prod" is not an Astro domain'],
  ['a domain of somebody else', { domain: 'astronomer.io.example.com' }, 'ASTRO-INPUT-DOMAIN'],
  ['a domain in clear', { domain: 'http://api.astronomer.io' }, 'ASTRO-INPUT-DOMAIN', 'in clear'],
  [
    'a domain with a path',
    { domain: 'https://api.astronomer.io/v1' },
    'ASTRO-INPUT-DOMAIN',
    'more than an origin',
  ],
  ['a domain that is a file', { domain: 'file:///etc/passwd' }, 'ASTRO-INPUT-DOMAIN'],
  ['a huge domain', { domain: `https://${huge('a')}.io` }, 'ASTRO-INPUT-DOMAIN'],
]

const CREDENTIALS: Case[] = [
  ['none', { 'key-id': '', 'key-secret': ' \n' }, 'ASTRO-INPUT-CREDENTIALS-MISSING', 'fork', 'Dependabot'],
  [
    'a key without its secret',
    { 'key-secret': '' },
    'ASTRO-INPUT-CREDENTIALS-HALF',
    'key-secret: it is empty',
  ],
  ['a secret without its key', { 'key-id': ' ' }, 'ASTRO-INPUT-CREDENTIALS-HALF', 'key-id: it is empty'],
  ['a key and a token', { 'api-token': 'a.b.c' }, 'ASTRO-INPUT-CREDENTIALS-BOTH', 'keep one'],
]

describe('a value that cannot be', () => {
  test.each([...VALUES, ...CREDENTIALS])('%s', async (_name, inputs, code, ...words) => {
    const result = await ground.deploy(inputs)
    ground.expectRefused(result, code, ...words)
    expect(ground.astro.requests).toEqual([])
    expect(result.errors[0]?.length).toBeLessThan(2000)
  })

  test('several: each is named, in one error', async () => {
    const inputs = { wait: 'nope', 'wait-time': 'soon', 'dags-path': '..', 'key-id': '', domain: 'prod' }
    const result = await ground.deploy(inputs)
    ground.expectRefused(result, 'ASTRO-INPUT-CREDENTIALS-HALF', '5 inputs of this step cannot be used')
    for (const name of Object.keys(inputs)) expect(result.errors[0]).toContain(`- ${name}: `)
  })

  test('a domain that holds a password: it is not repeated', async () => {
    const domain = 'https://somebody:hunter2-hunter2@api.example.com'
    const result = await ground.run({
      inputs: { domain, 'api-token': 'a.b.c' },
      secrets: ['hunter2-hunter2'],
    })
    ground.expectRefused(result, 'ASTRO-INPUT-DOMAIN', 'must not hold a user name or password')
  })
})

describe('a token that is none', () => {
  const HEADER = Buffer.from('{"alg":"none"}').toString('base64url')
  const jwt = (claims: object): string =>
    `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature-of-the-token`
  const good = jwt({ permissions: ['workspaceId:clw', 'organizationId:clo'] })

  test.each([
    ['another secret', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'ASTRO-AUTH-MALFORMED', 'is not a token'],
    ['cut', good.slice(0, 60), 'ASTRO-AUTH-MALFORMED', 'was cut'],
    ['over two lines', `${good.slice(0, 60)}\n${good.slice(60)}`, 'ASTRO-AUTH-MALFORMED', 'white space'],
    ['with the word that goes before it', `Bearer ${good}`, 'ASTRO-AUTH-MALFORMED', 'white space'],
    ['in quotes', `"${good}"`, 'ASTRO-AUTH-MALFORMED', 'is not a token'],
    ['in other letters', good.replace('signature', 'ѕignature'), 'ASTRO-AUTH-MALFORMED', 'is not a token'],
    ['huge', huge('a'), 'ASTRO-AUTH-MALFORMED', `${HUGE} characters`],
    ['one with no permissions', jwt({ permissions: [] }), 'ASTRO-AUTH-NO-PERMISSIONS', 'no permissions'],
    ['one whose claims are no object', jwt(['a']), 'ASTRO-AUTH-MALFORMED', 'is not a token'],
  ])('%s', async (_name, token, code, words) => {
    const inputs = { 'api-token': token, 'deployment-id': 'cl1' }
    const result = await ground.run({ inputs, secrets: [token] })
    ground.expectRefused(result, code, words)
    expect(ground.astro.requests).toEqual([])
  })
})

describe('a key that is none', () => {
  test.each([
    ['over several lines', 'the first line of it\nthe second line of it\n}'],
    ['with everything in it', 'kéy &client_id=x#%0A::error::"\'<b>🛫'],
    ['huge', huge('k')],
  ])('%s', async (_name, secret) => {
    const result = await ground.deploy({ 'key-secret': secret }, { secrets: [secret] })
    ground.expectRefused(result, 'ASTRO-AUTH-KEY-REJECTED')
  })
})

describe('a DAG folder that cannot be', () => {
  type FolderCase = [
    name: string,
    arrange: (workspace: string) => Inputs | Promise<Inputs>,
    code: string,
    ...words: string[],
  ]
  const folders: FolderCase[] = [
    ['missing', () => ({ 'dags-path': 'flows' }), 'ASTRO-DAGS-FOLDER-MISSING', 'flows does not exist'],
    ['missing, with its project', () => ({ 'root-folder': 'a/b' }), 'ASTRO-DAGS-FOLDER-MISSING', 'checkout'],
    [
      'missing, under a huge name',
      () => ({ 'dags-path': huge('d') }),
      'ASTRO-INPUT-PATH',
      'a path has at most 4096',
    ],
    [
      'a file',
      () => ({ 'dags-path': 'dags/example.py' }),
      'ASTRO-DAGS-FOLDER-NOT-FOLDER',
      'example.py is not a folder',
    ],
    [
      'empty',
      async (workspace) => {
        await mkdir(path.join(workspace, 'empty'))
        return { 'dags-path': 'empty' }
      },
      'ASTRO-DAGS-EMPTY',
      'would remove every DAG',
      'It is empty',
    ],
    [
      'without a DAG file',
      async (workspace) => {
        await writeTree(workspace, { 'docs/happy.txt': '', 'docs/x.pyc': '', 'docs/__pycache__/a.py': '' })
        return { 'dags-path': 'docs' }
      },
      'ASTRO-DAGS-EMPTY',
      'In it: happy.txt, not counting 2',
    ],
    [
      'a link out of the workspace',
      async (workspace) => {
        await symlink(tmpdir(), path.join(workspace, 'out'), 'dir')
        return { 'dags-path': 'out' }
      },
      'ASTRO-DAGS-FOLDER-OUTSIDE',
      'leads out of the workspace',
    ],
    [
      'one with a link that leaves it',
      async (workspace) => {
        await writeTree(workspace, { 'secrets.txt': 'x' })
        await symlink('../secrets.txt', path.join(workspace, 'dags/secrets.txt'))
        return {}
      },
      'ASTRO-DAGS-LINK-OUTSIDE',
      'secrets.txt -> ../secrets.txt',
    ],
    [
      'one with a link that leads nowhere',
      async (workspace) => {
        await symlink('gone.py', path.join(workspace, 'dags/here.py'))
        return {}
      },
      'ASTRO-DAGS-LINK-BROKEN',
      'here.py -> gone.py',
    ],
    ...(process.platform === 'win32'
      ? []
      : ([
          [
            'one with a pipe in it',
            (workspace) => {
              execFileSync('mkfifo', [path.join(workspace, 'dags/pipe.py')])
              return {}
            },
            'ASTRO-DAGS-FILE-TYPE',
            'pipe.py is a named pipe',
          ],
        ] satisfies FolderCase[])),
  ]
  test.each(folders)('%s', async (_name, arrange, code, ...words) => {
    const inputs = await arrange(ground.workspace)
    const result = await ground.deploy(inputs)
    ground.expectRefused(result, code, ...words)
    expect(result.errors[0]?.length).toBeLessThan(2000)
  })
})
