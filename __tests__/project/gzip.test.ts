import { buffer } from 'node:stream/consumers'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { gzip } from '../../src/project/gzip.ts'
import { allocate, release } from '../../src/project/memory.ts'

async function* stream(blocks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const block of blocks) yield await Promise.resolve(block)
}

/** The bytes of gzip between its header and its trailer are one deflate stream that ends where it should. */
function expectOneMember(compressed: Buffer): void {
  const { engine } = inflateRawSync(compressed.subarray(10), { info: true }) as unknown as {
    engine: { bytesWritten: number }
  }
  expect(engine.bytesWritten).toBe(compressed.length - 18)
}

const blocks = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9_000 }))
      .map(([unit, times]) => Buffer.alloc(unit.length * times, unit)),
  ),
  { maxLength: 12 },
)

describe('a gzip stream', () => {
  test('of any blocks is one member that reads back equal', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (parts) => {
        const content = parts.map((part) => Buffer.from(part))
        const compressed = await buffer(gzip(stream(content)))
        expect(gunzipSync(compressed).equals(Buffer.concat(content))).toBe(true)
        expectOneMember(compressed)
      }),
      { numRuns: 200 },
    )
  })

  test('is done with a block when it gives it back', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (parts) => {
        const content = Buffer.concat(parts)
        let givenBack = 0
        const compressed = await buffer(
          gzip(stream(parts.map((part) => Buffer.from(part))), (block) => {
            givenBack++
            block.fill(0xaa)
          }),
        )
        expect(givenBack).toBe(parts.length)
        expect(gunzipSync(compressed).equals(content)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('may be released chunk by chunk', async () => {
    const content = Array.from({ length: 6 }, (_, i) => Buffer.alloc(300_000, `${i} block `))
    const kept: Buffer[] = []
    for await (const chunk of gzip(stream(content))) {
      kept.push(Buffer.from(chunk))
      release(chunk)
    }
    expect(gunzipSync(Buffer.concat(kept)).equals(Buffer.concat(content))).toBe(true)
  })

  test('of nothing is empty', async () => {
    expect(gunzipSync(await buffer(gzip(stream([]))))).toHaveLength(0)
  })

  test('finds repetition across the border of blocks', async () => {
    const words = Buffer.from(Array.from({ length: 3_000 }, (_, i) => `name_${(i * 7919) % 3_000}`).join(' '))
    const separate = (await buffer(gzip(stream([words])))).length
    const together = (await buffer(gzip(stream([words, words])))).length
    expect(together).toBeLessThan(separate * 1.1)
  })

  test('passes on what its source throws', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('a'))
      throw new Error('no more')
    }
    await expect(buffer(gzip(broken()))).rejects.toThrow('no more')
  })
})

test('only memory that was allocated to be released is', () => {
  const mine = allocate(10)
  const others = Buffer.from('shared with nobody knows whom')
  release(mine)
  release(mine)
  release(others)
  expect(mine).toHaveLength(0)
  expect(others.toString()).toBe('shared with nobody knows whom')
})
