import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const program = fileURLToPath(new URL('main.ts', import.meta.url))

test('serves by itself, tells all that a client needs, and ends when told to', async () => {
  const child = spawn(process.execPath, [program, '--rollout', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let output = ''
    child.stdout.setEncoding('utf8')
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: string) => {
        output += chunk
        if (output.includes('Ctrl-C')) resolve()
      })
      child.stdout.once('end', () => reject(new Error(`It ended early: ${output}`)))
    })
    const value = (name: string): string => new RegExp(`${name}[= ]+(\\S+)`).exec(output)?.[1] ?? ''
    const origin = value('ASTRO_DOMAIN')
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const url = `${origin}/v1/organizations/${value('Organization')}/deployments/${value('Deployment')}`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${value('ASTRO_API_TOKEN')}` } })
    expect(await answer.json()).toMatchObject({ name: 'etl' })
    const form = new URLSearchParams({
      client_id: value('ASTRONOMER_KEY_ID'),
      client_secret: value('ASTRONOMER_KEY_SECRET'),
      audience: 'astronomer-ee',
      grant_type: 'client_credentials',
    })
    expect((await fetch(`${origin}/auth/oauth/token`, { method: 'POST', body: form })).status).toBe(200)
  } finally {
    const exited = once(child, 'exit')
    child.kill('SIGINT')
    expect(await exited).toEqual([0, null])
  }
}, 60_000)

test('says what is wrong with an option', async () => {
  const child = spawn(process.execPath, [program, '--rollout', 'soon'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  expect(await once(child, 'close')).toEqual([1, null])
  expect(errors).toContain('--rollout is not a time')
}, 60_000)
