import { describe, expect, test } from '@jest/globals'
import { readInputs } from '../../src/inputs.ts'
import { failureOf } from '../make/failure.ts'

/** The inputs as the runner hands them on: each in the environment, those of action.yml also when they are empty. */
function read(given: Readonly<Record<string, string>>) {
  const all = { 'api-token': 't', ...given }
  const env = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  )
  const source = {
    input: (name: string) => env[`INPUT_${name.toUpperCase()}`] ?? '',
    env: { PATH: '/bin', ...env },
  }
  return readInputs(() => undefined, source)
}

describe('an input that does not exist is refused with the nearest name', () => {
  test.each([
    ['deployment_id', 'deployment-id'],
    ['Deployment-ID ', 'deployment-id'],
    ['dag-path', 'dags-path'],
    ['dry_run', 'dry-run'],
    ['dryrun', 'dry-run'],
    ['api_token', 'api-token'],
    ['astro-api-token', 'api-token'],
    ['rollback', 'rollback-on-failure'],
  ])('%s: %s', async (name, nearest) => {
    const { code, observed } = await failureOf(() => read({ [name]: 'x' }))
    expect(code).toBe('ASTRO-INPUT-UNKNOWN')
    expect(observed).toContain(`there is no such input; the nearest is ${nearest}`)
  })

  test('although it is empty, and beside the other problems', async () => {
    const { observed } = await failureOf(() => read({ foo_bar: '', wait: 'yes' }))
    expect(observed).toContain('- foo_bar: there is no such input')
    expect(observed).toContain('- wait: "yes" is not a boolean')
  })
})

describe('an input of a later version', () => {
  test.each([
    ['dag-bundle-name', 'x', 'dbt projects and other bundles'],
    ['mount-path', '/usr/local/airflow/dbt/shop', 'dbt projects and other bundles'],
    ['wake-on-deploy', 'true', 'waking a hibernating Deployment'],
    ['preview-name', 'pr-1', 'Deployment previews'],
    ['copy-connections', 'true', 'Deployment previews'],
    ['deployments-file', 'd.yml', 'several Deployments'],
  ])('%s: %s is refused with what it belongs to', async (name, value, feature) => {
    const { code, observed } = await failureOf(() => read({ [name]: value }))
    expect(code).toBe('ASTRO-INPUT-UNSUPPORTED')
    expect(observed).toContain(`- ${name}: this version does not support ${feature}`)
  })

  test.each([
    ['wake-on-deploy', 'false'],
    ['dag-bundle-name', ''],
    ['no-dags-base-dir', 'False'],
  ])('%s: %j asks for nothing', (name, value) => {
    expect(read({ [name]: value }).warnings).toEqual([])
  })
})

describe('inputs of deploy-action', () => {
  test.each([
    ['checkout', 'false', 'actions/checkout'],
    ['checkout-submodules', 'true', 'actions/checkout'],
    ['sparse-checkout', 'dags', 'actions/checkout'],
    ['cli-version', '1.38.0', 'does not use the Astro CLI'],
  ])('%s has no effect, which a warning says', (name, value, why) => {
    const { warnings } = read({ [name]: value })
    expect(warnings).toEqual([expect.stringContaining(`The input \`${name}\` has no effect here: `)])
    expect(warnings[0]).toContain(why)
  })

  test.each(['infer', 'image-and-dags'])(
    'deploy-image: true with deploy-type: %s is image-and-dags',
    (type) => {
      const { inputs, notices } = read({ 'deploy-image': 'true', 'deploy-type': type })
      expect(inputs.deployType).toBe('image-and-dags')
      expect(notices).toEqual([expect.stringContaining('old name of `deploy-type: image-and-dags`')])
    },
  )

  test.each(['dags-only', 'image-only'])('deploy-image: true contradicts deploy-type: %s', async (type) => {
    const { observed } = await failureOf(() => read({ 'deploy-image': 'true', 'deploy-type': type }))
    expect(observed).toContain(`and \`deploy-type\` is ${type}`)
  })

  test('deploy-image: false is the default, and says nothing', () => {
    expect(read({ 'deploy-image': 'false' })).toMatchObject({ inputs: { deployType: 'infer' }, notices: [] })
  })

  test('image-name: no-custom-image is none', () => {
    const { inputs, warnings } = read({ 'image-name': 'no-custom-image', 'deploy-type': 'dags-only' })
    expect([inputs.imageName, warnings]).toEqual([undefined, []])
  })
})
