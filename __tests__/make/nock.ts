import { afterAll, afterEach, beforeEach, expect } from '@jest/globals'
import nock from 'nock'

/**
 * Keeps every request of a test file on nock, and fails a test that leaves an expected request unsent. Test files that
 * share a process share Node's http, which nock patches: so it is taken off again at the end of the file.
 */
export function useNock(): void {
  beforeEach(() => {
    nock.disableNetConnect()
  })
  afterEach(() => {
    const pending = nock.pendingMocks()
    nock.cleanAll()
    nock.enableNetConnect()
    expect(pending).toEqual([])
  })
  afterAll(() => {
    nock.restore()
  })
}
