import { expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors.ts'
import { redacted } from '../../src/report/redacted.ts'
import { buildSummary } from '../../src/report/summary.ts'
import type { SummaryFacts } from '../../src/report/summary.ts'

const SECRET = 'a_secret|with*marks`in{it}'
const redact = (text: string): string => text.replaceAll(SECRET, '***')

test('every text in data is redacted, and nothing else is changed', () => {
  const data = { a: `x ${SECRET}`, b: [SECRET, 1, null, undefined, true], c: { d: SECRET }, e: undefined }
  expect(redacted(data, redact)).toStrictEqual({
    a: 'x ***',
    b: ['***', 1, null, undefined, true],
    c: { d: '***' },
    e: undefined,
  })
})

test('a secret whose characters mean something in Markdown does not come through in an escaped form', () => {
  const error = new ActionError({
    code: 'ASTRO-API-REFUSED',
    problem: `It is ${SECRET}.`,
    observed: `It was ${SECRET}.`,
    likelyCause: `It became ${SECRET}.`,
    fix: `Forget ${SECRET}.`,
  })
  const facts: SummaryFacts = {
    headline: SECRET,
    reasons: [SECRET],
    error: { error, aftermath: SECRET },
    phases: [{ name: 'Plan', start: 0, end: 1 }],
    now: 1,
  }
  const summary = buildSummary(redacted(facts, redact))
  expect(summary).not.toContain('marks')
  expect(summary).toContain('It is &#42;&#42;&#42;.')
})
