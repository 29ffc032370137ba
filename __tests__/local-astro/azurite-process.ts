/**
 * The process that Azurite's blob server runs in. Forked by azurite.ts: tells its origin once it listens, keeps blobs in a
 * folder of its own, and goes, with the folder, at the end of the channel to its parent: when the parent is done, or dead.
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

type Checksums = { md5?: unknown; crc64?: unknown }
type Checker = (stream: unknown, expected: Checksums, force?: Checksums) => Promise<Checksums>
const utilities = require('azurite/dist/src/common/utils/utils.js') as {
  computeTransactionalChecksums: Checker
}
const computeChecksums = utilities.computeTransactionalChecksums
// A CRC64 of every block, in JavaScript, costs more than all else that Azurite does. The real service has it for nothing, and
// here it is left to the clients that send one.
utilities.computeTransactionalChecksums = (stream, expected, force) =>
  computeChecksums(stream, expected, { md5: force?.md5 })

// What goes with this process need not survive the machine: no waiting for the disk after every block.
const files = require('node:fs') as { fdatasync: (fd: number, done: (error: null) => void) => void }
files.fdatasync = (_fd, done) => process.nextTick(done, null)

const made: { folder?: string } = {}

function end(): never {
  if (made.folder !== undefined) rmSync(made.folder, { recursive: true, force: true })
  process.exit()
}
process.once('disconnect', end)
process.once('SIGTERM', end)
if (!process.connected) end()
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
