import { ActionError } from '../../src/errors.ts'

/** The ActionError that some work ends with; fails the test when it ends otherwise. */
export async function failureOf(work: () => unknown): Promise<ActionError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ActionError) return error
    throw error
  }
  throw new Error('expected an ActionError, but it succeeded')
}
