import { expect, describe, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'

const ground = useGround()

const getToken = (inputs: Record<string, string> = {}) =>
  ground.run({
    inputs: {
      action: 'get-access-token',
      'key-id': ground.astro.keyId,
      'key-secret': ground.astro.keySecret,
      ...inputs,
    },
  })

async function callAirflow(outputs: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${outputs['airflow-api-url']}/dags?limit=1`, {
    headers: { authorization: `Bearer ${outputs['access-token']}`, accept: 'application/json' },
  })
  return [response.status, await response.json()]
}

describe('get-access-token', () => {
  test('hands on a token that works, masked before anything else, and proves it first', async () => {
    const { exitCode, outputs, stdout } = await getToken()
    expect(exitCode).toBe(0)
    expect(await callAirflow(outputs)).toEqual([200, { dags: [], total_entries: 0 }])
    const token = outputs['access-token'] ?? ''
    expect(stdout.split('\n').findIndex((line) => line.includes(token))).toBe(
      stdout.split('\n').indexOf(`::add-mask::${token}`),
    )
    const left = Date.parse(outputs['token-expires-at'] ?? '') - Date.now()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(3600_000)
    expect(ground.astro.requests.map(({ step }) => step)).toEqual([
      ...['auth-config', 'token', 'organizations', 'list-deployments', 'deployment'],
      // The step's question, and the one of this test.
      ...['airflow', 'airflow'],
    ])
    expect(ground.writes()).toEqual([])
  })

  test('the API of Airflow 2 has its own address', async () => {
    const { id } = ground.astro.deployments.create({ fixture: 'airflow-2' })
    const { keyId, keySecret } = ground.astro.keys.create(id)
    const { outputs } = await getToken({ 'key-id': keyId, 'key-secret': keySecret })
    expect(outputs['airflow-api-url']).toBe(`${ground.astro.origin}/airflow/${id}/api/v1`)
    expect(await callAirflow(outputs)).toEqual([200, { dags: [], total_entries: 0 }])
  })

  test('an API token is handed on as it is', async () => {
    const { tokens, deploymentId } = ground.astro
    const { exitCode, outputs } = await ground.run({
      inputs: {
        action: 'get-access-token',
        'api-token': tokens.workspace,
        'deployment-id': deploymentId,
      },
    })
    expect([exitCode, outputs['access-token']]).toEqual([0, tokens.workspace])
  })

  test('the Airflow of a new Deployment is waited for', async () => {
    ground.astro.faults.add({ fault: 'html', status: 404, step: 'airflow', times: 2 })
    const { exitCode, outputs } = await getToken()
    expect([exitCode, 'access-token' in outputs]).toEqual([0, true])
  })

  test.each([
    ['a web page', { fault: 'html', status: 200 } as const, 'ASTRO-AIRFLOW-ANSWER'],
    [
      'a login page',
      { fault: 'status', status: 302, headers: { location: 'https://login.test/' } } as const,
      'ASTRO-AIRFLOW-REDIRECTED',
    ],
    ['no rights', { fault: 'status', status: 403 } as const, 'ASTRO-AIRFLOW-FORBIDDEN'],
    ['401 for good', { fault: 'status', status: 401 } as const, 'ASTRO-AIRFLOW-UNAUTHORIZED'],
    ['no end of 503', { fault: 'status', status: 503 } as const, 'ASTRO-TOKEN-UNPROVEN'],
  ])('hands nothing on when Airflow answers with %s', async (_, fault, code) => {
    ground.astro.faults.add({ ...fault, step: 'airflow' })
    const { exitCode, outputs, errors } = await getToken({ 'wait-time': '4s' })
    expect([exitCode, codeOf(errors[0] ?? '')]).toEqual([1, code])
    expect(outputs).not.toHaveProperty('access-token')
  })

  test('a Deployment that hibernates is named as that', async () => {
    ground.astro.deployments.patch(ground.astro.deploymentId, { status: 'HIBERNATING' })
    const { errors } = await getToken()
    expect(codeOf(errors[0] ?? '')).toBe('ASTRO-TOKEN-HIBERNATING')
  })
})
