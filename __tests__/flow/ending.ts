import { expect } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import type { LocalAstro, LoggedRequest } from '../local-astro/start.ts'
import type { Remembered } from './aftermath.ts'
import { falseAftermath } from './aftermath.ts'
import type { FaultCase } from './matrix.ts'
import { expectedEnd, ruleOf } from './matrix.ts'

export type Ending = {
  readonly exitCode: number | null
  readonly errors: readonly string[]
  readonly outputs: { readonly dagVersion: string | undefined; readonly deployId: string | undefined }
  readonly astro: LocalAstro
  readonly deploymentId: string
  /** What the run asked for, in order. */
  readonly requests: readonly LoggedRequest[]
  readonly before: Remembered
}

/** Ends of a finalize by which Astro does not say whether it acted: only then may a run not know. */
const UNCLEAR = new Set(['ASTRO-API-UNAVAILABLE', 'ASTRO-API-UNREACHABLE', 'ASTRO-API-ANSWER'])

/**
 * The run met its fault, as often as it was to, and ended as it had to: live and with nothing but its own deploy, or with one
 * message whose last sentence is true.
 */
export function expectEnding(fault: FaultCase, ending: Ending): void {
  const { exitCode, errors, outputs, astro, deploymentId, requests, before } = ending
  const expected = expectedEnd(fault)
  const [message = 'live', ...more] = errors
  expect([codeOf(message) ?? message, exitCode]).toEqual([expected, expected === 'live' ? 0 : 1])
  expect(more).toEqual([])

  const rule = ruleOf(fault)
  const met = requests.filter((request) => request.fault !== undefined)
  expect(new Set(met.map((request) => `${request.fault ?? ''} at ${request.step ?? ''}`))).toEqual(
    new Set([`${rule.fault} at ${rule.step ?? ''}`]),
  )
  if (fault.often === 'once') expect(met).toHaveLength(1)

  if (expected !== 'live') {
    expect(falseAftermath(message, astro, deploymentId, before)).toBeUndefined()
    if (!(fault.step === 'finalize' && UNCLEAR.has(expected)))
      expect(message).not.toContain('It is not known')
    return
  }
  const { dagVersion, deployId } = outputs
  expect(dagVersion).toBeDefined()
  expect(astro.deployments.get(deploymentId)).toMatchObject({
    status: 'HEALTHY',
    dagTarballVersion: dagVersion,
    desiredDagTarballVersion: dagVersion,
  })
  const taken = astro.deployments
    .deploys(deploymentId)
    .filter(({ id, status }) => status === 'DEPLOYED' && !before.deployIds.includes(id))
  expect(taken).toMatchObject([{ id: deployId, dagTarballVersion: dagVersion }])
}
