export type Page<T> = {
  readonly items: readonly T[]
  /** How many there are on all pages; undefined when the server does not say, or cannot be trusted with it. */
  readonly total: number | undefined
}

/**
 * Reads a list page by page, until a page is empty or as many items as there are were seen. The offset moves by what came,
 * not by what was asked for: servers give less than they are asked for.
 *
 * @param read gets `limit=…&offset=…`
 * @param options.size how many to ask for
 * @param options.most pages, after which `endless` is thrown
 */
export async function* pageByPage<P extends Page<unknown>>(
  read: (query: string) => Promise<P>,
  options: { readonly size: number; readonly most: number; readonly endless: () => Error },
): AsyncGenerator<P, void> {
  let offset = 0
  for (let asked = 0; asked < options.most; asked++) {
    const page = await read(`limit=${options.size}&offset=${offset}`)
    yield page
    offset += page.items.length
    if (page.items.length === 0 || offset >= (page.total ?? Infinity)) return
  }
  throw options.endless()
}
