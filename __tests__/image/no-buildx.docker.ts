import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import { useImageGround } from './ground.ts'

/** A client that needs the plugin buildx to build, and has none; for all else it is the real one. */
const SCRIPT = `#!/bin/sh
case "$1" in
  version) echo '29.0.1 29.0.1' ;;
  buildx) echo "docker: 'buildx' is not a docker command." >&2; exit 1 ;;
  *) PATH="$REAL_PATH" exec docker "$@" ;;
esac
`
const ground = useImageGround('plain BuildKit')
let client: string
beforeAll(() => {
  client = mkdtempSync(join(tmpdir(), 'client-'))
  writeFileSync(join(client, 'docker'), SCRIPT)
  chmodSync(join(client, 'docker'), 0o755)
})
afterAll(() => rmSync(client, { recursive: true, force: true }))

const env = (): Record<string, string> => {
  const { PATH = '' } = JSON.parse(process.env.IMAGE_SUITE_PLAIN ?? '{}') as Record<string, string>
  return { PATH: `${client}:${PATH}`, REAL_PATH: PATH }
}

test('a build is refused, and `image-name` offered', async () => {
  const { errors } = await ground.deploy({ 'deploy-type': 'image-and-dags' }, { env: env() })
  expect(codeOf(errors[0] ?? '')).toBe('ASTRO-IMAGE-NO-BUILDKIT')
  expect(errors[0]).toContain('`image-name`')
})

test('a prebuilt image is deployed', async () => {
  ground.docker('tag', 'local/runtime:3.1-3', 'prebuilt')
  try {
    const inputs = { 'deploy-type': 'image-and-dags', 'image-name': 'prebuilt' }
    expect((await ground.deploy(inputs, { env: env() })).errors).toEqual([])
    expect(ground.astro.deployments.get(ground.astro.deploymentId).astroRuntimeVersion).toBe('3.1-3')
  } finally {
    ground.docker('rmi', 'prebuilt')
  }
})
