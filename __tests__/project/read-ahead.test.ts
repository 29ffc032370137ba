import { buffer } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { readAhead } from '../../src/project/read-ahead.ts'

/** A source that counts, and notices when it is left. */
function counted(limit = Infinity): {
  source: AsyncGenerator<Buffer>
  seen: { taken: number; left: boolean }
} {
  const seen = { taken: 0, left: false }
  async function* source(): AsyncGenerator<Buffer> {
    try {
      while (seen.taken < limit) yield await Promise.resolve(Buffer.from(`${seen.taken++} `))
    } finally {
      seen.left = true
    }
  }
  return { source: source(), seen }
}

const turns = async (count = 50): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

describe('reading ahead', () => {
  test('begins before anybody asks, and stops when enough waits', async () => {
    const { source, seen } = counted()
    const ahead = readAhead(source, 8)
    await turns()
    const before = seen.taken
    expect(before).toBeGreaterThanOrEqual(8)
    expect(before).toBeLessThanOrEqual(10)
    for await (const chunk of ahead) {
      expect(chunk.toString()).toBe('0 ')
      break
    }
    await turns()
    expect(seen.left).toBe(true)
  })

  test('goes on as the consumer does, chunk by chunk and in order', async () => {
    const { source } = counted(100)
    const chunks: string[] = []
    for await (const chunk of readAhead(source, 3)) {
      await nextTurn()
      chunks.push(chunk.toString())
    }
    expect(chunks).toEqual(Array.from({ length: 100 }, (_, i) => `${i} `))
  })

  test('keeps a failure for whoever reads', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('a'))
      throw new TypeError('no more')
    }
    const ahead = readAhead(broken(), 8)
    await turns()
    await expect(buffer(ahead)).rejects.toThrow('no more')
  })

  test('ends with the reason of the signal, and leaves the source, while nobody reads', async () => {
    const { source, seen } = counted()
    const aborting = new AbortController()
    const ahead = readAhead(source, 4, aborting.signal)
    await turns()
    aborting.abort(new TypeError('cancelled'))
    await turns()
    expect(seen.left).toBe(true)
    await expect(buffer(ahead)).rejects.toThrow('cancelled')
  })

  test('ends with the reason of the signal while somebody reads', async () => {
    const { source } = counted()
    const aborting = new AbortController()
    let chunks = 0
    const reading = (async () => {
      for await (const chunk of readAhead(source, 4, aborting.signal)) {
        chunks += chunk.length > 0 ? 1 : 0
        if (chunks === 20) aborting.abort(new TypeError('cancelled'))
      }
    })()
    await expect(reading).rejects.toThrow('cancelled')
  })

  test('of a signal that was aborted before takes nothing', async () => {
    const { source, seen } = counted()
    await expect(buffer(readAhead(source, 4, AbortSignal.abort(new TypeError('early'))))).rejects.toThrow(
      'early',
    )
    expect(seen.taken).toBe(0)
  })
})
