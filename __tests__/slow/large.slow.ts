import { randomFillSync } from 'node:crypto'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import * as path from 'node:path'
import { expect, test } from '@jest/globals'
import { useGround } from '../bundle/ground.ts'
import { readArchive } from '../bundle/read-archive.ts'

const ground = useGround({ uploads: true })
const MEGABYTE = 1024 * 1024

test('a file of 300 MB is read back from the blob store as it was', async () => {
  const file = await open(path.join(ground.workspace, 'dags/model.bin'), 'w')
  const hash = createHash('sha256')
  const piece = Buffer.alloc(10 * MEGABYTE)
  for (let n = 0; n < 30; n++) {
    randomFillSync(piece)
    hash.update(piece)
    await file.write(piece)
  }
  await file.close()
  const result = await ground.deploy()
  expect(result.exitCode).toBe(0)

  const archive = await ground.astro.download(ground.astro.deploymentId, result.outputs['dag-version'] ?? '')
  expect(archive.length).toBeGreaterThan(300 * MEGABYTE)
  expect(readArchive(archive)).toMatchObject([
    { name: 'dags/example.py' },
    { name: 'dags/model.bin', sha256: hash.digest('hex') },
  ])
})
