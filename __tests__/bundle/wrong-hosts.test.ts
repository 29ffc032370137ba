import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { startImpostor } from './impostor.ts'

const ground = useGround()

const HTML = { 'content-type': 'text/html; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json' }
const PAGE = `<!DOCTYPE html><html><head><title>Sign in</title></head><body>${'x'.repeat(5000)}</body></html>`

type Answer = Parameters<typeof startImpostor>[0]
type Case = [name: string, answer: Answer, code: string, ...words: string[]]

const DISCOVERY: Case[] = [
  [
    'that does not know Astro',
    () => ({ status: 404, headers: JSON_TYPE, body: '{"message":"no such page"}' }),
    'ASTRO-AUTH-DISCOVERY',
    'HTTP 404: "no such page"',
    '`domain`',
  ],
  [
    'that shows a sign-in page',
    () => ({ status: 200, headers: HTML, body: PAGE }),
    'ASTRO-AUTH-DISCOVERY',
    'a web page, not JSON',
  ],
  [
    'that sends elsewhere',
    (origin) => ({ status: 302, headers: { location: `${origin}/login` }, body: '' }),
    'ASTRO-AUTH-DISCOVERY',
    'HTTP 302',
  ],
  [
    'that answers in the wrong form',
    () => ({ status: 200, headers: JSON_TYPE, body: '["domainUrl"]' }),
    'ASTRO-AUTH-DISCOVERY',
  ],
  [
    'that names a login service without encryption',
    () => ({ status: 200, headers: JSON_TYPE, body: '{"domainUrl":"http://auth.example.com/"}' }),
    'ASTRO-AUTH-DISCOVERY',
    'http://auth.example.com, which does not encrypt',
    'The key was not sent',
  ],
  [
    'that names no address',
    () => ({ status: 200, headers: JSON_TYPE, body: '{"domainUrl":"javascript:alert(1)"}' }),
    'ASTRO-AUTH-DISCOVERY',
  ],
  [
    'whose message is huge',
    () => ({ status: 404, headers: JSON_TYPE, body: JSON.stringify({ message: 'ü'.repeat(1_000_000) }) }),
    'ASTRO-AUTH-DISCOVERY',
  ],
]

describe('a domain', () => {
  test.each(DISCOVERY)('%s: the key is not sent there', async (_name, answer, code, ...words) => {
    const impostor = await startImpostor(answer)
    const result = await ground.deploy({ domain: impostor.origin })
    ground.expectRefused(result, code, ...words)
    expect(impostor.requests).toEqual(['GET /private/v1alpha1/cli/auth-config'])
    expect(impostor.bodies).toEqual([''])
    expect(result.errors[0]?.length).toBeLessThan(2000)
  })

  test.each<Case>([
    [
      'that gives no token for the key',
      (origin) => ({
        status: 200,
        headers: JSON_TYPE,
        body: JSON.stringify({ domainUrl: origin, access_token: '' }),
      }),
      'ASTRO-AUTH-EXCHANGE',
      'There is no access token in it',
    ],
    [
      'whose sign-in repeats the key',
      (origin, asked) => ({
        status: asked === '' ? 200 : 401,
        headers: JSON_TYPE,
        body: JSON.stringify({ domainUrl: origin, error_description: `Not known: ${asked}` }),
      }),
      'ASTRO-AUTH-KEY-REJECTED',
      'Not known: client_id=***&client_secret=***&audience=',
    ],
  ])('%s', async (_name, answer, code, ...words) => {
    const impostor = await startImpostor(answer)
    ground.expectRefused(await ground.deploy({ domain: impostor.origin }), code, ...words)
    expect(impostor.requests.at(-1)).toBe('POST /oauth/token')
  })

  test.each<Case>([
    [
      'that shows a page',
      () => ({ status: 200, headers: HTML, body: PAGE }),
      'ASTRO-API-ANSWER',
      'a web page, not JSON',
    ],
    [
      'that sends elsewhere: the token is not sent there',
      (origin) => ({ status: 307, headers: { ...JSON_TYPE, location: `${origin}/other` }, body: '{}' }),
      'ASTRO-API-ANSWER',
      'HTTP 307',
    ],
    [
      'whose answer is no object',
      () => ({ status: 200, headers: JSON_TYPE, body: 'null' }),
      'ASTRO-API-ANSWER',
      'not the JSON that Astro gives',
    ],
    [
      'whose objects are empty',
      () => ({ status: 200, headers: JSON_TYPE, body: '{}' }),
      'ASTRO-API-ANSWER',
      'It lacks id, name',
    ],
  ])('%s, asked with a token', async (_name, answer, code, ...words) => {
    const impostor = await startImpostor(answer)
    const inputs = { domain: impostor.origin, 'api-token': ground.astro.tokens.deployment }
    const result = await ground.run({ inputs })
    ground.expectRefused(result, code, ...words)
    expect(new Set(impostor.requests.map((asked) => asked.split('/')[1]))).toEqual(new Set(['v1']))
    expect(result.errors[0]?.length).toBeLessThan(2000)
  })
})

test('a domain where nobody is, and one that speaks another protocol', async () => {
  const closed = http.createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const plain = new URL(ground.astro.origin)

  const [dead, other] = await Promise.all([
    ground.deploy({ domain: `http://127.0.0.1:${port}` }),
    ground.deploy({ domain: `https://${plain.host}` }),
  ])
  ground.expectRefused(dead, 'ASTRO-AUTH-UNREACHABLE', 'ECONNREFUSED', '`domain`', '`https_proxy`')
  expect(dead.stdout).toContain('Could not find the login service')
  ground.expectRefused(other, 'ASTRO-AUTH-UNREACHABLE', '`domain`')
})
