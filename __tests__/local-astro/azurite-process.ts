/**
 * The process that Azurite's blob server runs in. Forked by azurite.ts: tells its origin once it listens, keeps blobs in a
 * folder of its own, and goes, with the folder, when it is told to or when the parent is gone.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type BlobServer = { start(): Promise<void>; getHttpServerAddress(): string }
type Constructor<Arguments extends unknown[], Made> = new (...args: Arguments) => Made

const require = createRequire(import.meta.url)
const { default: Server } = require('azurite/dist/src/blob/BlobServer.js') as {
  default: Constructor<[unknown], BlobServer>
}
const { default: Configuration } = require('azurite/dist/src/blob/BlobConfiguration.js') as {
  default: Constructor<unknown[], unknown>
}

const made: { folder?: string } = {}

function end(): never {
  if (made.folder !== undefined) rmSync(made.folder, { recursive: true, force: true })
  process.exit()
}
process.once('disconnect', end)
process.once('SIGTERM', end)
// Ctrl-C reaches the whole process group; the parent decides when this process goes.
process.on('SIGINT', () => undefined)

const folder = (made.folder = mkdtempSync(join(tmpdir(), 'local-astro-blobs-')))
const keepAliveSeconds = 5
const server = new Server(
  new Configuration(
    '127.0.0.1',
    0,
    keepAliveSeconds,
    join(folder, 'blobs.json'),
    join(folder, 'extents.json'),
    [{ locationId: 'Default', locationPath: join(folder, 'blobs'), maxConcurrency: 50 }],
    /* enableAccessLog */ false,
    /* accessLogWriteStream */ undefined,
    /* enableDebugLog */ false,
    /* debugLogFilePath */ undefined,
    /* loose */ false,
    /* skipApiVersionCheck */ true,
  ),
)
await server.start()
process.send?.({ origin: server.getHttpServerAddress() })
