import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FaultRequest, FaultRule } from './faults.ts'

/** An image that somebody pushed. */
export type PushedImage = {
  /** Of its manifest: `sha256:…`. */
  digest: string
  labels: Record<string, string>
}

export type Registry = {
  /** `127.0.0.1:PORT` */
  host: string
  /** What a repository (without the host) holds under a tag. */
  find(repository: string, tag: string): Promise<PushedImage | undefined>
  stop(): Promise<void>
}

export type RegistryRules = {
  /** The status for this user and password on this repository; undefined when they may pass. */
  refuse(user: string, password: string, repository: string | undefined): number | undefined
  fault(request: FaultRequest): FaultRule | undefined
}

const manifestTypes =
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json'

/**
 * Debian's docker-registry on loopback, with an empty folder of its own, behind a front that asks for user and password as
 * Astro's does. The registry itself is not reachable without a look at its process.
 */
export async function startRegistry(rules: RegistryRules): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'local-astro-registry-'))
  const config = join(folder, 'config.yml')
  await writeFile(config, registryConfig(join(folder, 'images')))
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  const end = (): void => void child.kill()
  process.once('exit', end)
  const port = await new Promise<number>((resolve, reject) => {
    let said = ''
    createInterface({ input: child.stderr }).on('line', (line) => {
      said += `${line}\n`
      const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (found !== undefined) resolve(Number(found))
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`docker-registry ended with ${String(code)}: ${said}`)))
  })
  const front = http.createServer((request, response) => serve(rules, port, request, response))
  front.requestTimeout = 0
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const inner = `http://127.0.0.1:${port}/v2`

  return {
    host: `127.0.0.1:${(front.address() as AddressInfo).port}`,
    async find(repository, tag) {
      const manifest = await fetch(`${inner}/${repository}/manifests/${tag}`, {
        headers: { accept: manifestTypes },
      })
      const digest = manifest.headers.get('docker-content-digest')
      if (!manifest.ok || digest === null) return undefined
      const { config: blob } = (await manifest.json()) as { config: { digest: string } }
      const answer = await fetch(`${inner}/${repository}/blobs/${blob.digest}`)
      const { config: image } = (await answer.json()) as {
        config?: { Labels?: Record<string, string> | null }
      }
      return { digest, labels: image?.Labels ?? {} }
    },
    async stop() {
      const closed = new Promise<void>((resolve) => front.close(() => resolve()))
      front.closeAllConnections()
      await closed
      child.kill()
      await exited
      process.off('exit', end)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const registryConfig = (folder: string): string => `version: 0.1
log: { level: info }
storage:
  filesystem: { rootdirectory: ${JSON.stringify(folder)} }
http:
  addr: 127.0.0.1:0
  relativeurls: true
`

function serve(rules: RegistryRules, port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url = '/', headers } = request
  const { pathname } = new URL(url, 'http://local')
  const fault = rules.fault({ step: 'registry', method, path: pathname })
  if (fault?.fault === 'reset') return void request.socket.resetAndDestroy()
  if (fault?.fault === 'hang') return void request.resume()
  if (fault?.fault === 'status') {
    refuse(response, fault.status, 'Answered on demand')
    return
  }

  const [, repository] = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(pathname) ?? []
  const [user, password] = credentials(headers.authorization)
  const status = rules.refuse(user, password, repository)
  if (status !== undefined) {
    refuse(response, status, 'Not for this credential')
    return
  }

  const passed = { ...headers }
  delete passed.authorization
  const forwarded = http.request(
    { host: '127.0.0.1', port, method, path: url, headers: passed },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  forwarded.on('error', () => response.destroy())
  response.on('close', () => forwarded.destroy())
  request.pipe(forwarded)
}

function credentials(authorization: string | undefined): [string, string] {
  const [, encoded = ''] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? []
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':')
  return [user, password.join(':')]
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const code = status === 401 ? 'UNAUTHORIZED' : status === 403 ? 'DENIED' : 'UNAVAILABLE'
  response.writeHead(status, {
    'content-type': 'application/json',
    'docker-distribution-api-version': 'registry/2.0',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="Astro"' } : {}),
  })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}
