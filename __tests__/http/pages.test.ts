import { describe, expect, test } from '@jest/globals'
import type { Page } from '../../src/http/pages.ts'
import { pageByPage } from '../../src/http/pages.ts'

type Served = { readonly items: readonly number[]; readonly total?: number }

/** What is read when a server gives these pages, and what it was asked. */
async function readFrom(serve: (offset: number) => Served) {
  const queries: string[] = []
  const read = (query: string): Promise<Page<number>> => {
    queries.push(query)
    const { items, total } = serve(Number(new URLSearchParams(query).get('offset')))
    return Promise.resolve({ items, total })
  }
  const found: number[] = []
  const options = { size: 3, most: 5, endless: () => new Error('no end') }
  try {
    for await (const page of pageByPage(read, options)) found.push(...page.items)
    return { found, queries }
  } catch (error) {
    return { found, queries, error: (error as Error).message }
  }
}

const list = (length: number): number[] => Array.from({ length }, (_, index) => index)

describe('a list is read', () => {
  test('until as many as there are were seen', async () => {
    const { found, queries } = await readFrom((at) => ({ items: list(7).slice(at, at + 3), total: 7 }))
    expect(found).toEqual(list(7))
    expect(queries).toEqual(['limit=3&offset=0', 'limit=3&offset=3', 'limit=3&offset=6'])
  })

  test('until an empty page, when the server does not say how many there are', async () => {
    const { found, queries } = await readFrom((at) => ({ items: list(6).slice(at, at + 3) }))
    expect(found).toEqual(list(6))
    expect(queries).toHaveLength(3)
  })

  test('until an empty page, when it says a number that is none', async () => {
    const { found } = await readFrom((at) => ({ items: list(4).slice(at, at + 3), total: Number.NaN }))
    expect(found).toEqual(list(4))
  })

  test('from where the last page ended, when pages are shorter than was asked for', async () => {
    const { found, queries } = await readFrom((at) => ({ items: list(4).slice(at, at + 2), total: 4 }))
    expect(found).toEqual(list(4))
    expect(queries.at(-1)).toBe('limit=3&offset=2')
  })

  test('to no end, when the server has none', async () => {
    const { queries, error } = await readFrom(() => ({ items: [1, 2, 3] }))
    expect([queries.length, error]).toEqual([5, 'no end'])
  })
})
