import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { bodyErrors, matchOperation, readQuery, responseErrors } from './check.ts'
import type { MatchedOperation } from './check.ts'
import { reduceContract, usedOperations } from './generate.ts'

type Node = Record<string, unknown>

const contract = JSON.parse(readFileSync(new URL('astro-api.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, { operationId: string }>>
  components: { schemas: Record<string, Node> }
}

/** Every object of the document, and whether its keys are names that somebody chose. */
function* nodes(value: unknown, keysAreNames = false): Generator<{ node: Node; keysAreNames: boolean }> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodes(item)
  } else if (typeof value === 'object' && value !== null) {
    yield { node: value as Node, keysAreNames }
    const maps = ['properties', 'schemas', 'paths', 'responses', 'mapping']
    for (const [key, inner] of Object.entries(value)) yield* nodes(inner, !keysAreNames && maps.includes(key))
  }
}

function operation(method: string, path: string): MatchedOperation {
  const match = matchOperation(method, path)
  if (!('id' in match)) throw new Error(`${method} ${path} is not in the contract`)
  return match
}

const update = operation('POST', '/organizations/o/deployments/d')
const standard = {
  type: 'STANDARD',
  name: 'etl',
  workspaceId: 'w',
  environmentVariables: [],
  executor: 'CELERY',
  isCicdEnforced: false,
  isDagDeployEnabled: true,
  isHighAvailability: false,
  schedulerSize: 'SMALL',
}

describe('the committed contract', () => {
  test('has no prose', () => {
    const prose = ['description', 'summary', 'example', 'examples', 'title', 'externalDocs', 'tags']
    const found = [...nodes(contract)].flatMap(({ node, keysAreNames }) =>
      keysAreNames ? [] : Object.keys(node).filter((key) => prose.includes(key) || key.startsWith('x-')),
    )
    expect(found).toEqual([])
  })

  test('keeps properties that are called like prose', () => {
    expect(contract.components.schemas.Deploy?.properties).toHaveProperty('description')
    expect(contract.components.schemas.ConnectionAuthTypeParameter?.properties).toHaveProperty('example')
  })

  test('has every operation that is used, no other, and every schema that is referred to, no other', () => {
    const ids = Object.values(contract.paths).flatMap((methods) =>
      Object.values(methods).map((o) => o.operationId),
    )
    expect([...ids].sort()).toEqual([...usedOperations].sort())
    const text = JSON.stringify(contract)
    const named = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]))
    expect(Object.keys(contract.components.schemas).sort()).toEqual([...named].sort())
  })

  test('is refused when the official file lacks an operation', () => {
    const official = { paths: {}, components: { schemas: {} }, info: {} }
    expect(() => reduceContract(official)).toThrow('lacks ListOrganizations')
  })
})

describe('request bodies', () => {
  test.each([
    ['an update with all that is required', standard, []],
    [
      'an unknown property',
      { ...standard, colour: 'red' },
      [{ field: 'colour', code: 'additionalProperties' }],
    ],
    ['no type', { ...standard, type: undefined }, [{ field: 'type', code: 'discriminator' }]],
    [
      'another type’s field',
      { ...standard, scheduler: {} },
      [{ field: 'scheduler', code: 'additionalProperties' }],
    ],
    ['an empty queue list', { ...standard, workerQueues: [] }, [{ field: 'workerQueues', code: 'minItems' }]],
    [
      'null where there is no null',
      { ...standard, workerQueues: null },
      [{ field: 'workerQueues', code: 'type' }],
    ],
    [
      'a variable without isSecret',
      { ...standard, environmentVariables: [{ key: 'A' }] },
      [{ field: 'environmentVariables.0.isSecret', code: 'required' }],
    ],
    ['no body', undefined, [{ field: 'body', code: 'required' }]],
    ['an array', [], [{ field: 'body', code: 'type' }]],
  ])('%s', (_name, body, expected) => {
    const errors = bodyErrors(update.operation, body).map(({ field, code }) => ({ field, code }))
    expect(errors).toEqual(expected)
  })

  test('a GET takes none', () => {
    expect(bodyErrors(operation('GET', '/organizations/o').operation, {})).toHaveLength(1)
  })
})

describe('queries', () => {
  const list = operation('GET', '/organizations/o/deployments').operation
  test.each([
    ['names=a&names=b', { names: ['a', 'b'], offset: 0, limit: 20 }],
    ['limit=1000&offset=5', { offset: 5, limit: 1000 }],
    ['names=a%2Cb', { names: ['a,b'], offset: 0, limit: 20 }],
  ])('%s', (text, expected) => {
    expect(readQuery(list, new URLSearchParams(text))).toEqual({ query: expected, errors: [] })
  })
  test.each([['limit=-1'], ['limit=many'], ['limit=1&limit=2'], ['name=etl'], ['sorts=colour:asc']])(
    '%s is refused',
    (text) => {
      expect(readQuery(list, new URLSearchParams(text)).errors).toHaveLength(1)
    },
  )
})

describe('answers', () => {
  const finalize = operation('POST', '/organizations/o/deployments/d/deploys/p/finalize').operation
  const error = { message: 'm', requestId: 'r', statusCode: 404 }
  test('a status that the contract does not list is a violation', () => {
    expect(responseErrors(finalize, 404, error)).toMatchObject([{ code: 'undocumented' }])
  })
  test('so is a body that it does not describe', () => {
    expect(responseErrors(finalize, 200, { id: 'x' }).length).toBeGreaterThan(0)
    expect(responseErrors(finalize, 400, { message: 'm' }).length).toBeGreaterThan(0)
  })
  test('a refused body and a rate limit may come everywhere', () => {
    expect(responseErrors(finalize, 429, { ...error, statusCode: 429 })).toEqual([])
  })
})

test('a path that exists tells its methods', () => {
  expect(matchOperation('PATCH', '/organizations/o/deployments/d')).toEqual({
    allowed: ['DELETE', 'GET', 'POST'],
  })
  expect(matchOperation('GET', '/nothing')).toEqual({ allowed: [] })
})
